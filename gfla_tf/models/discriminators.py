"""Discriminators: spectrally normalized, without normalization layers, with one logit per patch."""

from collections.abc import Sequence

import keras
from keras import ops

from gfla_tf.errors import GflaError
from gfla_tf.layers.convolution import activation
from gfla_tf.layers.spectral_norm import SpectralConv2D, SpectralConv3D
from gfla_tf.models.channels import channels_at
from gfla_tf.models.configured import ConfiguredModel, arguments


class _Block(keras.layers.Layer):
    """act, conv1, act, conv2 (which halves the size), plus average pooling and a convolution with kernel 1."""

    def __init__(self, channels, hidden_channels, **kwargs):
        super().__init__(**kwargs)
        self.channels = channels
        self.hidden_channels = hidden_channels

    def build(self, input_shape):
        self.conv1.build(input_shape)
        self.conv2.build((*input_shape[:-1], self.hidden_channels))
        self.shortcut.build(input_shape)

    def call(self, inputs, training=False):
        x = self.conv1(activation(inputs), training=training)
        x = self.conv2(self.pad(activation(x)), training=training)
        return x + self.shortcut(self.pool(inputs), training=training)

    def pad(self, x):
        """Pads the input of conv2, where its own padding is not enough."""
        return x

    def get_config(self):
        return {**super().get_config(), "channels": self.channels, "hidden_channels": self.hidden_channels}


