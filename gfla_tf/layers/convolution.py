"""The convolutions of the published networks: their padding, their initialization."""

import keras
from keras import ops

INITIAL_GAIN = 0.02


def weight_initializer():
    """Orthogonal with gain 0.02, as the published networks are initialized."""
    return keras.initializers.Orthogonal(gain=INITIAL_GAIN)


def activation(x):
    """LeakyReLU with slope 0.1."""
    return ops.leaky_relu(x, negative_slope=0.1)


def convolution(channels, kernel_size, strides=1, name=None, **kwargs):
    """Conv2D whose 'same' padding equals the published networks' (3x3 pads 1; 4x4 with stride 2 pads 1 on even sizes)."""
    return keras.layers.Conv2D(
        channels, kernel_size, strides, "same", kernel_initializer=weight_initializer(), name=name, **kwargs
    )


@keras.saving.register_keras_serializable("gfla_tf")
class UpsamplingConvolution(keras.layers.Layer):
    """Transposed 3x3 convolution with stride 2 that writes input pixel n, tap t to output pixel 2n - 1 + t.

    (batch, H, W, in) -> (batch, 2H, 2W, channels). This is a 'valid' transpose without its first row and column; Keras'
    'same' transpose is shifted by a pixel.
    """

    def __init__(self, channels, **kwargs):
        super().__init__(**kwargs)
        self.channels = channels
        self.convolution = keras.layers.Conv2DTranspose(
            channels, 3, 2, "valid", kernel_initializer=weight_initializer(), name="convolution"
        )

    def build(self, input_shape):
        self.convolution.build(input_shape)

    def call(self, inputs):
        return self.convolution(inputs)[:, 1:, 1:]

    def compute_output_shape(self, input_shape):
        batch, height, width, _ = input_shape
        return (batch, 2 * height, 2 * width, self.channels)

    def get_config(self):
        return {**super().get_config(), "channels": self.channels}
