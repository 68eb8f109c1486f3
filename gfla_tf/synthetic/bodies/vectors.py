"""Small geometry: unit vectors, rotations and frames."""

import numpy as np


def unit(vectors):
    """Vectors (..., 3) of length one."""
    return vectors / (np.linalg.norm(vectors, axis=-1, keepdims=True) + 1e-9)


def rotation(axis, angle):
    """(3, 3) rotation by an angle in radians about an axis (3,), counterclockwise for who looks against it."""
    x, y, z = np.asarray(axis, float) / np.linalg.norm(axis)
    c, s = np.cos(angle), np.sin(angle)
    k = 1 - c
    return np.array([
        [c + x * x * k, x * y * k - z * s, x * z * k + y * s],
        [y * x * k + z * s, c + y * y * k, y * z * k - x * s],
        [z * x * k - y * s, z * y * k + x * s, c + z * z * k],
    ])  # fmt: skip


def cross(a, b):
    """Cross product of two vectors (3,): much faster than NumPy's for single ones."""
    return np.array([a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]])


def frame(direction, hint):
    """(3, 3) orthonormal columns: the direction, the hint made orthogonal to it, and their product."""
    direction = unit(direction)
    hint = unit(hint - direction * (hint @ direction))
    return np.stack([direction, hint, cross(direction, hint)], axis=1)


def upright(up, side):
    """(3, 3) orthonormal columns x, y, z: the side made orthogonal to up, up, and their product."""
    side = unit(side - up * (side @ up))
    return np.stack([side, up, cross(side, up)], axis=1)
