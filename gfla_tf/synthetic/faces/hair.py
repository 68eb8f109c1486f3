"""Hair and hats that lie on the head: where they begin, and how thick they are."""

import numpy as np

from gfla_tf.synthetic.faces.appearance import THICKNESS

# From the middle of the forehead to the nape the hairline sinks by this much per unit of depth.
_SLOPE = 0.86


def _wave(phase):
    """A triangle wave of period 1 between -1 and 1."""
    return 4 * np.abs(phase - np.floor(phase + 0.5)) - 1


def strands(appearance, turn, y):
    """Light and dark strands of hair in [-1, 1] at `turn`s around the head and height y."""
    bent = turn + 0.02 * _wave(y * 1.7 + appearance.phase)
    return 0.6 * _wave(bent * 29 + 3 * appearance.phase) + 0.4 * _wave(bent * 67 + 0.7 * y)


def hair(appearance, x, y, z):
    """Distance inside the hairline, about; negative on bare skin; float32 positions at rest."""
    if appearance.cut == "bald":
        return np.full_like(x, -1)
    across = np.abs(x)
    temple = np.maximum(1 - np.abs(across - 0.42) * (1 / 0.25), 0)
    line = -appearance.hairline - appearance.recede * temple + _SLOPE * np.maximum(0.72 - z, 0)
    if appearance.fringe:
        swept = np.maximum(1 - np.abs(x - appearance.parting) * (1 / 0.18), 0)
        line = line + appearance.fringe * (1 - 0.6 * swept) * (z > 0)
    inside = line - y
    # A tongue of hair in front of the ear.
    inside = np.maximum(inside, np.minimum(0.06 - np.abs(z - 0.16), 0.1 - y))
    if appearance.cut in ("long", "bob"):
        end = 0.72 if appearance.cut == "long" else 0.62
        inside = np.maximum(inside, np.minimum(0.22 - z + 0.1 * y, end - y))
    return inside


def hat(appearance, x, y, z):
    """Distance inside the hat; negative elsewhere."""
    if appearance.hat == "none":
        return np.full_like(x, -1)
    if appearance.hat == "scarf":  # leaves the face free
        return np.maximum(0.3 - z + 0.14 * y, -0.5 - 0.2 * x * x - y)
    low = -0.42 if appearance.hat == "beanie" else -0.5
    return low + 0.4 * (0.7 - z) - y


def thickness(appearance, x, y, z):
    """How far hair or hat stand out of the head, as a share of its size."""
    result = _raised(
        hair(appearance, x, y, z),
        THICKNESS[appearance.cut] * (0.35 if appearance.hat != "none" else 1.0),
        0.35 if appearance.cut == "short" else 0.2,
    )
    if appearance.hat != "none":
        tall = {"beanie": 0.13, "cap": 0.1, "scarf": 0.12}[appearance.hat]
        result = np.maximum(result, _raised(hat(appearance, x, y, z), tall, 0.16))
    return result


def _raised(inside, height, width):
    rise = np.clip(inside * (1 / width), 0, 1)
    return (rise * (2 - rise)) * height
