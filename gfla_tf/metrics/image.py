"""Scores of generated images. Arrays are (batch, H, W, 3) in [-1, 1]."""

import numpy as np
from skimage.metrics import structural_similarity


def l1(generated, target, region=None):
    """Mean absolute error, over a region (batch, H, W) if one is given: the mean over its pixels in all samples at once."""
    error = np.abs(np.asarray(generated, np.float32) - target).mean(axis=-1)
    return float(error.mean() if region is None else error[region].mean())


def ssim(generated, target):
    """Structural similarity as published (Wang et al., 2004: Gaussian window of deviation 1.5), the mean over samples."""
    scores = [
        structural_similarity(
            a,
            b,
            channel_axis=-1,
            data_range=2.0,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
        )
        for a, b in zip(np.asarray(generated, np.float32), np.asarray(target, np.float32), strict=True)
    ]
    return float(np.mean(scores))
