"""Colors of the head, in positions at rest, so that they move with the skin."""

import numpy as np

from gfla_tf.synthetic.faces import hair
from gfla_tf.synthetic.faces.blending import bump, filled, mix, soft
from gfla_tf.synthetic.faces.expression import EYE, LID, MOUTH
from gfla_tf.synthetic.faces.eyes_and_mouth import eye_colors, mouth_colors
from gfla_tf.synthetic.people.texture import PATTERNS, turns


def head_colors(anatomy, appearance, layer, point, expression):
    """Color of points of the head before shading.

    Args:
        layer: (n,) SKIN, LID, EYE or MOUTH, see expression.py.
        point: (3, n) float32, see `Head.paint_positions`.

    Returns:
        (3, n) float32 RGB.
    """
    x, y, z = point
    color = filled(appearance.skin, x.size)
    _paint_skin(color, anatomy, appearance, x, y, z)
    _paint_cover(color, appearance, x, y, z)
    here = np.nonzero((layer == EYE) | (layer == LID))[0]
    if here.size:
        color[:, here] = eye_colors(anatomy, appearance, layer[here], x[here], y[here], expression)
    here = np.nonzero(layer == MOUTH)[0]
    if here.size:
        color[:, here] = mouth_colors(anatomy, x[here], y[here])
    _paint_glasses(color, anatomy, appearance, x, y, z)
    return color


def _paint_skin(color, a, appearance, x, y, z):
    across = np.abs(x)
    front = z > 0
    shadow = appearance.skin * (0.72, 0.60, 0.56)
    eye = ((across - a.eye_x) * (1 / 0.2)) ** 2 + ((y - a.eye_y - 0.02) * (1 / 0.13)) ** 2
    mix(color, shadow, bump(eye) * ((0.3 + 0.3 * appearance.age) * front))
    cheek = ((across - 0.42) ** 2 + (y - 0.25) ** 2) * (1 / 0.27**2)
    mix(color, appearance.skin * (1.0, 0.68, 0.66), bump(cheek) * (0.12 + appearance.blush) * front)
    if appearance.freckles:
        spots = PATTERNS["dots"](x * 21 + appearance.phase, y * 19 + 5 * x * y)
        mix(
            color,
            shadow,
            spots * (0.8 * appearance.freckles * front) * bump(x * x * 4 + ((y - 0.2) * 3) ** 2),
        )
    # Creases from the nose to the corners of the mouth.
    share = np.clip((y - a.nose_y + 0.08) * (1 / (a.mouth_y - a.nose_y + 0.08)), 0, 1)
    crease = across - a.nose_width - (a.mouth_width + 0.07 - a.nose_width) * share
    mix(
        color,
        shadow,
        bump((crease * (1 / 0.03)) ** 2) * ((share > 0) & (share < 1)) * (0.15 + 0.5 * appearance.age),
    )
    if appearance.shadow:
        lid = ((across - a.eye_x) * (1 / 0.2)) ** 2 + ((y - a.eye_y + 0.09) * (1 / 0.11)) ** 2
        mix(color, appearance.eyeshadow, bump(lid) * (1.3 * appearance.shadow * front))
    _paint_nose(color, a, shadow, appearance.skin * (0.35, 0.22, 0.2), x, y, front)
    _paint_beard(color, a, appearance, x, y, z)
    _paint_lips(color, a, appearance.lips, shadow, x, y, front)
    # Brows: thick in the middle, thin outside.
    place = (across - a.eye_x) * (1 / (a.eye_width * 1.35))
    line = a.brow_y + a.brow_arch * (place * place - 0.4) - a.slant * place
    thick = a.brow_height * np.maximum(1.1 - 0.5 * np.maximum(place, 0), 0)
    brow = soft(thick - np.abs(y - line), 0.025) * soft(1 - np.abs(place), 0.15) * front
    mix(color, appearance.brows, 0.9 * brow)


def _paint_nose(color, a, shadow, dark, x, y, front):
    """Dark under its tip and at its sides, light along its ridge."""
    across = np.abs(x)
    under = ((y - a.nose_y - 0.015) * (1 / 0.035)) ** 2 + (x * (1 / (1.05 * a.nose_width))) ** 2
    mix(color, shadow, 0.7 * bump(under) * front)
    hole = ((across - 0.45 * a.nose_width) * (1 / 0.045)) ** 2 + ((y - a.nose_y + 0.008) * (1 / 0.03)) ** 2
    mix(color, dark, bump(hole) * front)
    wing = ((across - 1.02 * a.nose_width) * (1 / 0.035)) ** 2 + ((y - a.nose_y + 0.06) * (1 / 0.075)) ** 2
    mix(color, shadow, 0.7 * bump(wing) * front)
    ridge = (x * (1 / 0.05)) ** 2 + ((y - a.nose_y + 0.16) * (1 / 0.2)) ** 2
    mix(color, (1.0, 0.97, 0.94), 0.16 * bump(ridge) * front)


