"""Scores of one generated picture against the true one, both uint8 (H, W, 3), as the papers' tables compute them.

float64 throughout; each score is one number a picture, so that tables can give means, variances and intervals.
"""

import cv2
import numpy as np
from skimage.metrics import structural_similarity

from gfla_tf.errors import GflaError
from gfla_tf.metrics import image

_GAUSSIAN = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
# Wang, Simoncelli and Bovik, "Multi-scale structural similarity" (2003): exponents from fine to coarse.
_MS_SSIM_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
_WINDOW = 11
LEAST_MS_SSIM_SIDE = (_WINDOW - 1) * 2 ** (len(_MS_SSIM_WEIGHTS) - 1) + 1  # pixels


def l1(generated, truth):
    """Mean absolute difference of values in [0, 1]."""
    return float(np.abs(_unit(generated) - _unit(truth)).mean())


def mae(generated, truth):
    """The published "MAE": sum of absolute differences over the sum of both pictures."""
    generated, truth = _unit(generated), _unit(truth)
    return float(np.abs(generated - truth).sum() / max((generated + truth).sum(), 1e-12))


def psnr(generated, truth):
    """Peak signal-to-noise ratio in dB; infinite for equal pictures."""
    return image.psnr(np.mean(np.square(_unit(generated) - _unit(truth)), dtype=np.float64), 1.0)


def ssim_uniform(generated, truth, window=51):
    """SSIM (Wang et al., 2004) in uniform windows with the sample covariance, values in [0, 1]: the published "SSIM".

    Args:
        generated, truth: uint8 (H, W, 3).
        window: side of the windows in pixels, odd; positions nearer than half of it to the border do not count.

    Raises:
        GflaError: the pictures are smaller than the window.
    """
    if min(truth.shape[:2]) < window:
        raise GflaError(
            f"SSIM in windows of {window} pixels needs larger pictures than {_size(truth)}: choose a smaller window."
        )
    return float(
        structural_similarity(_unit(generated), _unit(truth), win_size=window, data_range=1, channel_axis=-1)
    )


def ssim_gaussian(generated, truth):
    """SSIM (Wang et al., 2004) in Gaussian windows of deviation 1.5 with the population covariance."""
    return float(
        structural_similarity(_unit(generated), _unit(truth), data_range=1, channel_axis=-1, **_GAUSSIAN)
    )


def ssim_generated_range(generated, truth):
    """The published "SSIM_256": `ssim_gaussian` of values 0..255 whose range is that of the generated picture."""
    generated, truth = (np.asarray(picture, np.float64) for picture in (generated, truth))
    value_range = max(float(np.ptp(generated)), 1.0)
    return float(
        structural_similarity(generated, truth, data_range=value_range, channel_axis=-1, **_GAUSSIAN)
    )


def ms_ssim(generated, truth):
    """Multi-scale SSIM (Wang et al., 2003): five scales, Gaussian windows of 11 pixels, negative terms count as zero.

    As torchmetrics has it: contrast over windows that lie inside, the coarsest similarity with a reflected border, too.

    Raises:
        GflaError: a side is shorter than 161 pixels, so that the coarsest scale has no window.
    """
    if min(truth.shape[:2]) < LEAST_MS_SSIM_SIDE:
        raise GflaError(
            f"MS-SSIM needs pictures of at least {LEAST_MS_SSIM_SIDE} pixels a side, these have {_size(truth)}: leave it out."
        )
    a, b = _unit(generated), _unit(truth)
    score = 1.0
    for scale, weight in enumerate(_MS_SSIM_WEIGHTS):
        similarity, contrast = _similarity(a, b)
        inside = slice(_WINDOW // 2, -(_WINDOW // 2))
        is_last = scale == len(_MS_SSIM_WEIGHTS) - 1
        score *= max((similarity if is_last else contrast[inside, inside]).mean(), 0.0) ** weight
        a, b = _halved(a), _halved(b)
    return float(score)


def masked(picture, mask):
    """The picture with black where the mask (H, W) is false, as masked SSIM (Ma et al., 2017) compares it."""
    return np.where(np.asarray(mask, bool)[..., None], picture, 0).astype(np.uint8)


def _similarity(a, b):
    """SSIM and its contrast and structure term alone around each pixel, (H, W, 3) each, the border reflected."""
    mean_a, mean_b = _windowed(a), _windowed(b)
    product = mean_a * mean_b
    variances = _windowed(a * a) - mean_a**2 + _windowed(b * b) - mean_b**2
    contrast = (2 * (_windowed(a * b) - product) + 0.03**2) / (variances + 0.03**2)
    luminance = (2 * product + 0.01**2) / (mean_a**2 + mean_b**2 + 0.01**2)
    return luminance * contrast, contrast


def _windowed(values):
    kernel = cv2.getGaussianKernel(_WINDOW, 1.5, cv2.CV_64F)
    return cv2.sepFilter2D(values, cv2.CV_64F, kernel, kernel, borderType=cv2.BORDER_REFLECT_101)


def _halved(values):
    height, width = (extent // 2 * 2 for extent in values.shape[:2])
    values = values[:height, :width]
    return (values[::2, ::2] + values[1::2, ::2] + values[::2, 1::2] + values[1::2, 1::2]) / 4


def _unit(picture):
    return np.asarray(picture, np.float64) / 255


def _size(picture):
    return f"{picture.shape[1]} x {picture.shape[0]}"
