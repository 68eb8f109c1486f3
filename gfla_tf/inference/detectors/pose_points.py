"""From what the pose network says to points: the regressed ones, refined where its heat maps are sure. NumPy only."""

import numpy as np

from gfla_tf.inference.detectors.ssd import sigmoid

POINTS = 39  # 33 of the body; of the others two say where the body is in the next frame
BODY_POINTS = 33
CENTER, EDGE = 33, 34  # the middle of the hips, and a point on the circle around the body, above it
REACH = 3  # of the window of heat map cells around a point, to each side
SURE = 0.5  # a window whose best cell is less likely leaves the point where it is


def read_points(raw, size):
    """The network's 39 points.

    Args:
        raw: (195,): x, y, z in pixels of its input, and visibility and presence as logits, of each.
        size: of its input, in pixels.

    Returns:
        (39, 5) float32: x, y and z in fractions of the input, visibility and presence as probabilities.
    """
    points = np.array(raw, np.float32).reshape(POINTS, 5)
    points[:, :3] /= size
    points[:, 3:] = sigmoid(points[:, 3:])
    return points


def refined(points, heat_maps):
    """The points (n, 5), each at the center of mass of its heat map around it, where that is sure.

    Args:
        points: of `read_points`.
        heat_maps: (h, w, n) logits.
    """
    height, width, _ = heat_maps.shape
    points = points.copy()
    for index, (x, y) in enumerate(points[:, :2]):
        column, row = int(x * width), int(y * height)
        if not (0 <= column < width and 0 <= row < height):
            continue
        left, top = max(0, column - REACH), max(0, row - REACH)
        window = heat_maps[top : row + REACH + 1, left : column + REACH + 1, index]
        likely = sigmoid(window)
        if likely.max() >= SURE:
            total = likely.sum()
            points[index, 0] = (likely.sum(0) @ np.arange(left, left + window.shape[1])) / total / width
            points[index, 1] = (likely.sum(1) @ np.arange(top, top + window.shape[0])) / total / height
    return points
