"""Content-aware sampling with local attention (CVPR 2020, section 3.2), without ever cutting out patches.

The definition samples an n x n patch of the source around position + flow, lets a small network compare it with the
target's patch, and returns the mean of coefficient times sample. Two identities keep it small:

- A convolution and bilinear sampling commute on the replicate-extended image, so the network's first layer runs as two
  convolutions, one of which is then warped once.
- All samples of one patch share their fractional offset, so the weighted mean is a sum over (n + 1)^2 integer positions
  whose weights are the coefficients spread over the four bilinear taps.
"""

import numpy as np
from keras import ops

from gfla_tf.ops.backend import with_compiled_form
from gfla_tf.ops.sampling import bilinear_sample, edge_pad, split_flow, weighted_taps


def patch_features(target, source, flow, kernel, bias):
    """First layer of the attention network: a dense layer over both patches, evaluated by commuting it with the warp.

    Args:
        target: (batch, H, W, C).
        source: (batch, H, W, C).
        flow: (batch, H, W, 2), from target to source, in pixels.
        kernel: (n, n, 2C, units), target channels first.
        bias: (units,).

    Returns:
        (batch, H, W, units), before the activation.
    """
    radius = kernel.shape[0] // 2
    channels = target.shape[-1]
    of_target = ops.conv(edge_pad(target, radius), kernel[:, :, :channels], padding="valid")
    # The source is extended twice: patches centered up to `radius` outside still differ from the border's own.
    of_source = ops.conv(edge_pad(source, 2 * radius), kernel[:, :, channels:], padding="valid")
    return of_target + bilinear_sample(of_source, flow, offset=radius) + bias


def spread_coefficients(coefficients, fraction, n):
    """Spreads n x n coefficients over the (n + 1)^2 integer taps of bilinear sampling.

    Args:
        coefficients: (batch, H, W, n * n), row-major.
        fraction: (x, y) of shape (batch, H, W), in [0, 1).

    Returns:
        (batch, H, W, (n + 1)^2), row-major, with the same sum.
    """
    fx, fy = (ops.expand_dims(ops.cast(f, coefficients.dtype), -1) for f in fraction)
    # Maps of (batch, H, W, taps) throughout: mobile delegates get it wrong with positions as a batch of n x n matrices.
    kept, moved = _columns(n, 0, coefficients.dtype), _columns(n, 1, coefficients.dtype)
    values = ops.conv(coefficients * (1 - fx), kept) + ops.conv(coefficients * fx, moved)
    above, below = ([(0, 0)] * 3 + [rows] for rows in ((0, n + 1), (n + 1, 0)))
    return ops.pad(values * (1 - fy), above) + ops.pad(values * fy, below)


def _columns(n, shift, dtype):
    """Kernel of the 1x1 convolution that puts n columns of n x n taps into n + 1, `shift` to the right."""
    kernel = np.kron(np.eye(n), np.eye(n, n + 1, shift))
    return ops.cast(kernel[None, None], dtype)


@with_compiled_form
def attend(source, flow, coefficients):
    """Content-aware sampling: (1 / n^2) * sum over the patch of coefficient * bilinear sample at position + flow + offset.

    The 1 / n^2 is the published network's, although its coefficients already sum to one.

    Args:
        source: (batch, H, W, C).
        flow: (batch, H, W, 2), from target to source, in pixels.
        coefficients: (batch, H, W, n * n), row-major (vertical, horizontal).

    Returns:
        (batch, H, W, C). Differentiable in source, flow and coefficients.
    """
    n = round(coefficients.shape[-1] ** 0.5)
    whole, fraction = split_flow(flow, tuple(source.shape[1:3]))
    weights = spread_coefficients(coefficients, fraction, n)
    return weighted_taps(source, weights, whole, range(-(n // 2), n // 2 + 2)) / (n * n)
