"""Losses that train the flow: sampling correctness, affine regularization, and the error where the true flow is known."""

import math

import numpy as np
from keras import ops

from gfla_tf.ops.sampling import gaussian_sample


def _unit(features):
    norm = ops.sqrt(ops.sum(ops.square(features), axis=-1, keepdims=True))
    return features / ops.maximum(norm, 1e-8)


def resize_nearest(x, size):
    """(batch, h, w, channels) at another `size`: position i takes position floor(i h / height), values unscaled."""
    for axis, extent in ((1, size[0]), (2, size[1])):
        if x.shape[axis] != extent:
            x = ops.take(x, np.arange(extent) * x.shape[axis] // extent, axis=axis)
    return x


def best_similarity(source_features, target_features):
    """c_max: the largest cosine that any source position reaches at each target position, (batch, H, W)."""
    batch, height, width, channels = ops.shape(target_features)
    source = ops.reshape(_unit(source_features), (batch, -1, channels))
    target = ops.reshape(_unit(target_features), (batch, -1, channels))
    cosine = ops.matmul(target, ops.transpose(source, (0, 2, 1)))
    return ops.reshape(ops.max(cosine, axis=-1), (batch, height, width))


def mask_weight(mask, size):
    """A mask (batch, h, w, 1) at the size (height, width) of features: (batch, height, width), float32."""
    return resize_nearest(ops.cast(mask, "float32"), size)[..., 0]


def frame_sums(x, frames):
    """Sums over all clips of each of their frames: (clips * frames, h, w), frame by frame within a clip, -> (frames,)."""
    return ops.sum(ops.reshape(x, (-1, frames, x.shape[1] * x.shape[2])), axis=(0, 2))


def sampling_correctness(
    source_features, target_features, flow, mask=None, sigma=2.0, best=None, total=None, parts=1, frames=1
):
    """How much worse the flow's choice is than the best one: mean exp(-c / c_max) - 1/e (CVPR 2020, equation 3).

    c is the cosine of the target feature and the source feature sampled through a Gaussian window at position + flow, c_max
    the largest
    cosine over all source positions.

    Args:
        source_features, target_features: (batch, H, W, channels).
        flow: (batch, h, w, 2), resized to the features by nearest neighbor with unscaled values.
        mask: optional (batch, h', w', 1), resized likewise; the mean is then weighted, over the whole batch at once.
        sigma: standard deviation of the sampling window in pixels of the features.
        best: c_max if it is known, see `best_similarity`.
        total: `frame_sums` of `mask_weight` over the whole batch, of which the arguments are one of several equal parts.
        parts: how many; the mean of their losses is the loss of the whole.
        frames: of each clip in the batch, (clips * frames, ...): means are over a frame of all clips, and summed over the frames.

    Returns:
        A scalar, 0 where the flow finds the most similar feature everywhere, and where the mask leaves nothing.
    """
    size = tuple(target_features.shape[1:3])
    sampled = gaussian_sample(source_features, resize_nearest(flow, size), sigma)
    cosine = ops.sum(_unit(sampled) * _unit(target_features), axis=-1)
    if best is None:
        best = best_similarity(source_features, target_features)
    error = ops.exp(-cosine / (best + 1e-8)) - math.exp(-1)
    if mask is None:
        return frames * ops.mean(error)
    weight = mask_weight(mask, size)
    total = frame_sums(weight, frames) if total is None else total
    return parts * ops.sum(frame_sums(weight * error, frames) / (total + 1e-8))


def _affine_residual_matrix(n):
    """M = A (A^T A)^-1 A^T - I: M v is the residual of the best affine fit to an n x n window v."""
    y, x = np.mgrid[:n, :n]
    a = np.stack([x.ravel(), y.ravel(), np.ones(n * n)], axis=1)
    return (a @ np.linalg.inv(a.T @ a) @ a.T - np.eye(n * n)).astype(np.float32)


def affine_regularization(flow, n):
    """Squared residual of the best affine fit to each n x n window of position + flow (CVPR 2020, equation 5).

    Windows have stride 1 and lie fully inside the map; the residual is summed over x and y, and its mean taken over windows
    and batch.
    (An affine map absorbs the position, so the flow's own windows have the same residual.)

    Args:
        flow: (batch, H, W, 2), in pixels.
        n: size of the window, the attention kernel of the level.

    Returns:
        A scalar.
    """
    flow = ops.cast(flow, "float32")
    kernel = ops.convert_to_tensor(_affine_residual_matrix(n).reshape(n, n, 1, n * n))  # symmetric
    residual = 0
    for component in (flow[..., :1], flow[..., 1:]):
        residual = residual + ops.sum(ops.square(ops.conv(component, kernel, padding="valid")), axis=-1)
    return ops.mean(residual)


def true_level_flow(flow, visibility, level):
    """True flow at a level: the mean over the visible pixels of each 2^level block, in pixels of the level.

    Args:
        flow: (batch, H, W, 2) in pixels of the image.
        visibility: (batch, H, W), 1 where the flow's end is visible.
        level: 1, 2, ...

    Returns:
        flow (batch, H/2^level, W/2^level, 2) and a weight (batch, H/2^level, W/2^level) that is 1 where at least half the
        block is visible.
    """
    size = 2**level
    weight = ops.cast(ops.expand_dims(visibility, -1), "float32")
    share = ops.average_pool(weight, size, size)
    total = ops.average_pool(flow * weight, size, size)
    return total / ops.maximum(share, 1e-6) / size, level_visibility(visibility, level)


def level_visibility(visibility, level):
    """(batch, H, W) at a level: 1 where at least half of the 2^level block is visible, float32."""
    share = ops.average_pool(ops.cast(ops.expand_dims(visibility, -1), "float32"), 2**level, 2**level)
    return ops.cast(share[..., 0] >= 0.5, "float32")


def flow_error(flow, true_flow, visibility, level, total=None, parts=1):
    """Mean end-point error over the visible positions, in pixels of the level.

    Args:
        flow: (batch, H/2^level, W/2^level, 2), in pixels of the level.
        true_flow: (batch, H, W, 2), in pixels of the image.
        visibility: (batch, H, W, 1), 1 where the true flow's end is visible.
        level: 1, 2, ...
        total: sum of `level_visibility` over the whole batch, of which the arguments are one of several equal parts.
        parts: how many; the mean of their losses is the loss of the whole.

    Returns:
        A scalar, 0 where nothing is visible.
    """
    truth, weight = true_level_flow(true_flow, visibility[..., 0], level)
    squared = ops.sum(ops.square(ops.cast(flow, "float32") - truth), axis=-1)
    distance = ops.sqrt(squared + 1e-12)  # which has a gradient at 0
    total = ops.sum(weight) if total is None else total
    return parts * ops.sum(weight * distance) / ops.maximum(total, 1.0)
