"""Turned squares of a picture: what the networks that look for a person or a face are shown.

A region is cut out and scaled to a network's input, and what the network finds there is carried back. Both go by one affine map,
from the edge of the input, counted in fractions of it, to the edge of the picture, counted in pixels. MediaPipe hands that map to
its warp as it stands, from pixel index to pixel index; the networks have always seen pictures that are cut so, and so are ours.
"""

import math
from typing import NamedTuple

import cv2
import numpy as np


class Region(NamedTuple):
    """A square of a picture.

    Attributes:
        x, y: of its center, in pixels from the picture's left and upper edges.
        size: of its sides, in pixels.
        rotation: clockwise, in radians.
    """

    x: float
    y: float
    size: float
    rotation: float = 0.0

    def corners(self):
        """(4, 2): the corners, in pixels from the picture's edges; upper left, upper right, lower right, lower left."""
        return to_picture(np.array([(0, 0), (1, 0), (1, 1), (0, 1)]), self)


def whole_picture(image_size):
    """The smallest square around a picture of `image_size` (height, width)."""
    height, width = image_size
    return Region(width / 2, height / 2, max(height, width))


def around(center, edge, scale):
    """The region around `center` whose inner circle, made `1 / scale` times as large, goes through `edge`, which is upward.

    Args:
        center, edge: (x, y) in pixels from the picture's edges.
        scale: more than 1 leaves room around what lies in the circle.
    """
    across, up = float(edge[0] - center[0]), float(center[1] - edge[1])
    rotation = math.pi / 2 - math.atan2(up, across)
    rotation -= 2 * math.pi * math.floor((rotation + math.pi) / (2 * math.pi))
    return Region(float(center[0]), float(center[1]), 2 * scale * math.hypot(across, up), rotation)


def matrix(region):
    """(2, 3) float64: from fractions of the region to pixels from the picture's edges."""
    cos, sin = math.cos(region.rotation) * region.size, math.sin(region.rotation) * region.size
    return np.array([[cos, -sin, region.x - (cos - sin) / 2], [sin, cos, region.y - (sin + cos) / 2]])


def to_picture(points, region):
    """Points (..., 2) in fractions of the region, in pixels from the picture's edges."""
    linear = matrix(region)
    return np.asarray(points, np.float64) @ linear[:, :2].T + linear[:, 2]


def to_region(points, region):
    """The way back: points (..., 2) in pixels from the picture's edges, in fractions of the region."""
    linear = matrix(region)
    return (np.asarray(points, np.float64) - linear[:, 2]) @ np.linalg.inv(linear[:, :2]).T


def cut(image, region, size, black=False):
    """The region as (size, size, 3) uint8.

    Args:
        image: uint8 (H, W, 3).
        region: `Region`.
        size: of the network's input, in pixels.
        black: what lies beyond the picture: black, or its border pixels, repeated.
    """
    back = matrix(region) * np.array([1 / size, 1 / size, 1])
    flags, border = (
        cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        cv2.BORDER_CONSTANT if black else cv2.BORDER_REPLICATE,
    )
    return cv2.warpAffine(image, back, (size, size), flags=flags, borderMode=border)


def paste(values, region, image_size):
    """What a network says of every pixel of its input, on the picture: (height, width) float32, 0 outside the region.

    Args:
        values: (n, n) float32.
        region: that the network was shown.
        image_size: (height, width) of the picture.
    """
    forth = matrix(region) * np.array([1 / values.shape[1], 1 / values.shape[0], 1])
    return cv2.warpAffine(values, forth, (image_size[1], image_size[0]), flags=cv2.INTER_LINEAR)


def overlap(first, second):
    """The intersection over union of two regions, each taken for the upright square of its size."""
    low = [max(a - first.size / 2, b - second.size / 2) for a, b in zip(first[:2], second[:2])]
    high = [min(a + first.size / 2, b + second.size / 2) for a, b in zip(first[:2], second[:2])]
    shared = max(0.0, high[0] - low[0]) * max(0.0, high[1] - low[1])
    return shared / (first.size**2 + second.size**2 - shared)
