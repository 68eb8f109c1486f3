"""Where the person of a pose stands: the published mask of masked scores (Market, after Ma et al., 2017)."""

import numpy as np
from scipy.ndimage import binary_closing
from skimage.draw import disk, polygon

_RADIUS = 4  # pixels, at the size of the mask
# Pairs of the 18 OpenPose joints; more of them than are drawn, so that the trunk is filled.
_LIMBS = (
    (1, 2), (1, 5), (2, 3), (3, 4), (5, 6), (6, 7), (1, 8), (8, 9), (9, 10), (1, 11), (11, 12), (12, 13), (1, 0), (0, 14),
    (14, 16), (0, 15), (15, 17), (1, 16), (1, 17), (8, 11), (11, 5), (8, 2), (16, 17),
)  # fmt: skip


def person_mask(keypoints, image_size):
    """Union of rectangles of half width 4 along the limbs and discs of radius 4 at the joints, closed with 5 x 5.

    Args:
        keypoints: (18, 3): x, y in pixels and a confidence, 0 where missing.
        image_size: (height, width).

    Returns:
        bool (height, width).
    """
    keypoints = np.asarray(keypoints, np.float64)
    mask = np.zeros(image_size, bool)
    places = keypoints[:, 1::-1]  # rows, columns
    for first, second in _LIMBS:
        along = places[second] - places[first]
        length = np.linalg.norm(along)
        if min(keypoints[first, 2], keypoints[second, 2]) <= 0 or length == 0:
            continue
        across = np.array([-along[1], along[0]]) / length * _RADIUS
        corners = [
            places[first] + across,
            places[first] - across,
            places[second] - across,
            places[second] + across,
        ]
        mask[polygon(*np.transpose(corners), image_size)] = True
    for place in places[keypoints[:, 2] > 0]:
        mask[disk(place, _RADIUS, shape=image_size)] = True
    return binary_closing(mask, np.ones((5, 5)))
