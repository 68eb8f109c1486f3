"""Exact flow between two frames of one person: the same point of the same triangle, wherever it went."""

import numpy as np

from gfla_tf.synthetic.bodies import native
from gfla_tf.synthetic.bodies.frame import SAMPLES

_TOLERANCE = 0.1  # decimeters


def flow(source, target):
    """Where each pixel of the target lies in the source.

    Args:
        source, target: `Frame`s of one person and one camera.

    Returns:
        (H, W, 2) float32 (x, y) in pixels from target to source, multiples of 1/64, zero on the background; (H, W) bool
        visibility: whether the source shows that point.
    """
    values, visible = native.flow(
        target.center_number, target.center_barycentric, target.owner.mesh, target.screen, source.screen, SAMPLES,
        source.inverse_depth, source.number, _TOLERANCE,
    )  # fmt: skip
    return np.round(values * 64) / np.float32(64), visible
