"""What the published face networks see of a face: 16 channels drawn from 68 points and the frame (TIP 2020, face animation).

Channel 0: the curves of the face, and outside the face the Canny edges of the frame, 0..1. Channels 1 to 14: floor(d / 3) / 255,
d the city-block distance in pixels to each curve. Channel 15: which part of the face covers a pixel, 0..6, not scaled. Curves are
parabolas through three points at a time. NumPy, SciPy, OpenCV, Pillow and scikit-image.
"""

import warnings

import cv2
import numpy as np
from PIL import Image
from scipy.optimize import OptimizeWarning, curve_fit
from skimage.feature import canny

from gfla_tf.keypoints.face_structure import CURVES, PARTS

CHANNELS = 2 + len(CURVES)
STEEPEST = 1.0  # quadratic coefficient; a parabola that bends more is not drawn


def published_maps(points, image_size, frame):
    """The 16 channels as 8-bit numbers: edges 0, 254, 255; floor(d / 3); labels 0 to 6. `SCALE` makes them the network's input.

    Args:
        points: (68, 2) x, y in pixels of the frame.
        image_size: (height, width) of the maps.
        frame: uint8 RGB (h, w, 3), as the file has it: labels are drawn at its size, edges found after a bilinear resize.

    Returns:
        (height, width, 16) uint8.
    """
    size = image_size[1], image_size[0]
    points = with_forehead(np.asarray(points, np.float64))
    drawn = label_map(points, frame.shape[:2])
    labels = np.asarray(Image.fromarray(drawn).resize(size, Image.Resampling.NEAREST))
    scaled = np.trunc(points * size / (frame.shape[1], frame.shape[0]))
    curves = [curve_pixels(scaled, curve, image_size) for curve in CURVES]
    edges = np.zeros(image_size, np.uint8)
    for curve in curves:
        edges[curve] = 255
    edges += np.uint8(255) * (
        canny_edges(frame, image_size) & (labels == 0)
    )  # where both meet: 254, it overflows
    distances = [distance_map(curve) for curve in curves]
    return np.stack([edges, *distances, labels], axis=-1)


SCALE = np.full(CHANNELS, 1 / 255, np.float32)
SCALE[-1] = 1.0


def with_forehead(points):
    """(83, 2): the 68 points, and jaw points 1 to 15 mirrored at the mean height b of points 0 and 16, two thirds as high.

    y' = b + floor(2 (b - y) / 3), truncated, in reverse order.
    """
    jaw = points[:17]
    base = (jaw[0, 1] + jaw[-1, 1]) / 2
    forehead = jaw[-2:0:-1].copy()
    forehead[:, 1] = np.trunc(base + (base - forehead[:, 1]) * 2 // 3)
    return np.concatenate([points, forehead])


def label_map(points, image_size):
    """(height, width) uint8: the label of the part that covers each pixel, later parts over earlier ones; 0 outside."""
    labels = np.zeros(image_size, np.uint8)
    for label, curves in PARTS:
        around = [index for curve in curves for index in curve]
        cv2.fillPoly(labels, [points[around].astype(np.int32)], label)
    return labels


def canny_edges(frame, image_size):
    """(height, width) bool: scikit-image's Canny edges (its defaults) of the gray frame, resized bilinearly."""
    size = image_size[1], image_size[0]
    gray = Image.fromarray(frame).resize(size, Image.Resampling.BILINEAR).convert("L")
    return canny(np.asarray(gray))


def curve_pixels(points, curve, image_size):
    """(height, width) bool: the pixels of a curve, in pieces of three points that share their ends.

    Args:
        points: (83, 2) whole numbers, x, y in pixels of the maps.
        curve: indices of its points.
        image_size: (height, width).
    """
    pixels = np.zeros(image_size, bool)
    for begin in range(0, max(1, len(curve) - 1), 2):
        x, y = points[list(curve[begin : begin + 3])].T
        swapped = np.abs(np.diff(x)).max() < np.abs(np.diff(y)).max()
        across, along = _parabola(*((y, x) if swapped else (x, y)))
        x, y = (along, across) if swapped else (across, along)
        pixels[y.clip(0, image_size[0] - 1), x.clip(0, image_size[1] - 1)] = True
    return pixels


def _parabola(x, y):
    """Whole numbers x and y along the parabola (two points: the line) through points, from its smaller x to its larger one.

    The fit is that of SciPy's iteration, which meets whole numbers up to 1e-8 and so falls on either side of them: an exact
    solution moves 3 to 5 percent of the pixels by one.
    """
    model, nothing = _line if len(x) < 3 else _quadratic, np.zeros(0, int)
    with warnings.catch_warnings():  # three points leave no variance to estimate
        warnings.simplefilter("ignore", OptimizeWarning)
        try:
            coefficients, _ = curve_fit(model, x, y)
        except RuntimeError:  # points that lie on each other, of faces a few pixels small
            return nothing, nothing
    if len(x) == 3 and abs(coefficients[0]) > STEEPEST:
        return nothing, nothing
    begin, end = (x[0], x[-1]) if x[0] < x[-1] else (x[-1], x[0])
    # One value fewer than whole numbers from end to end, both of them included: slightly more than 1 apart.
    steps = np.linspace(begin, end, int(np.round(end - begin)))
    return np.trunc(steps).astype(int), np.trunc(model(steps, *coefficients)).astype(int)


def _line(x, a, b):
    return a * x + b


def _quadratic(x, a, b, c):
    return a * x**2 + b * x + c


def distance_map(pixels):
    """(height, width) uint8: floor(d / 3), d the city-block distance in pixels to the nearest of `pixels`, at most 255."""
    distance = cv2.distanceTransform(np.where(pixels, np.uint8(0), np.uint8(255)), cv2.DIST_L1, 3)
    return np.minimum(distance // 3, 255).astype(np.uint8)
