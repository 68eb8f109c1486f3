"""Normalization by the statistics of the sample itself: of images per channel, of sequences as a whole."""

import keras
from keras import ops

from gfla_tf.ops.backend import lowering, may_be_half


def _mean(x):
    """Mean over axes 1 and 2. One after the other: in one go, TensorFlow loses a digit over large maps."""
    return ops.mean(ops.mean(x, axis=2, keepdims=True), axis=1, keepdims=True)


def standardize(inputs, epsilon):
    """(x - mean) / sqrt(variance + epsilon) with float32 statistics over axes 1 and 2, in the type of `inputs`."""
    x = ops.cast(inputs, "float32")
    centered, scale = _in_range(x - _mean(x))
    variance = _mean(ops.square(centered))
    return ops.cast(centered * ops.rsqrt(variance + epsilon * scale * scale), inputs.dtype)


def _in_range(centered):
    """`centered` times a scale for each map, and the scale: 1, or on phones what keeps the squares within half precision."""
    if not may_be_half():
        return centered, 1.0
    largest = ops.max(ops.abs(centered), axis=(1, 2), keepdims=True)
    scale = 8.0 / ops.maximum(largest, 0.01)
    return centered * scale, scale


@keras.saving.register_keras_serializable("gfla_tf")
class InstanceNormalization(keras.layers.Layer):
    """(x - mean) / sqrt(variance + epsilon) * gamma + beta, with the statistics of each sample and channel.

    Input and output: (batch, height, width, channels). Statistics are computed in float32 and are the sample's own in
    training and in inference alike.
    """

    def __init__(self, epsilon=1e-5, **kwargs):
        super().__init__(**kwargs)
        self.epsilon = epsilon

    def build(self, input_shape):
        channels = input_shape[-1]
        self.gamma = self.add_weight(name="gamma", shape=(channels,), initializer="ones")
        self.beta = self.add_weight(name="beta", shape=(channels,), initializer="zeros")

    def call(self, inputs, channels=slice(None)):
        """Normalizes `inputs`, or those of its channels that `channels` selects, if `inputs` are only those."""
        gamma, beta = self.gamma[channels], self.beta[channels]
        if lowering() == "cpu" and len(inputs.shape) == 4:
            from gfla_tf.ops.cpu_lowering import normalize  # of TensorFlow, which other backends may lack

            return normalize(inputs, gamma, beta, self.epsilon)
        return standardize(inputs, self.epsilon) * gamma + beta

    def get_config(self):
        return {**super().get_config(), "epsilon": self.epsilon}


@keras.saving.register_keras_serializable("gfla_tf")
class FoldedInstanceNormalization(InstanceNormalization):
    """The same as x * scale + (beta - mean * scale), scale = gamma / sqrt(variance + epsilon), as the published networks do it.

    On constant maps the scale is 316 gamma, and so beta is rounded to 3e-5: less accurate than `InstanceNormalization`, but what
    the published view generator, which starts from constant maps, gives. Later norms make 4e-4 of it in the image.
    """

    def call(self, inputs):
        x = ops.cast(inputs, "float32")
        mean = _mean(x)
        centered, within = _in_range(x - mean)
        scale = self.gamma * within * ops.rsqrt(_mean(ops.square(centered)) + self.epsilon * within * within)
        return ops.cast(x * scale + (self.beta - mean * scale), inputs.dtype)


@keras.saving.register_keras_serializable("gfla_tf")
class SequenceNormalization(InstanceNormalization):
    """The same for (batch, time, channels), with the statistics of each sample over time and channels together."""


@keras.saving.register_keras_serializable("gfla_tf")
class AdaptiveNormalization(keras.layers.Layer):
    """x standardized over time and channels, times 1 + gamma, plus beta, where a feature of the sequence decides gamma and beta.

    gamma, beta = linear(relu(linear(feature, hidden_units))). Call with `(x, feature)`: (batch, time, channels) and
    (batch, any); returns (batch, time, channels).

    Args:
        hidden_units: width of the layer that gamma and beta share.
        kernel_initializer: of the kernels of the three layers.
    """

    def __init__(self, hidden_units=128, epsilon=1e-5, kernel_initializer="glorot_uniform", **kwargs):
        super().__init__(**kwargs)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.hidden_units = hidden_units
        self.epsilon = epsilon

    def build(self, inputs_shape, feature_shape):
        def linear(units, name, **options):
            kernels = self.kernel_initializer.clone()
            return keras.layers.Dense(units, kernel_initializer=kernels, name=name, **options)

        self.shared = linear(self.hidden_units, "shared", activation="relu")
        self.gamma = linear(inputs_shape[-1], "gamma")
        self.beta = linear(inputs_shape[-1], "beta")
        self.shared.build(feature_shape)
        for layer in (self.gamma, self.beta):
            layer.build((feature_shape[0], self.hidden_units))

    def call(self, inputs, feature):
        hidden = self.shared(feature)
        gamma, beta = (layer(hidden)[:, None, :] for layer in (self.gamma, self.beta))
        return standardize(inputs, self.epsilon) * (1 + gamma) + beta

    def compute_output_shape(self, inputs_shape, feature_shape):
        return tuple(inputs_shape)

    def get_config(self):
        return {
            **super().get_config(),
            "hidden_units": self.hidden_units,
            "epsilon": self.epsilon,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }
