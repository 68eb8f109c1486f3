"""What the published dance networks see of a pose: 17 heat maps and a thin drawing of the skeleton (TIP 2020, section 4).

Channels 0 to 16 are exp(-d^2 / 72) around each joint. Channels 17 to 19 are the red, green and blue of a drawing in 0..255, not
scaled: limbs one pixel wide, gray, antialiased, later ones over earlier ones, then every joint as a square of 3 x 3 pixels of its
color. The target is drawn from clean joints in Human3.6M's order, the reference from detected joints in COCO's order: the
same channels mean other joints. NumPy and scikit-image only.
"""

import numpy as np
from skimage.draw import disk, line_aa

from gfla_tf.keypoints.poses import HEAT_MAP_SIGMA

TARGET_LIMBS = (
    (0, 1), (1, 2), (2, 3), (0, 4), (4, 5), (5, 6), (0, 7), (7, 8), (8, 9), (9, 10), (8, 11), (11, 12), (12, 13), (8, 14),
    (14, 15), (15, 16),
)  # fmt: skip
REFERENCE_LIMBS = (
    (0, 1), (1, 3), (0, 2), (2, 4), (5, 7), (7, 9), (6, 8), (8, 10), (11, 12), (5, 6), (11, 13), (12, 14), (13, 15), (14, 16),
    (5, 11), (6, 12),
)  # fmt: skip
LIMBS = {"target": TARGET_LIMBS, "reference": REFERENCE_LIMBS}
JOINT_COUNT = 17
JOINT_RADIUS = 2  # pixels; pixels nearer than that to a joint have its color


def joint_colors():
    """(17, 3) uint8: red 128 bit0 + 64 bit3 of the joint's number, green 128 bit1 + 64 bit4, blue 128 bit2; joint 0 is black."""
    bit = (np.arange(JOINT_COUNT)[:, None] >> np.arange(5)) & 1
    return np.stack([128 * bit[:, 0] + 64 * bit[:, 3], 128 * bit[:, 1] + 64 * bit[:, 4], 128 * bit[:, 2]], axis=1).astype(
        np.uint8
    )  # fmt: skip


COLORS = joint_colors()


def published_structure(joints, image_size, role):
    """The 20 channels of a frame.

    Args:
        joints: (17, 3): x, y in pixels of the image and a confidence, 0 where missing. In the order `H36M_17` for role "target",
            `COCO_17` for role "reference". Maps have their middle at the place itself, the drawing at the truncated one; where
            a frame is augmented, `gfla_tf.data.affine.move_joints` has truncated both.
        image_size: (height, width).
        role: "target" or "reference".

    Returns:
        (height, width, 20) float32, heat maps in [0, 1], drawing in [0, 255].
    """
    return np.concatenate([heat_maps(joints, image_size), drawing(joints, image_size, role)], axis=-1)


def heat_maps(joints, image_size):
    """(height, width, 17) float32: exp(-d^2 / (2 sigma^2)) around each joint's place; 0 where it is missing."""
    height, width = image_size
    x, y, confidence = np.moveaxis(np.asarray(joints, np.float64), -1, 0)
    scale = -0.5 / HEAT_MAP_SIGMA**2
    row = np.exp(scale * (np.arange(height)[:, None] - y) ** 2)
    column = np.exp(scale * (np.arange(width)[:, None] - x) ** 2) * (confidence > 0)
    return np.einsum("hj,wj->hwj", row, column).astype(np.float32)


def drawing(joints, image_size, role):
    """(height, width, 3) float32 of whole numbers in [0, 255]; a joint with a truncated coordinate of 0 is not drawn."""
    height, width = image_size
    place = np.trunc(np.asarray(joints, np.float64)[:, :2]).astype(int)
    drawn = (np.asarray(joints)[:, 2] > 0) & (place != 0).all(axis=1)
    picture = np.zeros((height, width, 3), np.float32)
    for first, second in LIMBS[role]:
        if drawn[first] and drawn[second]:
            (x0, y0), (x1, y1) = place[first], place[second]
            rows, columns, coverage = line_aa(y0, x0, y1, x1)
            # Pixels outside are moved to the border.
            rows, columns = rows.clip(0, height - 1), columns.clip(0, width - 1)
            picture[rows, columns] = np.floor(255 * coverage)[:, None]
    for joint in np.flatnonzero(drawn):
        x, y = place[joint]
        picture[disk((y, x), JOINT_RADIUS, shape=image_size)] = COLORS[joint]
    return picture
