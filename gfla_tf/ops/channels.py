"""Choosing channels of maps that have few, as pictures have.

In graphs for CPUs this is done by 1x1 convolutions with zeros and ones, exactly: LiteRT's CPU kernels go through maps of few
channels pixel by pixel where they slice, multiply one channel with three, or take the softmax, three times as long and more
(`gfla profile`). Other graphs do without: LiteRT.js' WebGPU accepts such convolutions, and draws another picture
(tests/test_page.py would see it).
"""

import functools

import numpy as np
from keras import ops

from gfla_tf.ops.backend import lowering

FEW = 4  # channels of what is no map of features but a picture


def select(maps, first, last):
    """Channels `first` to `last` (exclusive) of finite maps (batch, H, W, channels)."""
    if lowering() != "cpu":
        return maps[..., first:last]
    return _mixed(maps, np.eye(maps.shape[-1])[:, first:last])


def spread(maps, index, channels):
    """Channel `index` of finite maps (batch, H, W, any), to be multiplied with (batch, H, W, channels)."""
    if lowering() != "cpu" or channels > FEW:
        return maps[..., index : index + 1]
    return _mixed(maps, np.outer(np.arange(maps.shape[-1]) == index, np.ones(channels)))


def softmax(maps):
    """Softmax over the channels of finite maps (batch, H, W, at most FEW)."""
    if lowering() != "cpu":
        return ops.softmax(maps, axis=-1)
    count = maps.shape[-1]
    largest = functools.reduce(ops.maximum, [spread(maps, index, count) for index in range(count)])
    shares = ops.exp(maps - largest)
    return shares / _mixed(shares, np.ones((count, count)))


def _mixed(maps, matrix):
    """Products of every pixel's channels with a matrix of zeros and ones."""
    return ops.conv(maps, ops.cast(matrix[None, None], maps.dtype))
