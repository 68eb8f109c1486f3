"""Dropout that is the same however a batch is shared out."""

import keras
from keras import ops

from gfla_tf.layers.noise import current_noise


@keras.saving.register_keras_serializable("gfla_tf")
class Dropout(keras.layers.Dropout):
    """`keras.layers.Dropout`, which in a step of the `Trainer` drops by the row of the batch and the step, see `Noise`.

    Keras' own would drop the same on every device. The layer is called once in a step, and its name is its own in the network.
    """

    def call(self, inputs, training=False):
        noise = current_noise()
        if noise is None or not training or not self.rate:
            return super().call(inputs, training=training)
        kept = noise.uniform(ops.shape(inputs), self.name) >= self.rate
        return ops.where(kept, inputs / (1 - self.rate), 0)
