"""Scores of generated sequences over time."""

import cv2
import numpy as np


def warp(image, flow):
    """`image` (H, W, channels) looked up bilinearly at p + flow(p), flow (H, W, 2) in pixels; float32, replicated border."""
    height, width = flow.shape[:2]
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    flow = np.asarray(flow, np.float32)
    return cv2.remap(
        np.asarray(image, np.float32), x + flow[..., 0], y + flow[..., 1], cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip


def warping_error(generated, flow_previous, visibility):
    """How much a sequence flickers: the mean of |generated_k - generated_(k-1) warped by the true flow| where that is visible.

    Args:
        generated: (T, H, W, 3) in [-1, 1].
        flow_previous: (T, H, W, 2), true, from each frame to the one before, in pixels; that of the first frame is not used.
        visibility: (T, H, W), where the frame before shows what the frame shows.

    Returns:
        The mean over channels and over all visible positions of the frames from the second on at once; NaN if there is none.
    """
    errors = [
        np.abs(generated[k] - warp(generated[k - 1], flow_previous[k]))[visibility[k].astype(bool)]
        for k in range(1, len(generated))
    ]
    errors = np.concatenate([np.zeros((0, 3)), *errors])
    return float(errors.mean()) if errors.size else float("nan")
