"""A vector spread over a map."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("gfla_tf")
class Tile(keras.layers.Layer):
    """Repeats a vector at every position: (batch, channels) -> (batch, height, width, channels).

    Args:
        size: (height, width).
    """

    def __init__(self, size, **kwargs):
        super().__init__(**kwargs)
        self.size = tuple(size)

    def call(self, inputs):
        return ops.tile(inputs[:, None, None, :], (1, *self.size, 1))

    def compute_output_shape(self, input_shape):
        batch, channels = input_shape
        return (batch, *self.size, channels)

    def get_config(self):
        return {**super().get_config(), "size": self.size}