def _paint_lips(color, a, lip, shadow, x, y, front):
    """Darker above, with a line between them."""
    across = np.abs(x)
    inside = 1 - (across * (1 / a.mouth_width)) ** 2
    bow = 1 - 0.35 * bump((x * (1 / 0.06)) ** 2)
    high = inside * bow * a.upper_lip - (a.mouth_y - y)
    low = inside * a.lower_lip - (y - a.mouth_y)
    lips = soft(np.where(y < a.mouth_y, high, low), 0.025) * (inside > 0) * front
    mix(color, lip, lips)
    mix(color, lip * 0.6, lips * (0.5 * (y < a.mouth_y)))
    seam = bump(((y - a.mouth_y) * (1 / 0.022)) ** 2) * (inside > 0) * front
    mix(color, lip * 0.3, 0.9 * seam)
    mix(
        color,
        shadow,
        0.45 * bump((x * (1 / 0.16)) ** 2 + ((y - a.mouth_y - a.lower_lip - 0.04) * (1 / 0.035)) ** 2),
    )


def _paint_beard(color, a, appearance, x, y, z):
    if appearance.beard == "none":
        return
    across = np.abs(x)
    lip = np.minimum(y - a.nose_y - 0.05, a.mouth_y - y)
    over = np.minimum(lip, a.mouth_width + 0.05 - across - 0.3 * (a.mouth_y - y))
    under = np.minimum(y - a.mouth_y - a.lower_lip - 0.03, 0.26 - across)
    cheeks = np.minimum(y - 0.42 - 0.9 * np.maximum(0.42 - across, 0), z + 0.05)
    if appearance.beard == "mustache":
        inside = over
    elif appearance.beard == "goatee":
        ring = np.minimum(0.05 - np.abs(across - a.mouth_width - 0.02), y - a.nose_y - 0.1)
        inside = np.maximum(np.maximum(over, under), ring)
    else:
        inside = np.maximum(over, np.where(y > a.mouth_y, np.maximum(cheeks, under), cheeks))
    strength = 0.3 if appearance.beard == "stubble" else 0.88
    rough = 1 + 0.15 * hair.strands(appearance, turns(x, z) * 2, y)
    mix(color, 0.8 * appearance.brows + 0.1 * appearance.skin, soft(inside, 0.08) * strength * rough)


def _paint_cover(color, appearance, x, y, z):
    inside = hair.hair(appearance, x, y, z)
    turn = turns(x, z)
    if appearance.cut != "bald":
        bright = 1 + 0.15 * hair.strands(appearance, turn, y)
        share = soft(inside, 0.05 if appearance.cut != "buzz" else 0.2) * (
            0.75 if appearance.cut == "buzz" else 1.0
        )
        color += (np.asarray(appearance.hair, np.float32)[:, None] * bright - color) * share
    if appearance.hat != "none":
        inside = hair.hat(appearance, x, y, z)
        first, second = appearance.hat_colors
        ribs = 0.5 + 0.5 * PATTERNS["horizontal"](turn, turn * 24)
        band = {"beanie": inside < 0.16, "cap": inside < 0.05, "scarf": np.zeros_like(x, bool)}[
            appearance.hat
        ]
        cloth = filled(first, x.size)
        mix(cloth, second, band * (0.6 * ribs + 0.2 if appearance.hat == "beanie" else 0.8))
        if appearance.hat == "scarf":
            mix(cloth, second, 0.5 * PATTERNS["dots"](turn * 14, y * 5))
        color += (cloth - color) * soft(inside, 0.03)


def _paint_glasses(color, a, appearance, x, y, z):
    if appearance.glasses == "none":
        return
    across = np.abs(x)
    dx, dy = (across - a.eye_x) * (1 / 0.235), (y - a.eye_y - 0.02) * (1 / 0.19)
    if appearance.glasses == "round":
        distance = np.sqrt(dx * dx + (dy * (0.19 / 0.215)) ** 2)
    else:
        distance = np.sqrt(np.sqrt((dx * dx) ** 2 + (dy * dy) ** 2))
    front = z > 0
    if appearance.glasses == "dark":
        mix(color, (0.06, 0.06, 0.08), soft(1 - distance, 0.1) * front * 0.96)
        mix(
            color,
            (0.5, 0.5, 0.55),
            bump(((dx + dy) * 2 - 0.4) ** 2 * 9) * soft(0.8 - distance, 0.1) * front * 0.5,
        )
    rim = soft(0.09 - np.abs(distance - 1), 0.08)
    bridge = np.minimum(0.022 - np.abs(y - a.eye_y + 0.03), a.eye_x - 0.2 - across)
    arm = np.minimum(0.022 - np.abs(y - a.eye_y + 0.03), across - a.eye_x - 0.22)
    line = np.maximum(soft(np.maximum(bridge, arm), 0.02), rim)
    mix(color, appearance.rims, line * (z > -0.1))
