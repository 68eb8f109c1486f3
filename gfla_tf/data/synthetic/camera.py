"""The camera: orthographic, looking along -Z with a slight pitch, framed so that the person fills the image."""

import dataclasses
import math

import numpy as np

# Part placements are rounded to this grid (pixels), so that last-digit differences of sin and cos between CPUs vanish.
_GRID = 2.0**14


@dataclasses.dataclass(frozen=True)
class Framing:
    """What one identity's frames share.

    fill: share of the image's height that the standing person takes; anchor: horizontal place in what is left of the
    width, -1 (left) to 1 (right); floor: the soles' distance from the lower edge as a share of the height.
    """

    fill: float
    anchor: float
    floor: float


def draw_framing(draws):
    return Framing(draws.uniform(0.84, 0.93), draws.uniform(-0.75, 0.75), draws.uniform(0.02, 0.045))


def project(parts, joints, body, framing, image_size, draws):
    """Parts and joints in the image.

    Args:
        parts, joints: as skeleton.place returns them.
        body, framing, draws: pitch, scale and position vary slightly with `draws`.
        image_size: (height, width).

    Returns:
        (parts, 3, 4) maps from each part's coordinates to (x, y, depth) in pixels, depth growing away from the camera,
        and (18, 2) joints in pixels.
    """
    height, width = image_size
    pitch = math.radians(draws.uniform(-5, 13))
    c, s = math.cos(pitch), math.sin(pitch)
    # To image axes: x right, y down, depth away; a positive pitch looks down on the person.
    view = np.array([[1, 0, 0], [0, -c, s], [0, -s, -c]])
    parts, joints = view @ parts, joints @ view.T
    (left, right), (top, bottom) = extent(parts, body)

    usual = framing.fill * height / body.height
    scale = usual * draws.uniform(0.95, 1.04)
    scale = min(scale, 0.935 * height / (bottom - top))
    scale = min(scale, max(0.96 * width / (right - left), 0.85 * usual))
    free = max(0.0, width - scale * (right - left))
    anchor = min(1.0, max(-1.0, framing.anchor + draws.uniform(-0.25, 0.25)))
    x = (width - 1) / 2 + 0.5 * free * anchor - scale * (left + right) / 2
    y = (height - 1) - height * (framing.floor + draws.uniform(-0.01, 0.015)) - scale * bottom
    parts, joints = parts * scale, joints[:, :2] * scale + (x, y)
    parts[:, :2, 3] += (x, y)
    return np.round(parts * _GRID) / _GRID, joints


def extent(parts, body):
    """((left, right), (top, bottom)) of the boxes around all parts, in the units of `parts`."""
    low, high = boxes(parts, body)
    return (low[:, 0].min(), high[:, 0].max()), (low[:, 1].min(), high[:, 1].max())


def boxes(parts, body):
    """(parts, 2) least and greatest x and y of every part."""
    reach = np.sqrt((parts[:, :2, :3] ** 2).sum(axis=2))  # of a unit sphere
    start = parts[:, :2, 3]
    end = start + parts[:, :2, 1] * body.lengths[:, None]
    a, b = reach * body.radii[:, :1], reach * body.radii[:, 1:]
    return np.minimum(start - a, end - b), np.maximum(start + a, end + b)
