"""Discriminators: spectrally normalised, without normalisation layers, with one logit per patch."""

import keras
from keras import ops

from gfla_tf.layers.convolution import activation
from gfla_tf.layers.spectral_norm import SpectralConv2D
from gfla_tf.models.widths import width


@keras.saving.register_keras_serializable("gfla_tf")
class DiscriminatorBlock(keras.layers.Layer):
    """act, conv 3x3, act, conv 4x4 with stride 2, plus average pooling and conv 1x1: (batch, H, W, in) -> (batch, H/2, W/2, channels)."""

    def __init__(self, channels, hidden_channels, **kwargs):
        super().__init__(**kwargs)
        self.channels = channels
        self.hidden_channels = hidden_channels
        self.conv1 = SpectralConv2D(hidden_channels, 3, padding="same", name="conv1")
        self.conv2 = SpectralConv2D(channels, 4, strides=2, padding="same", name="conv2")
        self.shortcut = SpectralConv2D(channels, 1, name="shortcut")

    def build(self, input_shape):
        self.conv1.build(input_shape)
        self.conv2.build((*input_shape[:-1], self.hidden_channels))
        self.shortcut.build(input_shape)

    def call(self, inputs, training=False):
        x = self.conv1(activation(inputs), training=training)
        x = self.conv2(activation(x), training=training)
        return x + self.shortcut(ops.average_pool(inputs, 2, 2), training=training)

    def compute_output_shape(self, input_shape):
        batch, height, width, _ = input_shape
        return (batch, height // 2, width // 2, self.channels)

    def get_config(self):
        return {**super().get_config(), "channels": self.channels, "hidden_channels": self.hidden_channels}


class _Discriminator(keras.Model):
    """What the discriminators share: their size, and `training=True` for one step of power iteration in a call."""

    def __init__(self, layers, image_size, image_channels, base_channels, max_channels, depth, **kwargs):
        image = x = keras.Input((*image_size, image_channels), name="image")
        for layer in layers:
            x = layer(x)
        super().__init__(image, x, **kwargs)

        # === Config ===
        self.image_size = tuple(image_size)
        self.image_channels = image_channels
        self.base_channels = base_channels
        self.max_channels = max_channels
        self.depth = depth

    def get_config(self):
        return {
            "name": self.name,
            "image_size": self.image_size,
            "image_channels": self.image_channels,
            "base_channels": self.base_channels,
            "max_channels": self.max_channels,
            "depth": self.depth,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        return cls(**config)


@keras.saving.register_keras_serializable("gfla_tf")
class ResidualDiscriminator(_Discriminator):
    """Residual patch discriminator: (batch, H, W, image_channels) -> logits (batch, H/2^depth, W/2^depth, 1).

    Args:
        image_size: (height, width), divisible by 2^depth.
        image_channels: 3, or 6 for the two differences of three consecutive frames.
        base_channels, max_channels: width at depth d is base * min(2^d, max // base).
        depth: number of blocks; 4 for DeepFashion, 3 for Market-1501.
    """

    def __init__(self, image_size, image_channels=3, base_channels=32, max_channels=128, depth=4, **kwargs):
        layers, hidden = [], base_channels
        for d in range(depth):
            channels = width(d, base_channels, max_channels)
            layers.append(
                DiscriminatorBlock(channels, hidden, name="block0" if d == 0 else f"encoder{d - 1}")
            )
            hidden = channels
        layers.append(keras.layers.Activation(activation, name="activation"))
        layers.append(SpectralConv2D(1, 1, name="conv"))
        super().__init__(layers, image_size, image_channels, base_channels, max_channels, depth, **kwargs)


@keras.saving.register_keras_serializable("gfla_tf")
class PatchDiscriminator(_Discriminator):
    """PatchGAN: conv 4x4 without biases, `depth` of them with stride 2, then one with stride 1 and one to a logit.

    (batch, H, W, image_channels) -> logits, at the published size (batch, H/8 - 2, W/8 - 2, 1).

    Args:
        image_size: (height, width).
        image_channels: channels of the image.
        base_channels, max_channels: width at depth d is base * min(2^d, max // base).
        depth: number of convolutions with stride 2.
    """

    def __init__(self, image_size, image_channels=3, base_channels=64, max_channels=256, depth=3, **kwargs):
        layers = []

        def add(channels, strides):
            layers.append(keras.layers.ZeroPadding2D(1, name=f"pad{len(layers) // 3}"))
            index = len(layers) // 3
            layers.append(SpectralConv2D(channels, 4, strides=strides, use_bias=False, name=f"conv{index}"))
            layers.append(keras.layers.Activation(activation, name=f"activation{index}"))

        for d in range(depth):
            add(width(d, base_channels, max_channels), 2)
        add(width(depth, base_channels, max_channels), 1)
        add(1, 1)
        layers.pop()  # the logit is not activated
        super().__init__(layers, image_size, image_channels, base_channels, max_channels, depth, **kwargs)
