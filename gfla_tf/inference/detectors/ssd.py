"""Single-shot detection: from what a detector network says at each of its anchors to the things in a picture.

After "SSD: Single Shot MultiBox Detector" (arXiv 1512.02325), with the anchors of fixed size and the blending of boxes instead of
their suppression of BlazeFace (arXiv 1907.05047, sections 2 and 3.4). Positions are fractions of the network's input. NumPy only.
"""

from typing import NamedTuple

import numpy as np


class Detection(NamedTuple):
    """A thing that was found.

    Attributes:
        score: probability that it is one.
        box: (4,) left, top, right, bottom.
        points: (n, 2) x, y of the points that the network finds of each thing.
    """

    score: float
    box: np.ndarray
    points: np.ndarray


def anchors(size, strides):
    """(n, 2) float32: x, y of the centers of anchors, two for each mention of a stride at each place of its grid.

    Args:
        size: of the network's input, in pixels.
        strides: of its grids, in pixels; grids that follow each other with one stride share their places.
    """
    grids = []
    for position, stride in enumerate(strides):
        if position and stride == strides[position - 1]:
            continue
        places = (np.arange(size // stride, dtype=np.float32) + 0.5) * stride / size
        grid = np.stack(np.meshgrid(places, places), axis=-1).reshape(-1, 2)
        grids.append(np.repeat(grid, 2 * strides.count(stride), axis=0))
    return np.concatenate(grids).astype(np.float32)


def decode(raw, logits, anchors, size, threshold):
    """The detections of at least some probability, the likeliest first, not yet blended.

    Args:
        raw: (anchors, 4 + 2 n) float32: for each anchor x, y from it, width, height, and the points' x, y from it, in pixels.
        logits: (anchors,) float32.
        anchors: (anchors, 2) of `anchors`.
        size: of the network's input, in pixels.
        threshold: least probability.

    Returns:
        scores (m,), boxes (m, 4) as in `Detection`, points (m, n, 2).
    """
    scores = sigmoid(logits)
    chosen = np.flatnonzero(scores >= threshold)
    chosen = chosen[np.argsort(-scores[chosen], kind="stable")]
    values = raw[chosen].reshape(len(chosen), raw.shape[1] // 2, 2) / np.float32(size)
    centers, extents = values[:, 0] + anchors[chosen], values[:, 1]
    boxes = np.concatenate([centers - extents / 2, centers + extents / 2], axis=1)
    return scores[chosen], boxes, values[:, 2:] + anchors[chosen, None]


def blend(scores, boxes, points, threshold):
    """Weighted non-maximum suppression: the boxes that overlap the likeliest become one, their mean weighted by score.

    Args:
        scores, boxes, points: of `decode`.
        threshold: boxes of a larger intersection over union are of one thing.

    Returns:
        list of `Detection`, the likeliest first.
    """
    found, remaining = [], np.arange(len(scores))
    while len(remaining):
        best = remaining[0]
        same = iou(boxes[best], boxes[remaining]) > threshold
        same[0] = True
        group = remaining[same]
        weights = scores[group] / scores[group].sum()
        found.append(
            Detection(
                float(scores[best]),
                np.einsum("n,nk->k", weights, boxes[group]),
                np.einsum("n,nkc->kc", weights, points[group]),
            )
        )
        remaining = remaining[~same]
    return found


def iou(box, boxes):
    """The intersection over union of a box (4,) with each of (n, 4)."""
    low, high = np.maximum(box[:2], boxes[:, :2]), np.minimum(box[2:], boxes[:, 2:])
    shared = np.prod((high - low).clip(0), axis=1)
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    return shared / np.maximum(np.prod(box[2:] - box[:2]) + areas - shared, 1e-9)


def sigmoid(logits):
    """Probabilities of logits: 1 / (1 + exp(-x))."""
    return 1 / (1 + np.exp(-np.clip(logits, -80, 80)))
