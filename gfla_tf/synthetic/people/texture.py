"""Colors on the surface: patterned cloth, prints and the face, in coordinates that live on the body.

Texture coordinates of a surface point: `turn` in [-0.5, 0.5] around the part (0 at the front) and `down`, meters of cloth
along it. Whole numbers of periods go around every part, so that patterns have no seam at the back.
"""

import numpy as np

from gfla_tf.synthetic.people.appearance import HAIR, SKIN

_EDGE = np.float32(4)  # slope of a stripe's edge: soft enough for small images


def turns(x, z):
    """Angle of (x, z) from the z axis in turns, in [-0.5, 0.5], within 4e-5.

    A polynomial instead of np.arctan2, whose last digits differ between processors and would show in the pictures.
    """
    across, forward = np.abs(x), np.abs(z)
    small = np.minimum(across, forward) / np.maximum(np.maximum(across, forward), np.float32(1e-12))
    square = small * small
    angle = (
        (np.float32(-0.0464964749) * square + np.float32(0.15931422)) * square - np.float32(0.327622764)
    ) * square
    angle = (angle + 1) * small * np.float32(1 / (2 * np.pi))
    angle = np.where(across > forward, np.float32(0.25) - angle, angle)
    angle = np.where(z < 0, np.float32(0.5) - angle, angle)
    return np.where(x < 0, -angle, angle)


def _square(phase):
    """A square wave with soft edges: 1 for the first half of each period, -1 for the second."""
    rising = np.abs(
        phase + np.float32(0.25) - np.floor(phase + np.float32(0.25)) - np.float32(0.5)
    )  # 0 in the middle
    return np.clip((1 - 4 * rising) * _EDGE, -1, 1)


def _stripes(phase):
    return np.float32(0.5) + np.float32(0.5) * _square(phase)


def _dots(a, b):
    b = b * np.float32(1.15)
    row = np.floor(b)
    x = a + row * np.float32(0.5)
    square = (x - np.floor(x) - np.float32(0.5)) ** 2 + (b - row - np.float32(0.5)) ** 2
    return np.clip((np.float32(0.12) - square) * 14 + np.float32(0.5), 0, 1)


# name -> mix in [0, 1] of the two colors; a and b count periods around and along the part.
PATTERNS = {
    "horizontal": lambda a, b: _stripes(b),
    "vertical": lambda a, b: _stripes(a + np.float32(0.25)),
    "diagonal": lambda a, b: _stripes(a + b),
    "checks": lambda a, b: np.float32(0.5) + np.float32(0.5) * _square(a) * _square(b * np.float32(0.8)),
    "gingham": lambda a, b: np.float32(0.5) * (_stripes(a) + _stripes(b)),
    "dots": _dots,
}


def _star(x, y):
    point = np.abs(5 * turns(x, -y) - np.round(5 * turns(x, -y)))  # 0 at the five points, 0.5 between them
    return np.sqrt(x * x + y * y) < 1.05 - 1.25 * point


SHAPES = {
    "disc": lambda x, y: x * x + y * y < 0.8,
    "ring": lambda x, y: np.abs(np.sqrt(x * x + y * y) - 0.72) < 0.28,
    "star": _star,
    "heart": lambda x, y: (1.15 * x) ** 2 + (-y + 0.1 - 0.75 * np.sqrt(np.abs(x))) ** 2 < 0.75,
    "bars": lambda x, y: (
        (np.abs(x) < 1.0 - 0.3 * (y > 0.3)) & (np.abs(y) < 0.85) & (np.abs(np.abs(y) - 0.28) > 0.1)
    ),
    "cross": lambda x, y: (
        (np.minimum(np.abs(x), np.abs(y)) < 0.3) & (np.maximum(np.abs(x), np.abs(y)) < 0.95)
    ),
}


def colors(appearance, part, point):
    """Color of surface points before shading.

    Args:
        appearance: Appearance.
        part: (n,) part of each point.
        point: (3, n) its part coordinates.

    Returns:
        (3, n) float32 RGB in [0, 1].
    """
    x, y, z = point
    turn = turns(x, z)
    down = y + appearance.along[part]
    material = np.where(y < appearance.cut[part], appearance.upper[part], appearance.lower[part])
    mix = np.zeros(part.size, np.float32)
    for number, cloth in enumerate(appearance.materials):
        if cloth.pattern != "plain":
            here = np.nonzero(material == number)[0]
            if here.size:
                mix[here] = _mix(cloth, number, appearance, part[here], turn[here], down[here])
    first, second = np.array([m.colors for m in appearance.materials], np.float32).transpose(1, 2, 0)
    first, second = first[:, material], second[:, material]
    color = first + (second - first) * mix
    _paint_face(color, appearance, part, point)
    return color


def _mix(cloth, number, appearance, part, turn, down):
    if cloth.pattern in PATTERNS:
        around = turn * appearance.repeats[number][part]
        return PATTERNS[cloth.pattern](around, down * np.float32(1 / cloth.period) + np.float32(cloth.phase))
    torso = appearance.torso[part]
    if cloth.pattern in ("print", "logo"):
        size, x0, y0 = (0.115, 0.0, 0.17) if cloth.pattern == "print" else (0.055, 0.07, 0.13)
        x = turn * appearance.around[part] - np.float32(x0)
        inside = SHAPES[cloth.shape](x * np.float32(1 / size), (down - np.float32(y0)) * np.float32(1 / size))
        return inside & torso & (np.abs(turn) < 0.25)
    if cloth.pattern == "halves":
        return np.where(torso, down > 0.24, down > 0.16)
    if cloth.pattern == "sides":
        return turn > 0
    if cloth.pattern == "sleeves":
        return ~torso
    return np.abs(np.abs(turn) - np.float32(0.25)) < 0.07  # "seam": a stripe down the leg


def _paint_face(color, appearance, part, point):
    """Eyes, brows and mouth, drawn a little too large so that small images show them."""
    here = np.nonzero(part == appearance.head)[0]
    if not here.size:
        return
    x, y, z = point[:, here] / np.float32(appearance.head_size)
    x = np.abs(x) * appearance.width[appearance.head, 0]
    front = z > 0
    skin = np.array(appearance.materials[SKIN].colors[0], np.float32)
    hair = np.array(appearance.materials[HAIR].colors[0], np.float32)
    for color_of, inside in (
        ((0.96, 0.95, 0.93), ((x - 0.36) / 0.19) ** 2 + ((y - 0.12) / 0.12) ** 2 < 1),
        ((0.08, 0.06, 0.06), ((x - 0.355) / 0.115) ** 2 + ((y - 0.12) / 0.13) ** 2 < 1),
        (0.6 * hair, (np.abs(x - 0.36) < 0.24) & (np.abs(y + 0.13 + 0.1 * x) < 0.055)),
        (skin * (0.84, 0.5, 0.48), (x / 0.27) ** 2 + ((y - 0.98 + 1.2 * x * x) / 0.085) ** 2 < 1),
    ):
        color[:, here[inside & front]] = np.asarray(color_of, np.float32)[:, None]
