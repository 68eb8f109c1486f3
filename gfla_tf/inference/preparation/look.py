"""What is wrong with a picture, and with the joints beside it, in sentences."""

import numpy as np

from gfla_tf.errors import GflaError
from gfla_tf.io.pictures import read_picture


def unreadable(path):
    """([sentence], None), or ([], (height, width)) of a picture that can be read."""
    try:
        return [], read_picture(path, "picture", "put an undamaged copy there, or remove it").shape[:2]
    except GflaError as error:
        return [str(error)], None


def outside(keypoints, size, origin):
    """Sentences about joints (n, 3) that are missing altogether, or outside a picture of (height, width)."""
    height, width = size
    present = keypoints[:, 2] > 0
    x, y = keypoints[:, 0], keypoints[:, 1]
    count = int((present & ((x < -0.5) | (y < -0.5) | (x >= width) | (y >= height))).sum())
    if not np.any(present):
        return [f"{origin} has no joint: find the pose again."]
    if count:
        return [f"{origin} has {count} joints outside its {width} x {height} pixels: find the pose again."]
    return []
