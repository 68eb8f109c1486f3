"""Turns, shifts and changes of size of an image and its joints, as the published training runs draw them.

A point p = (x, y) goes to scale R (p - c) + c + shift, where R turns clockwise on the screen and c = (width / 2 + 0.5,
height / 2 + 0.5). Images are 8-bit, are moved by Pillow and take the nearest pixel.
"""

import math

import numpy as np
from PIL import Image


def affine_matrix(angle, shift, scale, image_size):
    """3 x 3 matrix that takes (x, y, 1) to its new place.

    Args:
        angle: degrees, clockwise on the screen.
        shift: (x, y), pixels.
        scale: of the size.
        image_size: (height, width).

    Example:
        >>> affine_matrix(0, (2, 3), 1, (64, 64)) @ (10, 10, 1)
        array([12., 13.,  1.])
    """
    center = np.array([image_size[1] / 2 + 0.5, image_size[0] / 2 + 0.5])
    cosine, sine = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    turn = scale * np.array([[cosine, -sine], [sine, cosine]])
    matrix = np.eye(3)
    matrix[:2, :2] = turn
    matrix[:2, 2] = center + shift - turn @ center
    return matrix


def move_joints(joints, matrix):
    """Joints (..., 3), x, y and a confidence, at their new places, truncated towards zero; missing ones (confidence 0) stay.

    They may leave the image.
    """
    joints = np.asarray(joints, np.float64)
    moved = np.trunc(joints[..., :2] @ matrix[:2, :2].T + matrix[:2, 2])
    present = joints[..., 2:] > 0
    return np.concatenate([np.where(present, moved, joints[..., :2]), joints[..., 2:]], axis=-1)


def move_image(image, matrix, fill):
    """An 8-bit image (H, W, 3) or (H, W), moved; what comes in from outside has the gray level `fill`, 0 to 255."""
    inverse = np.linalg.inv(matrix)
    height, width = image.shape[:2]
    fill = (fill,) * image.shape[2] if image.ndim == 3 else fill
    moved = Image.fromarray(image).transform(
        (width, height),
        Image.Transform.AFFINE,
        tuple(inverse[:2].ravel()),
        Image.Resampling.NEAREST,
        fillcolor=fill,
    )
    return np.asarray(moved)
