"""Instance normalisation with affine parameters."""

import keras
from keras import ops


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
        centred = x - ops.mean(x, axis=(1, 2), keepdims=True)
        variance = ops.mean(ops.square(centred), axis=(1, 2), keepdims=True)
        normalised = ops.cast(centred * ops.rsqrt(variance + self.epsilon), inputs.dtype)
        return normalised * self.gamma + self.beta

    def get_config(self):
        return {**super().get_config(), "epsilon": self.epsilon}
