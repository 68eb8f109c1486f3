"""Resize filters by name: scores depend on them more than on many a method, so that a protocol has to name its own.

Pillow's filters widen with the reduction (antialias); `torch_bilinear` (PyTorch's interpolate) and `tensorflow1_bilinear` (which
also takes positions from pixel corners) do not. See Parmar et al., "On aliased resizing" (CVPR 2022).
"""

import cv2
import numpy as np
from PIL import Image

from gfla_tf.errors import GflaError

_PILLOW = {
    "pillow_nearest": Image.Resampling.NEAREST,
    "pillow_bilinear": Image.Resampling.BILINEAR,
    "pillow_bicubic": Image.Resampling.BICUBIC,
    "pillow_lanczos": Image.Resampling.LANCZOS,
}
FILTERS = (*_PILLOW, "torch_bilinear", "tensorflow1_bilinear")


def resize(picture, size, name):
    """A picture at another size, by the filter called `name`.

    Args:
        picture: uint8 (H, W, 3).
        size: (height, width).
        name: one of `FILTERS`.

    Returns:
        float32 (height, width, 3) in [0, 255]; whole numbers from Pillow, which works on 8 bits.

    Raises:
        GflaError: there is no such filter.
    """
    if name not in FILTERS:
        raise GflaError(f"There is no resize filter {name!r}: choose one of {', '.join(FILTERS)}.")
    if picture.shape[:2] == tuple(size):
        return picture.astype(np.float32)
    height, width = size
    if name in _PILLOW:
        resized = Image.fromarray(picture).resize((width, height), _PILLOW[name])
        return np.asarray(resized, np.float32)
    values = picture.astype(np.float32)
    if name == "torch_bilinear":
        return cv2.resize(values, (width, height), interpolation=cv2.INTER_LINEAR)
    return _from_corners(_from_corners(values, height, 0), width, 1)


def _from_corners(values, extent, axis):
    """Linear interpolation along one axis at positions i * old / new, the last value repeated."""
    old = values.shape[axis]
    positions = np.arange(extent, dtype=np.float32) * np.float32(old / extent)
    low = np.floor(positions).astype(int)
    high = np.minimum(low + 1, old - 1)
    share = (positions - low).reshape(-1, *([1] * (values.ndim - 1 - axis)))
    first, second = np.take(values, low, axis), np.take(values, high, axis)
    return first + (second - first) * share.astype(np.float32)
