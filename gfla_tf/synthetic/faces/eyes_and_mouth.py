"""What is seen through the openings of the skin: eyes with their lids, and the inside of the mouth."""

import numpy as np

from gfla_tf.synthetic.faces.blending import bump, filled, mix, soft
from gfla_tf.synthetic.faces.expression import LID, eyelids


def eye_colors(a, appearance, layer, x, y, expression):
    """Colors of lids and eyeballs; for the eyeball (x, y) are where it would be if it looked straight ahead."""
    across = np.abs(x)
    color = np.full((3, x.size), 0.93, np.float32)
    corner = np.abs(across - a.eye_x) * (1 / a.eye_width)
    mix(color, (0.75, 0.62, 0.58), 0.7 * bump((1.15 - corner) ** 2 * 4))
    radius = 0.95 * a.eye_height + 0.01
    distance = np.sqrt((across - a.eye_x) ** 2 + (y - a.eye_y) ** 2) * (1 / radius)
    mix(color, np.asarray(appearance.iris) * 0.5, soft(1 - distance, 0.2))
    mix(color, appearance.iris, soft(0.85 - distance, 0.2))
    mix(color, (0.03, 0.03, 0.03), soft(0.45 - distance, 0.15))
    light = ((x - np.sign(x) * a.eye_x + 0.02) ** 2 + (y - a.eye_y + 0.025) ** 2) * (1 / 0.028**2)
    mix(color, (1, 1, 1), 0.9 * bump(light))
    lid = layer == LID
    color[:, lid] = np.asarray(appearance.skin * (0.80, 0.70, 0.67), np.float32)[:, None]
    if appearance.shadow:
        mix(color, appearance.eyeshadow, appearance.shadow * lid)
    gaze_x, gaze_y = expression.gaze
    now_x, now_y = np.where(lid, x, x + gaze_x), np.where(lid, y, y + gaze_y)
    _, edge, _ = eyelids(a, now_x, expression.blink)
    lash = np.where(lid, np.abs(now_y - edge), np.maximum(now_y - edge, 0))
    mix(color, appearance.brows * 0.35, soft(0.024 - lash, 0.02))
    return color


def mouth_colors(a, x, y):
    """Teeth above, tongue below, in front of the dark."""
    color = filled((0.28, 0.07, 0.08), x.size)
    mix(color, (0.70, 0.32, 0.32), bump((x * (1 / 0.2)) ** 2 + ((y - a.mouth_y - 0.26) * (1 / 0.13)) ** 2))
    teeth = soft(a.mouth_y + 0.075 - 0.3 * x * x - y) * (np.abs(x) < 0.85 * a.mouth_width)
    mix(color, (0.93, 0.91, 0.86), teeth)
    gap = np.abs(x * 12 - np.round(x * 12))
    mix(color, (0.62, 0.58, 0.54), teeth * soft(gap - 0.42, 0.1) * 0.6)
    return color
