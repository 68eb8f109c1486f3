"""The camera that goes around an object: perspective, 18 azimuths and 3 elevations, the whole object always in the picture."""

import dataclasses
import functools
import math

import numpy as np

from gfla_tf.keypoints.views import AZIMUTHS, ELEVATIONS

DISTANCE = 2.3  # from the center, in diagonals of the object's base
FILL = 0.96  # of the image, by the largest view
_GRID = 2.0**20  # sines and cosines are rounded to it: their last digits differ between processors


@dataclasses.dataclass(frozen=True)
class Camera:
    """Where a view is taken from.

    Attributes:
        position: (3,) in the object's axes, meters.
        to_image: (3, 4) map of (x, y, z, 1) to (depth * column, depth * row, depth), columns and rows in pixels.
        rays: (3, 3) map of (column, row, 1) to the direction of that pixel's ray, whose part along the view is 1.
    """

    position: np.ndarray
    to_image: np.ndarray
    rays: np.ndarray


class Rig:
    """The places around one object that views are taken from, all at the distance at which the object fits the pictures.

    Args:
        solids: the object.
        image_size: (height, width).
    """

    def __init__(self, solids, image_size):
        points = np.concatenate([solid.corners for solid in solids])
        low, high = points.min(axis=0), points.max(axis=0)
        size, self._center = high - low, (low + high) / 2
        self._distance = DISTANCE * math.sqrt(size[0] ** 2 + size[2] ** 2)
        self._image_size = image_size
        seen = (_all_axes()[:, None] * (points - self._center)[:, None]).sum(axis=3)  # (views, points, 3)
        seen[..., 2] += self._distance
        widest, tallest = np.abs(seen[..., :2] / seen[..., 2:]).max(axis=(0, 1)).tolist()
        height, width = image_size
        self._focal = FILL / 2 * min(width / widest, height / tallest)  # pixels at the distance 1

    def camera(self, azimuth, elevation):
        """The Camera of a view, by the numbers of its azimuth and elevation, see gfla_tf.keypoints.views."""
        height, width = self._image_size
        axes = _axes(azimuth, elevation)
        position = self._center - self._distance * axes[2]
        x0, y0 = (width - 1) / 2, (height - 1) / 2
        view = np.concatenate([axes, -(axes * position).sum(axis=1, keepdims=True)], axis=1)
        focal = self._focal
        to_image = np.stack([focal * view[0] + x0 * view[2], focal * view[1] + y0 * view[2], view[2]])
        across, down = axes[0] / focal, axes[1] / focal
        rays = np.stack([across, down, axes[2] - x0 * across - y0 * down], axis=1)
        return Camera(position, to_image, rays)


def _axes(azimuth, elevation):
    """(3, 3): the directions to the right, down and away of a view in the object's axes."""
    turn, rise = math.radians(AZIMUTHS[azimuth]), math.radians(ELEVATIONS[elevation])
    s, c, up, flat = (round(f(a) * _GRID) / _GRID for a in (turn, rise) for f in (math.sin, math.cos))
    return np.array([[c, 0.0, -s], [s * up, -flat, c * up], [-s * flat, -up, -c * flat]])


@functools.cache
def _all_axes():
    return np.stack([_axes(a, e) for a in range(len(AZIMUTHS)) for e in range(len(ELEVATIONS))])
