"""Colors bound to places of an object: plain, patterned, with prints. See solids.py for what a paint is."""

import colorsys

import numpy as np

from gfla_tf.synthetic.people.texture import PATTERNS, SHAPES


def draw_color(draws, gray=0.2, value=(0.35, 0.88)):
    """An (3,) RGB color, gray with that probability."""
    saturation = draws.uniform(0, 0.06) if draws.chance(gray) else draws.uniform(0.5, 0.95)
    return np.array(colorsys.hsv_to_rgb(draws.uniform(), saturation, draws.uniform(*value)))


def draw_contrast(draws, color):
    """A color that is easily told from another one."""
    other = color
    for _ in range(12):
        light = np.array(draws.pick(((0.82, 0.82, 0.8), (0.1, 0.1, 0.12))))
        other = draw_color(draws, 0.1, (0.2, 1.0)) if draws.chance(0.6) else light
        if np.abs(other - color).sum() > 0.9:
            break
    return other


def plain(color):
    """The same color everywhere."""
    column = np.asarray(color, np.float32)[:, None]
    return lambda point, normal: np.repeat(column, point.shape[1], axis=1)


def across_and_along(point, normal):
    """Two coordinates in the face's plane, in meters: those of the axes that its normal is farther from.

    Left and right mirror each other. Sides have (z, y), the front and the back (x, y), the top (x, z).
    """
    x, y, z = np.abs(point[0]), point[1], point[2]
    side, rise, ahead = np.abs(normal)
    on_side = (side >= rise) & (side >= ahead)
    on_top = (rise > side) & (rise >= ahead)
    return np.where(on_side, z, x), np.where(on_top, z, y)


def patterned(pattern, first, second, period, phase=0.0):
    """One of texture.PATTERNS in two colors on every face; `period` in meters, `phase` in periods."""
    mix = PATTERNS[pattern]

    def paint(point, normal):
        a, b = across_and_along(point, normal)
        scale = np.float32(1 / period)
        return blended(first, second, mix(a * scale + np.float32(phase), b * scale + np.float32(phase)))

    return paint


def printed(shape, ground, color, center, size, axis):
    """A print, one of texture.SHAPES, on the faces that look along an axis (0, 1, 2), over another paint.

    center: its place along the two other axes, across and along as above; size: half its width, in meters.
    """

    def paint(point, normal):
        a, b = across_and_along(point, normal)
        scale = np.float32(1 / size)
        a, b = (a - np.float32(center[0])) * scale, (np.float32(center[1]) - b) * scale
        inside = SHAPES[shape](a, b) & (np.abs(normal[axis]) > 0.6)
        return over(ground(point, normal), color, inside)

    return paint


def blended(first, second, share):
    """(3, n) colors between two colors, by (n,) shares of the second."""
    first, second = (np.asarray(c, np.float32)[:, None] for c in (first, second))
    return first + (second - first) * np.asarray(share, np.float32)


def over(ground, color, share):
    """(3, n) colors `ground` covered by one color, by (n,) shares."""
    return ground + (np.asarray(color, np.float32)[:, None] - ground) * np.asarray(share, np.float32)
