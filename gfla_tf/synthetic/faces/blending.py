"""Blending colors: arrays (3, n) of RGB in [0, 1], one column for each point that is painted."""

import numpy as np


def filled(color, count):
    """(3, count) of one color."""
    return np.repeat(np.asarray(color, np.float32)[:, None], count, axis=1)


def mix(colors, other, share):
    """Blends (3, n) colors in place towards the color `other` by the (n,) share."""
    colors += (np.asarray(other, np.float32)[:, None] - colors) * share


def soft(inside, width=0.03):
    """A share that rises from 0 to 1 where a distance grows from -width / 2 to width / 2."""
    return np.clip(inside * (1 / width) + 0.5, 0, 1)


def bump(square):
    """A smooth hill: 1 where `square` is 0, and 0 from 1 on."""
    hill = np.maximum(1 - square, 0)
    return hill * hill
