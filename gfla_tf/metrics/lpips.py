"""LPIPS, the perceptual distance of Zhang et al. (CVPR 2018), on TensorFlow: AlexNet or VGG16 with the published weights.

For each of five layers: features divided by their length at every position, squared differences weighted by the learned linear
layer, the mean over positions; the sum over layers. Equal to the package `lpips` 0.1 to 1e-5.
"""

import numpy as np
from keras import ops

from gfla_tf.errors import GflaError, reason_of
from gfla_tf.metrics.lpips_weights import SCALE, SHIFT, LpipsWeights, lpips_weights_file, read_lpips_weights

_BATCH = 16
# Convolutions before each feature, and the pooling before the next convolution, as (size, stride).
_BLOCKS = {5: (1, 1, 1, 1, 1), 13: (2, 2, 3, 3, 3)}
_ALEXNET_POOLED = (0, 1)  # blocks of AlexNet that a pooling follows


class Lpips:
    """The distance of two batches of images.

    Args:
        weights: `LpipsWeights` of AlexNet or of VGG16.

    Example:
        >>> lpips = Lpips(read_lpips_weights("alexnet", path))
        >>> lpips(generated, target)  # two (batch, H, W, 3) in [-1, 1] -> (batch,) float64
    """

    def __init__(self, weights: LpipsWeights):
        self._convolutions = [tuple(map(ops.convert_to_tensor, pair)) for pair in weights.convolutions]
        self._linear = [ops.convert_to_tensor(each) for each in weights.linear]
        self.digest = weights.digest

    def __call__(self, first, second):
        first, second = (np.asarray(images, np.float32) for images in (first, second))
        parts = [
            self._distance(first[i : i + _BATCH], second[i : i + _BATCH])
            for i in range(0, len(first), _BATCH)
        ]
        return np.concatenate(parts).astype(np.float64)

    def features(self, images):
        """The five features of images (batch, H, W, 3) in [-1, 1]: list of (batch, h, w, channels) tensors.

        VGG16's are relu1_2, relu2_2, relu3_3, relu4_3 and relu5_3; AlexNet's relu1 to relu5.
        """
        x = (ops.cast(images, "float32") - SHIFT) / SCALE
        convolutions, features = iter(self._convolutions), []
        is_alexnet = len(self._convolutions) == 5
        for block, count in enumerate(_BLOCKS[len(self._convolutions)]):
            for _ in range(count):
                x = _convolution(x, *next(convolutions), stride=4 if is_alexnet and block == 0 else 1)
            features.append(x)
            if not is_alexnet:
                x = ops.max_pool(x, 2, 2)
            elif block in _ALEXNET_POOLED:
                x = ops.max_pool(x, 3, 2)
        return features

    def pooled(self, images):
        """The mean over positions of the last feature: (batch, channels) float64; VGG16's has 512 channels."""
        images = np.asarray(images, np.float32)
        parts = [
            ops.convert_to_numpy(ops.mean(self.features(images[i : i + _BATCH])[-1], axis=(1, 2)))
            for i in range(0, len(images), _BATCH)
        ]
        return np.concatenate(parts).astype(np.float64)

    def _distance(self, first, second):
        total = 0.0
        for a, b, linear in zip(self.features(first), self.features(second), self._linear, strict=True):
            difference = ops.square(_unit(a) - _unit(b))
            total += ops.mean(ops.sum(difference * linear, axis=-1), axis=(1, 2))
        return ops.convert_to_numpy(total)


def _convolution(x, kernel, bias, stride):
    """A convolution with half the kernel as padding, as PyTorch's (2 for the 11 x 11 of AlexNet), and ReLU."""
    pad = 2 if kernel.shape[0] == 11 else kernel.shape[0] // 2
    x = ops.pad(x, [(0, 0), (pad, pad), (pad, pad), (0, 0)])
    return ops.relu(ops.conv(x, kernel, strides=stride, padding="valid", data_format="channels_last") + bias)


def _unit(features):
    return features / (ops.sqrt(ops.sum(ops.square(features), axis=-1, keepdims=True)) + 1e-10)


def load_lpips(network="alexnet", path=None):
    """The distance with the published weights, from `path` or from where `lpips_weights_file` finds them.

    Returns:
        a function from two (batch, H, W, 3) arrays in [-1, 1] to the mean distance, or a string that says why there is none.
    """
    try:
        distances = Lpips(read_lpips_weights(network, path or lpips_weights_file(network)))
    except GflaError as error:
        return reason_of(error)
    return lambda first, second: float(np.mean(distances(first, second)))
