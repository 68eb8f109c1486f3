"""Distances between features of a fixed network: content and style (Johnson et al., 2016), and LPIPS (Zhang et al., 2018)."""

from keras import ops


def content_loss(generated_features, target_features):
    """Sum over layers of the mean absolute difference of features.

    Args:
        generated_features, target_features: lists of (batch, H, W, channels), layer by layer.
    """
    return sum(ops.mean(ops.abs(g - t)) for g, t in zip(generated_features, target_features, strict=True))


def gram_matrix(features):
    """Inner products of channels over all positions, divided by H * W * channels: (batch, channels, channels)."""
    batch, height, width, channels = ops.shape(features)
    flat = ops.reshape(features, (batch, height * width, channels))
    return ops.matmul(ops.transpose(flat, (0, 2, 1)), flat) / (height * width * channels)


def style_loss(generated_features, target_features):
    """Sum over layers of the mean absolute difference of Gram matrices; arguments as for `content_loss`."""
    pairs = zip(generated_features, target_features, strict=True)
    return sum(ops.mean(ops.abs(gram_matrix(g) - gram_matrix(t))) for g, t in pairs)


def lpips_loss(generated_features, target_features, linear):
    """LPIPS: sum over layers of the mean squared difference of unit features, weighted by channel.

    Args:
        generated_features, target_features: lists of (batch, H, W, channels), layer by layer.
        linear: list of (channels,) weights, see `gfla_tf.losses.vgg16`.
    """
    total = 0.0
    for drawn, wanted, weights in zip(generated_features, target_features, linear, strict=True):
        difference = ops.square(_unit(drawn) - _unit(wanted))
        total = total + ops.mean(ops.sum(difference * weights, axis=-1))
    return total


def _unit(features):
    # The sum under the root keeps the gradient finite where all features are 0.
    return features * ops.rsqrt(ops.sum(ops.square(features), axis=-1, keepdims=True) + 1e-10)
