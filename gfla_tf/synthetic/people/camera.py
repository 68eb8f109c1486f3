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
    view = _view(draws)
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


def film(parts, joints, path, body, framing, image_size, draws):
    """Parts and joints of a whole sequence in the image, seen by a camera that does not move.

    Args:
        parts, joints: of every frame, (T, parts, 3, 4) and (T, 18, 3), with the pelvis at the origin.
        path: (T, 3) meters, where the pelvis goes, the floor being at height 0. Sideways it is shortened as far as the image
            wants it, and in depth to half a meter.
        body, framing, image_size, draws: as for `project`.

    Returns:
        (T, parts, 3, 4) and (T, 18, 2), as `project` returns them for a frame.
    """
    height, width = image_size
    view = _view(draws)
    path = path - np.array([1, 0, 1]) * path.mean(axis=0)
    path = path * (1, 1, min(1.0, 0.5 / max(1e-6, np.ptp(path[:, 2]))))
    sideways, path = path[:, 0], path * (0, 1, 1)
    parts = view @ parts
    parts[..., 3] += (path @ view.T)[:, None]
    joints = (joints + path[:, None]) @ view.T

    extents = np.array([extent(frame, body) for frame in parts])  # (T, 2 axes, 2 ends)
    top, bottom = extents[:, 1, 0].min(), extents[:, 1, 1].max()
    usual = framing.fill * height / body.height * draws.uniform(0.92, 1.0)
    scale = min(usual, 0.935 * height / (bottom - top))
    widest = (extents[:, 0, 1] - extents[:, 0, 0]).max()
    scale = min(scale, max(0.96 * width / widest, 0.8 * usual))
    # Every frame allows the path a range of places; it keeps as much of its own shape as fits into all of them.
    room = 0.48 * width / scale
    for share in (1, 0.75, 0.5, 0.25, 0):
        least = (-room - extents[:, 0, 0] - share * sideways).max()
        most = (room - extents[:, 0, 1] - share * sideways).min()
        if least <= most:
            break
    x = share * sideways + 0.5 * (least + most) + 0.5 * framing.anchor * max(0.0, most - least)
    x = (width - 1) / 2 + scale * x
    y = (height - 1) - height * framing.floor - scale * bottom
    parts, joints = parts * scale, joints[..., :2] * scale
    parts[..., 0, 3] += x[:, None]
    parts[..., 1, 3] += y
    joints += np.stack([x, np.full_like(x, y)], axis=-1)[:, None]
    return np.round(parts * _GRID) / _GRID, joints


def _view(draws):
    """(3, 3) map to image axes: x right, y down, depth away. A positive pitch looks down on the person."""
    pitch = math.radians(draws.uniform(-5, 13))
    c, s = math.cos(pitch), math.sin(pitch)
    return np.array([[1, 0, 0], [0, -c, s], [0, -s, -c]])


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
