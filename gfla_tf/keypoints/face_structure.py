"""What the face networks see of a face: the 16 maps that are drawn from 68 points (TIP 2020, face animation).

Channel 0 is a drawing: the curves of the face, and outside the face the Canny edges of the picture. Channels 1 to 14 are
city-block distances in pixels to each of the 14 curves. Channel 15 says which part of the face covers a pixel. Points are in the
order of dlib's 68-point predictor. NumPy and OpenCV only, so that the demos need no TensorFlow.
"""

import cv2
import numpy as np

POINTS = 68

# The jaw is closed over the forehead by its own mirror image, flattened: points 68 to 82, from right to left in the picture.
FOREHEAD = tuple(range(68, 83))
_FOREHEAD_HEIGHT = 2 / 3

# Label and curves of each part: the curves of a part, joined, enclose the area that has its label.
PARTS = (
    (1, ((*range(17), *FOREHEAD, 0),)),  # the face
    (2, ((17, 18, 19, 20, 21),)),  # brows
    (2, ((22, 23, 24, 25, 26),)),
    (3, ((28, 31), (31, 32, 33, 34, 35), (35, 28))),  # the nose
    (4, ((36, 37, 38, 39), (39, 40, 41, 36))),  # eyes
    (4, ((42, 43, 44, 45), (45, 46, 47, 42))),
    (5, ((48, 49, 50, 51, 52, 53, 54), (54, 55, 56, 57, 58, 59, 48))),  # the mouth
    (6, ((60, 61, 62, 63, 64), (64, 65, 66, 67, 60))),  # its inside
)
CURVES = tuple(curve for _, curves in PARTS for curve in curves)
LABELS = 6

EDGES, DISTANCES, LABEL = 0, slice(1, 1 + len(CURVES)), 1 + len(CURVES)
FACE_CHANNELS = LABEL + 1

FARTHEST = 255  # distances are clipped here
# The published networks see distances / 3 as 8-bit pictures, whose white, 255, is 1 here; so distances reach 1/3. Labels reach 1.
SCALE = np.ones(FACE_CHANNELS, np.float32)
SCALE[DISTANCES] = 1 / (3 * 255)
SCALE[LABEL] = 1 / LABELS

CANNY_THRESHOLDS = 100, 200
_SHIFT = 4  # OpenCV draws in 2^-4 of a pixel


def face_structure(points, image_size, image=None):
    """The network's input: `face_maps` * `SCALE`, (height, width, 16) float32 in [0, 1]. Arguments as for `face_maps`."""
    return face_maps(points, image_size, image) * SCALE


def face_maps(points, image_size, image=None):
    """The maps of a face as small whole numbers: drawing 0 or 1, distances 0 to 255 in pixels, labels 0 to 6.

    Labels: 0 outside, 1 the face, 2 brows, 3 the nose, 4 eyes, 5 lips, 6 inside of the mouth.

    Args:
        points: (68, 2) x, y in pixels of the image, which they may leave.
        image_size: (height, width).
        image: uint8 RGB (height, width, 3) whose edges are drawn outside the face; None draws none.

    Returns:
        (height, width, 16) uint8.
    """
    points = _with_forehead(np.asarray(points, np.float32))
    places = np.clip(np.round(points * 2**_SHIFT), -(2**24), 2**24).astype(np.int32)
    maps = np.zeros((*image_size, FACE_CHANNELS), np.uint8)
    labels = np.zeros(image_size, np.uint8)
    for label, curves in PARTS:
        # Each curve begins where the one before it ends.
        around = [index for curve in curves for index in curve[len(curves) > 1 :]]
        cv2.fillPoly(labels, [places[around]], label, shift=_SHIFT)
    for channel, curve in enumerate(CURVES, start=DISTANCES.start):
        drawn = np.ones(image_size, np.uint8)
        cv2.polylines(drawn, [places[list(curve)]], False, 0, shift=_SHIFT)
        distance = cv2.distanceTransform(drawn, cv2.DIST_L1, 3)
        maps[..., channel] = np.minimum(distance, FARTHEST)
        maps[..., EDGES] |= 1 - drawn
    if image is not None:
        edges = cv2.Canny(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), *CANNY_THRESHOLDS)
        maps[..., EDGES] |= (edges > 0) & (labels == 0)
    maps[..., LABEL] = labels
    return maps


def structure_picture(structure):
    """The drawing of a structure (H, W, 16), scaled or not, as a uint8 picture (H, W, 3): black on white."""
    drawing = np.where(np.asarray(structure)[..., EDGES, None] > 0, np.uint8(0), np.uint8(255))
    return np.repeat(drawing, 3, axis=-1)


def _with_forehead(points):
    """(83, 2): the 68 points and those of the forehead, the inner points of the jaw mirrored at the height of its ends."""
    jaw = points[:17]
    base = (jaw[0, 1] + jaw[-1, 1]) / 2
    forehead = jaw[-2:0:-1].copy()
    forehead[:, 1] = base + (base - forehead[:, 1]) * _FOREHEAD_HEIGHT
    return np.concatenate([points, forehead])
