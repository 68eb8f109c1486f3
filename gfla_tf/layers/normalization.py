"""Instance normalisation with affine parameters."""

import keras
from keras import ops


def _mean(x):
    """Mean over height and width. Row by row: in one go, TensorFlow loses a digit over large maps."""
    return ops.mean(ops.mean(x, axis=2, keepdims=True), axis=1, keepdims=True)


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

    def call(self, inputs):
        x = ops.cast(inputs, "float32")
        centred = x - _mean(x)
        variance = _mean(ops.square(centred))
        normalised = ops.cast(centred * ops.rsqrt(variance + self.epsilon), inputs.dtype)
        return normalised * self.gamma + self.beta

    def get_config(self):
        return {**super().get_config(), "epsilon": self.epsilon}
