"""The colors of a person carried outward: what networks are given in place of what stands behind the person of a photo."""

import cv2
import numpy as np


def bled(picture, person):
    """The picture with the person's colors carried outward over everything else.

    Networks that fetch a pixel from a little beside the person then fetch a color of the person, not of the room.

    Args:
        picture: uint8 (H, W, 3).
        person: bool (H, W).

    Returns:
        uint8 (H, W, 3); the picture itself where nobody is.
    """
    inner = cv2.erode(person.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0  # edges have something of both
    if not inner.any():
        return picture
    return np.rint(grown(picture.astype(np.float32), ~inner)).astype(np.uint8)


def grown(picture, hole):
    """The picture with a first guess in its hole: from the edge inward, each pixel the mean of its known neighbors.

    Args:
        picture: float32 (H, W, 3).
        hole: bool (H, W).
    """
    known = (~hole).astype(np.float32)
    picture = picture * known[..., None]
    while 0 < known.sum() < known.size:
        count = cv2.boxFilter(known, -1, (3, 3), normalize=False, borderType=cv2.BORDER_CONSTANT)
        total = cv2.boxFilter(picture, -1, (3, 3), normalize=False, borderType=cv2.BORDER_CONSTANT)
        new = (known == 0) & (count > 0)
        picture[new] = total[new] / count[new][:, None]
        known[new] = 1
    return picture