@keras.saving.register_keras_serializable("gfla_tf")
class DiscriminatorBlock(_Block):
    """conv 3x3, conv 4x4 with stride 2: (batch, H, W, in) -> (batch, H/2, W/2, channels)."""

    def __init__(self, channels, hidden_channels, **kwargs):
        super().__init__(channels, hidden_channels, **kwargs)
        self.conv1 = SpectralConv2D(hidden_channels, 3, padding="same", name="conv1")
        self.conv2 = SpectralConv2D(channels, 4, strides=2, padding="same", name="conv2")
        self.shortcut = SpectralConv2D(channels, 1, name="shortcut")

    def pool(self, x):
        return ops.average_pool(x, 2, 2)

    def compute_output_shape(self, input_shape):
        batch, height, width, _ = input_shape
        return (batch, height // 2, width // 2, self.channels)


@keras.saving.register_keras_serializable("gfla_tf")
class DiscriminatorBlock3D(_Block):
    """conv 3x3x3, conv 3x4x4 with stride 2 in space, unpadded in time.

    (batch, frames, H, W, in) -> (batch, frames - 2, H/2, W/2, channels).
    """

    def __init__(self, channels, hidden_channels, **kwargs):
        super().__init__(channels, hidden_channels, **kwargs)
        self.conv1 = SpectralConv3D(hidden_channels, 3, padding="same", name="conv1")
        self.conv2 = SpectralConv3D(channels, (3, 4, 4), strides=(1, 2, 2), name="conv2")
        self.shortcut = SpectralConv3D(channels, 1, name="shortcut")

    def pad(self, x):
        return ops.pad(x, [(0, 0), (0, 0), (1, 1), (1, 1), (0, 0)])

    def pool(self, x):
        return ops.average_pool(x, (3, 2, 2), (1, 2, 2))

    def compute_output_shape(self, input_shape):
        batch, frames, height, width, _ = input_shape
        return (batch, frames - 2, height // 2, width // 2, self.channels)


@keras.saving.register_keras_serializable("gfla_tf")
class MergeTime(keras.layers.Layer):
    """Makes channels of time: (batch, frames, H, W, C) -> (batch, H, W, C * frames), channel c of frame t at c * frames + t."""

    def call(self, inputs):
        _, frames, height, width, channels = inputs.shape
        moved = ops.transpose(inputs, (0, 2, 3, 4, 1))
        return ops.reshape(moved, (-1, height, width, channels * frames))

    def compute_output_shape(self, input_shape):
        batch, frames, height, width, channels = input_shape
        return (batch, height, width, channels * frames)


class _Discriminator(ConfiguredModel):
    """What the discriminators share: their size, and `training=True` for one step of power iteration in a call."""

    def __init__(self, layers, given):
        name, clip = given.pop("name"), (given["frames"],) if "frames" in given else ()
        image = x = keras.Input(
            (*clip, *given["image_size"], given["image_channels"]), name="clip" if clip else "image"
        )
        for layer in layers:
            x = layer(x)
        super().__init__(image, x, {**given, "image_size": tuple(given["image_size"])}, name=name)


def _to_logits():
    to_logit = SpectralConv2D(1, 1, name="conv", dtype="float32")
    return [keras.layers.Activation(activation, name="activation"), to_logit]


def _check_size(image_size, depth):
    if len(image_size) != 2 or any(extent <= 0 or extent % 2**depth for extent in image_size):
        raise GflaError(
            f"image_size {list(image_size)} does not fit the discriminator: height and width must be multiples of {2**depth}."
        )


@keras.saving.register_keras_serializable("gfla_tf")
class ResidualDiscriminator(_Discriminator):
    """Residual patch discriminator: (batch, H, W, image_channels) -> logits (batch, H/2^depth, W/2^depth, 1).

    >>> discriminator = gfla_tf.ResidualDiscriminator.from_preset("pose_deepfashion")
    >>> logits = discriminator(images, training=True)  # True: one step of power iteration

    Args:
        image_size: (height, width), divisible by 2^depth.
        image_channels: 3, or 6 for the two differences of three consecutive frames.
        base_channels, max_channels: width at depth d is base * min(2^d, max // base).
        depth: number of blocks; 4 for DeepFashion, 3 for Market-1501.

    Raises:
        GflaError: the image size does not fit the depth.
    """

    def __init__(
        self, image_size: Sequence[int], image_channels: int = 3, base_channels: int = 32,
        max_channels: int = 128, depth: int = 4, name: str | None = None,
    ) -> None:  # fmt: skip
        given = arguments(locals())
        _check_size(image_size, depth)
        layers, hidden = [], base_channels
        for d in range(depth):
            channels = channels_at(d, base_channels, max_channels)
            layers.append(
                DiscriminatorBlock(channels, hidden, name="block0" if d == 0 else f"encoder{d - 1}")
            )
            hidden = channels
        layers += _to_logits()
        super().__init__(layers, given)


@keras.saving.register_keras_serializable("gfla_tf")
class TemporalDiscriminator(_Discriminator):
    """Judges clips: (batch, frames, H, W, image_channels) -> logits (batch, H/2^depth, W/2^depth, 1) (TIP 2020, section 4).

    Two blocks in space and time, time merged into the channels, then blocks in space.

    Args:
        image_size: (height, width), divisible by 2^depth.
        frames: length of a clip, at least 5.
        image_channels: channels of a frame.
        base_channels, max_channels: width at depth d is base * min(2^d, max // base).
        depth: number of blocks, at least 2.

    Raises:
        GflaError: the image size does not fit the depth, or the clip or the network is too short.
    """

    def __init__(
        self, image_size: Sequence[int], frames: int = 6, image_channels: int = 3, base_channels: int = 32,
        max_channels: int = 128, depth: int = 4, name: str | None = None,
    ) -> None:  # fmt: skip
        given = arguments(locals())
        _check_size(image_size, depth)
        if frames < 5 or depth < 2:
            raise GflaError(
                f"A temporal discriminator of depth {depth} for {frames} frames cannot be built: choose a depth of 2 or more and "
                "5 frames or more, of which its two blocks in time take 4."
            )
        layers, hidden = [], base_channels
        for d in range(depth):
            channels = channels_at(d, base_channels, max_channels)
            if d < 2:
                layers.append(DiscriminatorBlock3D(channels, hidden, name=f"block{d}"))
            else:
                layers.append(DiscriminatorBlock(channels, hidden, name=f"encoder{d - 2}"))
            hidden = channels
            if d == 1:
                layers.append(MergeTime(name="merge"))
                hidden = channels * (frames - 4)
        layers += _to_logits()
        super().__init__(layers, given)


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

    def __init__(
        self, image_size: Sequence[int], image_channels: int = 3, base_channels: int = 64,
        max_channels: int = 256, depth: int = 3, name: str | None = None,
    ) -> None:  # fmt: skip
        given, layers = arguments(locals()), []

        def add(channels, strides, **options):
            layers.append(keras.layers.ZeroPadding2D(1, name=f"pad{len(layers) // 3}"))
            index = len(layers) // 3
            layers.append(
                SpectralConv2D(channels, 4, strides=strides, use_bias=False, name=f"conv{index}", **options)
            )
            layers.append(keras.layers.Activation(activation, name=f"activation{index}"))

        for d in range(depth):
            add(channels_at(d, base_channels, max_channels), 2)
        add(channels_at(depth, base_channels, max_channels), 1)
        add(1, 1, dtype="float32")
        layers.pop()  # the logit is not activated
        super().__init__(layers, given)
