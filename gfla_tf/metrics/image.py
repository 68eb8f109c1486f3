"""Scores of generated images. Arrays are (batch, H, W, 3) in [-1, 1]."""

import numpy as np
from skimage.metrics import structural_similarity

from gfla_tf.errors import GflaError


def l1(generated, target, region=None):
    """Mean absolute error, over a region (batch, H, W) if one is given: the mean over its pixels in all samples at once.

    Raises:
        GflaError: the region is empty, so that there is no mean.
    """
    if region is not None and not np.any(region):
        raise GflaError("The region of the L1 error is empty in all samples: give samples that show it.")
    error = np.abs(np.asarray(generated, np.float32) - target).mean(axis=-1)
    return float(error.mean() if region is None else error[region].mean())


def psnr(squared_error, span=2.0):
    """Peak signal-to-noise ratio in dB of a mean squared error, infinite where that is 0.

    Args:
        squared_error: of pictures in [-1, 1], or of whatever spans `span` from its least to its largest value.
        span: see above.
    """
    return float(10 * np.log10(span**2 / squared_error)) if squared_error else float("inf")


def ssim(generated, target, region=None):
    """Structural similarity as published (Wang et al., 2004: Gaussian window of deviation 1.5), the mean over samples.

    Over a region (batch, H, W) if one is given: its mean in each sample, then over those that have one.
    """
    # In [0, 1]: the luminance term compares means by their product, which says nothing around 0 and below.
    generated, target = ((np.asarray(images, np.float32) + 1) / 2 for images in (generated, target))
    settings = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    scores = []
    for number, (a, b) in enumerate(zip(generated, target, strict=True)):
        score, local = structural_similarity(a, b, channel_axis=-1, data_range=1.0, full=True, **settings)
        if region is None:
            scores.append(score)
        elif region[number].any():
            scores.append(local.mean(axis=-1)[region[number]].mean())
    return float(np.mean(scores)) if scores else float("nan")
