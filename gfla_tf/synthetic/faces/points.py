"""The 68 points of a face in dlib's order, found on the surface of a head.

0-16 the jaw, 17-21 and 22-26 the brows, 27-30 the ridge of the nose, 31-35 its lower end, 36-41 and 42-47 the eyes, 48-59 the
outer and 60-67 the inner outline of the lips. Jaw, brows and nose run from the left of the picture to its right or down, eyes and
lips clockwise from their left corner.
"""

import numpy as np

from gfla_tf.synthetic.faces.anatomy import front_of, section
from gfla_tf.synthetic.faces.expression import eyelids

# Heights of the jaw's points from the ear to the chin, and their distance from the middle as a share of half the width there.
_JAW = (
    (-0.05, 1.0),
    (0.14, 1.0),
    (0.32, 1.0),
    (0.49, 0.99),
    (0.65, 0.97),
    (0.78, 0.92),
    (0.89, 0.84),
    (0.96, 0.62),
    (1.0, 0.0),
)
_TRIES = 24  # places between the jaw and the cheek at which the outline of a turned face is looked for


def face_points(head, to_image):
    """(68, 2) float32 x, y in pixels, multiples of 1/64.

    Args:
        head: Head.
        to_image: (3, 4) map of its positions to (x, y, depth) in pixels.
    """
    x, y = _features(head.anatomy, head.expression)
    points = [_jaw(head, to_image), _on_face(head, to_image, x, y), _inner_lips(head, to_image)]
    return (np.round(np.concatenate(points) * 64) / 64).astype(np.float32)


def _features(a, expression):
    """x and y at rest of points 17 to 59."""
    place = np.array([1, 0.55, 0, -0.5, -1.0])  # along the right brow, from its outer end
    brow_x = a.eye_x + place * a.eye_width * 1.3
    brow_y = a.brow_y + a.brow_arch * (place**2 - 0.4) - a.slant * place - 0.4 * a.brow_height
    ridge = np.linspace(a.eye_y - 0.02, a.nose_y - 0.08, 4)
    wings = np.array([-0.8, -0.42, 0, 0.42, 0.8]) * a.nose_width
    under = a.nose_y + np.array([-0.01, 0.015, 0.03, 0.015, -0.01])
    # From the outer corner of the right eye over its upper lid and back below; the left eye's clockwise order begins inside.
    eye_x = a.eye_x + a.eye_width * np.array([1.0, 0.35, -0.35, -1.0, -0.35, 0.35])
    _, edge, low = eyelids(a, eye_x, expression.blink)
    eye_y = np.where(np.arange(6) < 3, edge, low)
    left_eye = [3, 2, 1, 0, 5, 4]
    share = np.array([-1, -0.62, -0.24, 0, 0.24, 0.62, 1, 0.62, 0.24, 0, -0.24, -0.62])
    arch = 1 - share**2
    bow = np.where(share == 0, 0.65, 1.0)
    lips = a.mouth_y + np.where(np.arange(12) <= 6, -a.upper_lip * arch * bow, a.lower_lip * arch)
    x = (-brow_x, brow_x[::-1], 0 * ridge, wings, -eye_x, eye_x[left_eye], share * a.mouth_width)
    y = (brow_y, brow_y[::-1], ridge, under, eye_y, eye_y[left_eye], lips)
    return np.concatenate(x), np.concatenate(y)


def _inner_lips(head, to_image):
    """(8, 2): points 60 to 67, on the lines where the lips meet or part."""
    a = head.anatomy
    share = np.float32([-0.9, -0.5, 0, 0.5, 0.9, 0.5, 0, -0.5])
    x = np.float32(a.mouth_width * head.expression.width) * share
    upper, lower = head.warp.lips(x)
    y = np.where(np.arange(8) < 5, upper, lower)
    z = front_of(a, np.float32(a.mouth_width) * share, np.full(8, a.mouth_y, np.float32))
    return _pixels(to_image, x, y, z)


def _jaw(head, to_image):
    """(17, 2): the points on the jaw or, where the head has turned them away, the outline of the face beside them."""
    a = head.anatomy
    y, share = np.float32(_JAW).T
    area, _, _, _ = section(a, np.zeros_like(y), y)
    # `section` grows by (x / half width)^2 from the middle; the outline is where it reaches 1.
    across, _, _, _ = section(a, np.ones_like(y), y)
    half = np.sqrt(np.maximum(1 - area, 0) / (across - area)) * share
    inward = np.linspace(0, 1, _TRIES, dtype=np.float32)
    columns = half[:, None] * (1 - 0.5 * inward * inward)
    rows = np.repeat(y, _TRIES)
    sides = []
    for side in (-1, 1):
        pixels = _on_face(head, to_image, side * columns.ravel(), rows).reshape(*columns.shape, 2)
        outward = side * (pixels @ to_image[:2, 0])  # along the face's own left and right
        sides.append(pixels[np.arange(y.size), outward.argmax(axis=1)])
    left, right = sides
    return np.concatenate([left, right[-2::-1]])


def _on_face(head, to_image, x, y):
    """(n, 2) pixels of points on the face at rest (x, y)."""
    x, y = np.float32(x), np.float32(y)
    return _pixels(to_image, *head.warp.forward(x, y), front_of(head.anatomy, x, y))


def _pixels(to_image, x, y, z):
    return np.stack([row[0] * x + row[1] * y + row[2] * z + row[3] for row in to_image[:2]], axis=-1)
