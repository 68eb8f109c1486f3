"""The head of one identity: a smooth closed surface around the origin.

Axes of a head at rest: x to the right of the picture when it faces the camera, y down, z towards the camera. The unit is the
distance from the middle of the head to the chin.
"""

import dataclasses

import numpy as np

from gfla_tf.synthetic.faces.blending import bump


@dataclasses.dataclass(frozen=True)
class Anatomy:
    """Proportions of a head and its face; the features are symmetric, so that x stands for +x and -x.

    Attributes:
        width, top, front, back: half axes of the skull; the chin lies at y = 1.
        taper: share of the width that is lost down to the chin; square: 0 for an oval jaw, towards 1 for an angular one.
        eye_x, eye_y, eye_width, eye_height: center and half size of an eye; slant: how much its outer corner is raised.
        brow_y, brow_height: line and half height of a brow; brow_arch: how much it is curved.
        nose_y, nose_width, nose_height: height of its lower end, half width, and how far it stands out.
        mouth_y, mouth_width: the line between the lips; upper_lip, lower_lip: their heights.
        ears: size of the ears.
    """

    width: float
    top: float
    front: float
    back: float
    taper: float
    square: float
    eye_x: float
    eye_y: float
    eye_width: float
    eye_height: float
    slant: float
    brow_y: float
    brow_height: float
    brow_arch: float
    nose_y: float
    nose_width: float
    nose_height: float
    mouth_y: float
    mouth_width: float
    upper_lip: float
    lower_lip: float
    ears: float


def draw_anatomy(draws, feminine):
    """A random Anatomy."""
    width = draws.uniform(0.68, 0.78)
    eye_y = draws.uniform(-0.08, 0.0)
    return Anatomy(
        width=width,
        top=draws.uniform(0.93, 1.03),
        front=draws.uniform(0.74, 0.82),
        back=draws.uniform(0.86, 0.98),
        taper=draws.uniform(0.32, 0.44) if feminine else draws.uniform(0.24, 0.38),
        square=draws.uniform(0.1, 0.45) if feminine else draws.uniform(0.35, 0.8),
        eye_x=draws.uniform(0.40, 0.45) * width,
        eye_y=eye_y,
        eye_width=draws.uniform(0.135, 0.155),
        eye_height=draws.uniform(0.055, 0.085),
        slant=draws.uniform(-0.01, 0.03),
        brow_y=eye_y - draws.uniform(0.17, 0.21),
        brow_height=draws.uniform(0.022, 0.034) if feminine else draws.uniform(0.032, 0.055),
        brow_arch=draws.uniform(0.02, 0.07),
        nose_y=draws.uniform(0.34, 0.42),
        nose_width=draws.uniform(0.12, 0.17),
        nose_height=draws.uniform(0.17, 0.27),
        mouth_y=draws.uniform(0.58, 0.64),
        mouth_width=draws.uniform(0.22, 0.29),
        upper_lip=draws.uniform(0.045, 0.08),
        lower_lip=draws.uniform(0.06, 0.1),
        ears=draws.uniform(0.85, 1.15),
    )


def relief(anatomy, x, y):
    """How far the features of the face stand out of the oval, as a share of its size; negative in the eye sockets.

    Args:
        x, y: float32 arrays of positions on the front of the head.
    """
    a = anatomy
    across = np.abs(x)
    x2 = x * x
    along = np.clip((y - (a.eye_y - 0.04)) * (1 / (a.nose_y - a.eye_y - 0.02)), 0, 1)
    below = np.maximum(y - (a.nose_y - 0.06), 0) * (1 / 0.13)
    ridge = (0.06 + 0.5 * (a.nose_width - 0.06) * along) * 1.6
    root = np.clip((y - a.eye_y + 0.18) * (1 / 0.14), 0, 1)
    high = bump(x2 / (ridge * ridge)) * np.maximum(1 - below * below, 0) * (0.25 * root + 0.75 * along)
    result = high * a.nose_height
    wings = bump(((across - 0.72 * a.nose_width) ** 2 + (y - a.nose_y + 0.05) ** 2) * (1 / 0.1**2))
    result += 0.06 * wings
    result -= 0.07 * bump(((across - a.eye_x) * (1 / 0.2)) ** 2 + ((y - a.eye_y) * (1 / 0.13)) ** 2)
    result += 0.035 * bump(((across - a.eye_x) * (1 / 0.3)) ** 2 + ((y - a.brow_y) * (1 / 0.12)) ** 2)
    result += 0.04 * bump(((across - 0.42) ** 2 + (y - 0.22) ** 2) * (1 / 0.3**2))
    lips = ((y - a.mouth_y) * (1 / 0.13)) ** 2
    result += 0.055 * bump(x2 * (1 / (a.mouth_width * 1.15) ** 2) + lips)
    result += 0.05 * bump((x2 + (y - 0.93) ** 2) * (1 / 0.22**2))
    return result


def section(anatomy, x, y):
    """The oval of the head at height y: (share of it that x and y take up, middle z, half depth in front, at the back)."""
    a = anatomy
    down = np.maximum(y, 0)
    low = np.minimum(down, 1)
    low *= low
    height = np.where(y < 0, y * (1 / a.top), y)
    height *= height
    height *= np.where(y < 0, 0.6 + 0.4 * height, (1 - a.square) + a.square * height)
    share = x / (a.width * (1 - a.taper * low))
    share *= share
    share += height
    return share, 0.3 * low, a.front * (1 - 0.12 * low), a.back * (1 - 0.45 * np.minimum(down, 1))


def oval(anatomy, x, y, z):
    """0 on the bare head, negative inside it; grows by about 1 to 2 per unit."""
    share, middle, front, back = section(anatomy, x, y)
    depth = z - middle
    before = depth > 0
    depth /= np.where(before, front, back)
    depth *= depth
    depth += share
    value = np.sqrt(depth)
    value -= 1
    value -= np.where(before, relief(anatomy, x, y), 0)
    return value


def front_of(anatomy, x, y):
    """z of the bare face at float32 (x, y); positions beyond the outline of the head get that of its middle."""
    share, middle, front, _ = section(anatomy, x, y)
    size = 1 + relief(anatomy, x, y)
    return middle + front * np.sqrt(np.maximum(size * size - share, 0))
