"""Scores of flow fields against a true flow."""

import cv2
import numpy as np

from gfla_tf.errors import GflaError


def upsample_flow(flow, image_size):
    """A level's flow at the size of the image, in pixels of the image: (batch, h, w, 2) -> (batch, H, W, 2), bilinear."""
    height, width = image_size
    scale = np.float32(height / flow.shape[1])
    return np.stack([cv2.resize(np.asarray(f, np.float32) * scale, (width, height)) for f in flow])


def end_point_error(flow, true_flow, visibility):
    """Mean Euclidean distance in pixels between two flows (batch, H, W, 2) over the visible positions (batch, H, W).

    Raises:
        GflaError: no position is visible, so that there is no mean.
    """
    if not np.any(visibility):
        raise GflaError(
            "No position of these flows is visible, so they have no error: give samples that overlap."
        )
    distance = np.linalg.norm(np.asarray(flow, np.float32) - true_flow, axis=-1)
    return float(distance[visibility].mean())
