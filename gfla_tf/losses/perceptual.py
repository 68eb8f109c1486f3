"""Content and style: distances between features of a fixed network (Johnson et al., 2016)."""

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
