"""The generator's building blocks, all pre-activation: normalize, activate, convolve (TIP 2020, figure 3)."""

import keras
from keras import ops

from gfla_tf.layers.convolution import UpsamplingConvolution, activation, convolution, weight_initializer
from gfla_tf.layers.normalization import FoldedInstanceNormalization, InstanceNormalization
from gfla_tf.ops.backend import lowering


class _TwoConvolutions(keras.layers.Layer):
    """norm, act, first convolution, norm, act, second convolution, plus a shortcut where the subclass has one.

    Args:
        channels: of the output.
        hidden_channels: between the convolutions; None for `channels`.
        has_constant_maps: whether maps of the input are constant; see `FoldedInstanceNormalization`.
        normalize: False leaves the normalizations out, so that brightness and contrast of the input survive.
    """

    def __init__(self, channels, hidden_channels=None, has_constant_maps=False, normalize=True, **kwargs):
        super().__init__(**kwargs)
        self.has_constant_maps = has_constant_maps
        self.normalize = normalize
        self.channels = channels
        self.hidden_channels = channels if hidden_channels is None else hidden_channels
        self.norm1 = self.norm2 = None
        if normalize:
            first_norm = FoldedInstanceNormalization if has_constant_maps else InstanceNormalization
            self.norm1 = first_norm(name="norm1")
            self.norm2 = InstanceNormalization(name="norm2")
        self.shortcut = None

    def build(self, input_shape):
        hidden_shape = self.conv1.compute_output_shape(input_shape)
        self.conv1.build(input_shape)
        self.conv2.build(hidden_shape)
        if self.normalize:
            self.norm1.build(input_shape)
            self.norm2.build(hidden_shape)
        if self.shortcut is not None:
            self.shortcut.build(input_shape)

    def call(self, inputs):
        return self.conv2(self._hidden(inputs))

    def _hidden(self, inputs):
        """What the second convolution takes."""
        x = self.conv1(activation(self.norm1(inputs) if self.normalize else inputs))
        return activation(self.norm2(x) if self.normalize else x)

    def compute_output_shape(self, input_shape):
        return self.conv2.compute_output_shape(self.conv1.compute_output_shape(input_shape))

    def get_config(self):
        return {
            **super().get_config(),
            "channels": self.channels,
            "hidden_channels": self.hidden_channels,
            "has_constant_maps": self.has_constant_maps,
            "normalize": self.normalize,
        }


@keras.saving.register_keras_serializable("gfla_tf")
class EncoderBlock(_TwoConvolutions):
    """Halves the size: (batch, H, W, in) -> (batch, H/2, W/2, channels). Its hidden width is `channels`, without a shortcut.

    A list of maps is their concatenation, but each is normalized and convolved by itself: what belongs to a source that stays can
    then be computed once, for many targets.
    """

    def __init__(self, channels, hidden_channels=None, **kwargs):
        super().__init__(channels, hidden_channels, **kwargs)
        self.conv1 = convolution(self.hidden_channels, 4, 2, name="conv1")
        self.conv2 = convolution(channels, 3, name="conv2")

    def build(self, input_shape):
        super().build(_joined(input_shape))

    def call(self, inputs):
        if not isinstance(inputs, list):
            return super().call(inputs)
        x, first = self.conv1.bias, 0
        for part in inputs:
            channels = slice(first, first := first + part.shape[-1])
            part = activation(self.norm1(part, channels=channels) if self.normalize else part)
            x = x + ops.conv(part, self.conv1.kernel[:, :, channels], strides=2, padding="same")
        return self.conv2(activation(self.norm2(x) if self.normalize else x))

    def compute_output_shape(self, input_shape):
        return super().compute_output_shape(_joined(input_shape))


def _joined(shapes):
    """The shape of a map, or of the concatenation of a list of maps."""
    if not isinstance(shapes[0], (list, tuple)):
        return shapes
    return (*shapes[0][:-1], sum(shape[-1] for shape in shapes))


@keras.saving.register_keras_serializable("gfla_tf")
class ResBlock(_TwoConvolutions):
    """Residual block at one size; the shortcut is a 1x1 convolution where the width changes, else the identity."""

    def __init__(self, channels, hidden_channels=None, **kwargs):
        super().__init__(channels, hidden_channels, **kwargs)
        self.conv1 = convolution(self.hidden_channels, 3, name="conv1")
        self.conv2 = convolution(channels, 3, name="conv2")

    def build(self, input_shape):
        if input_shape[-1] != self.channels:
            self.shortcut = convolution(self.channels, 1, name="shortcut")
        super().build(input_shape)

    def call(self, inputs):
        return super().call(inputs) + (inputs if self.shortcut is None else self.shortcut(inputs))


@keras.saving.register_keras_serializable("gfla_tf")
class DecoderBlock(_TwoConvolutions):
    """Doubles the size: (batch, H, W, in) -> (batch, 2H, 2W, channels), both paths by transposed convolution."""

    def __init__(self, channels, hidden_channels=None, **kwargs):
        super().__init__(channels, hidden_channels, **kwargs)
        self.conv1 = convolution(self.hidden_channels, 3, name="conv1")
        self.conv2 = UpsamplingConvolution(channels, name="conv2")
        self.shortcut = UpsamplingConvolution(channels, name="shortcut")

    def call(self, inputs):
        if lowering() != "cpu":
            return super().call(inputs) + self.shortcut(inputs)
        from gfla_tf.ops.cpu_lowering import (
            upsampling_convolution,  # of TensorFlow, which other backends may lack
        )

        layers = [self.conv2.convolution, self.shortcut.convolution]
        return upsampling_convolution(
            [self._hidden(inputs), inputs],
            [layer.kernel for layer in layers],
            [layer.bias for layer in layers],
        )


def _reflect_pad(x):
    """`x` with the next to last pixel before each border repeated behind it.

    In graphs for phones by slices and concatenations: no CPU kernel of LiteRT's fast ones takes MIRROR_PAD.
    """
    if lowering() is None:
        return ops.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)], mode="reflect")
    height, width = x.shape[1:3]
    x = ops.concatenate([x[:, 1:2], x, x[:, height - 2 : height - 1]], axis=1)
    return ops.concatenate([x[:, :, 1:2], x, x[:, :, width - 2 : width - 1]], axis=2)


class _ReflectConvolution(keras.layers.Layer):
    """act, reflect-pad 1, convolution 3x3."""

    def __init__(self, channels, **kwargs):
        super().__init__(**kwargs)
        self.channels = channels
        self.convolution = keras.layers.Conv2D(
            channels,
            3,
            kernel_initializer=weight_initializer(),
            name="convolution",
            dtype=self.dtype_policy,
        )

    def build(self, input_shape):
        batch, height, width, channels = input_shape
        self.convolution.build((batch, height + 2, width + 2, channels))  # of the padded map

    def call(self, inputs):
        return self.convolution(_reflect_pad(activation(inputs)))

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.channels)

    def get_config(self):
        return {**super().get_config(), "channels": self.channels}


@keras.saving.register_keras_serializable("gfla_tf")
class Jump(_ReflectConvolution):
    """Skip connection of the flow estimator: activation and a reflect-padded 3x3 convolution, same size and width."""


@keras.saving.register_keras_serializable("gfla_tf")
class ImageOutput(_ReflectConvolution):
    """Last block of a generator: activation, reflect-padded 3x3 convolution, tanh. (batch, H, W, in) -> RGB in [-1, 1]."""

    def __init__(self, channels=3, **kwargs):
        super().__init__(channels, **kwargs)

    def call(self, inputs):
        return ops.tanh(super().call(inputs))
