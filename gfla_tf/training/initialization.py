"""Initial weights for training runs of minutes, not weeks."""

from gfla_tf.layers.convolution import INITIAL_GAIN
from gfla_tf.models.source_encoder import SourceEncoder
from gfla_tf.models.texture_head import TextureHead


def scale_initial_kernels(generator, gain):
    """Turns the initial kernels of an untrained generator into orthogonal ones of another gain.

    The published gain keeps the first updates tiny: flow heads, whose inputs are not normalized, then need thousands of steps to
    reach flows of several pixels. With a gain of 1 they need hundreds.

    Local attention divides what it samples by n^2. Where a source encoder does not normalize, its first block is scaled up by
    that much, so that what is sampled weighs as much as what is drawn from the start. A `TextureHead` is as it began.
    """
    own = {
        id(weight) for part in generator.layers if isinstance(part, TextureHead) for weight in part.weights
    }
    for weight in generator.trainable_weights:
        if len(weight.shape) > 1 and id(weight) not in own:
            weight.assign(weight * (gain / INITIAL_GAIN))
    if getattr(generator, "attention", "local") != "local":  # an ablation of the pose generator
        return
    for part in generator.layers:
        if isinstance(part, SourceEncoder) and not part.normalize:
            kernel = part.get_layer("block0").conv2.kernel
            kernel.assign(kernel * max(generator.attention_kernels.values()) ** 2)
