"""Pictures of where local attention looks: positions of the target, and the patches of the source that each draws from."""

import contextlib
import math

import cv2
import numpy as np

from gfla_tf.layers.attention import LocalAttention
from gfla_tf.pictures.drawing import labeled_grid, to_uint8

ROWS, COLUMNS = 4, 3  # positions of the target that are shown
_SIZE = 256  # pixels that small pictures are enlarged to, so that the patches show


@contextlib.contextmanager
def recorded_attention(model):
    """Keeps what the local attention layers of a model do while it runs eagerly.

    Yields:
        {layer's name: (flow (batch, h, w, 2), coefficients (batch, h, w, n * n)) of its last call}, filled while the model runs.
    """
    recorded = {}

    def recording(layer):
        call = layer.call

        def call_and_record(target, source, flow):
            attended, coefficients = call(target, source, flow)
            recorded[layer.name] = flow, coefficients
            return attended, coefficients

        return call_and_record

    layers = _local_attention(model)
    for layer in layers:
        layer.call = recording(layer)
    try:
        yield recorded
    finally:
        for layer in layers:
            del layer.call


def _local_attention(model):
    layers = {}
    for layer in model.layers:
        if isinstance(layer, LocalAttention):
            layers[id(layer)] = layer
        elif hasattr(layer, "layers"):
            layers |= {id(inner): inner for inner in _local_attention(layer)}
    return list(layers.values())


def attention_grid(recorded, target, sources, max_rows=3):
    """A row for each sample: the target with marked positions, and for each layer the source with what those draw from.

    Args:
        recorded: as `recorded_attention` gives it. A layer that ran on the T frames of each sample as one batch is shown in the
            last of them.
        target: (batch, H, W, 3) in [-1, 1].
        sources: {beginning of layers' names: (batch, H, W, 3) that those layers draw from}.

    Returns:
        uint8 picture (height, width, 3).
    """
    rows = []
    for sample in range(min(max_rows, len(target))):
        row = []
        for name, (flow, coefficients) in sorted(recorded.items()):
            source = next(images for begin, images in sources.items() if name.startswith(begin))
            own = sample * (len(flow) // len(target)) + len(flow) // len(target) - 1
            drawn_from, marked = attention_picture(
                source[sample], target[sample], np.asarray(flow[own]), np.asarray(coefficients[own])
            )
            row.append((name, drawn_from))
        rows.append([("target", marked), *row])
    return labeled_grid(rows, cell=max(_SIZE, len(target[0])))


def attention_picture(source, target, flow, coefficients):
    """Where some positions of the target look in the source.

    Args:
        source, target: (H, W, 3) in [-1, 1].
        flow: (h, w, 2) in pixels of its level.
        coefficients: (h, w, n * n).

    Returns:
        uint8 (k H, k W, 3): the source with a dot for each of the n x n samples of a patch, the larger the more it counts, in the
        color of its position; and the target with the positions.
    """
    height, width = flow.shape[:2]
    n = math.isqrt(coefficients.shape[-1])
    pictures = [_enlarged(to_uint8(picture)) for picture in (source, target)]
    scale = np.array(pictures[0].shape[1::-1]) / (width, height)
    radius = 0.4 * scale.min()
    for index in range(ROWS * COLUMNS):
        y = int((index // COLUMNS + 0.5) * height / ROWS)
        x = int((index % COLUMNS + 0.5) * width / COLUMNS)
        color = _color(index / (ROWS * COLUMNS))
        share = coefficients[y, x] / coefficients[y, x].max()
        for k in range(n * n):
            at = flow[y, x] + (x + k % n - n // 2, y + k // n - n // 2)
            _dot(pictures[0], (at + 0.5) * scale, radius * math.sqrt(share[k]), color)
        _dot(pictures[1], (np.array([x, y]) + 0.5) * scale, radius, color)
    return pictures


def _enlarged(picture):
    factor = max(1, _SIZE // picture.shape[0])
    return np.ascontiguousarray(picture.repeat(factor, axis=0).repeat(factor, axis=1))


def _color(share):
    hsv = np.array([[[180 * share, 255, 255]]], np.uint8)
    return tuple(int(value) for value in cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)[0, 0])


def _dot(picture, position, radius, color):
    if np.isfinite(position).all():
        center = tuple(round(16 * value) for value in np.clip(position - 0.5, -1e4, 1e4))
        cv2.circle(picture, center, int(16 * max(radius, 0.5)), color, -1, cv2.LINE_AA, 4)
