"""Spectrally normalized convolutions that are weight-compatible with the published discriminators.

`keras.layers.SpectralNormalization` overwrites the kernel in place and lets no gradient through sigma; these keep the
stored kernel, u and v as weights and divide by sigma = u^T W v when they are called (Miyato et al., ICLR 2018).
"""

import keras
from keras import ops

from gfla_tf.layers.convolution import weight_initializer


def _normalize(vector, epsilon=1e-12):
    return vector / ops.maximum(ops.norm(vector), epsilon)


class _SpectralNorm:
    """Mixed into a Keras convolution: its kernel is divided by the kernel's largest singular value.

    W is the kernel as an (out, in * taps) matrix, the input channel varying slowest. With `training=True` one step of power
    iteration renews u and v first; gradients flow through sigma, not through u and v. In mixed precision kernel and sigma stay
    float32, and their quotient is rounded.
    """

    def __init__(self, *args, kernel_initializer=None, **kwargs):
        kernel_initializer = kernel_initializer or weight_initializer()
        super().__init__(*args, kernel_initializer=kernel_initializer, **kwargs)

    def add_weight(self, *args, **kwargs):
        return super().add_weight(*args, autocast=False, **kwargs)  # sigma is that of the kernel as it is

    def build(self, input_shape):
        super().build(input_shape)
        out = self.kernel.shape[-1]
        rest = 1
        for extent in self.kernel.shape[:-1]:
            rest *= extent

        def unit_vector(shape, dtype=None):
            return _normalize(keras.random.normal(shape, dtype=dtype))

        for name, length in (("u", out), ("v", rest)):
            weight = self.add_weight(
                name=name,
                shape=(length,),
                initializer=unit_vector,
                trainable=False,
                aggregation="only_first_replica",
                dtype="float32",
            )
            setattr(self, name, weight)

    def call(self, inputs, training=False):
        rank = self.rank
        kernel = ops.cast(self.kernel, "float32")
        matrix = ops.reshape(ops.transpose(kernel, (rank + 1, rank, *range(rank))), (kernel.shape[-1], -1))
        u, v = ops.convert_to_tensor(self.u), ops.convert_to_tensor(self.v)
        if training:
            fixed = ops.stop_gradient(matrix)
            v = _normalize(ops.matmul(ops.transpose(fixed), u))
            u = _normalize(ops.matmul(fixed, v))
            self.u.assign(u)
            self.v.assign(v)
        sigma = ops.sum(u * ops.matmul(matrix, v))
        kernel = ops.cast(kernel / sigma, self.compute_dtype)
        outputs = ops.conv(
            inputs, kernel, strides=list(self.strides), padding=self.padding, data_format=self.data_format
        )
        return outputs if self.bias is None else outputs + ops.cast(self.bias, self.compute_dtype)

    # Keras' convolutions save their kernel and bias by name, and nothing else.
    def save_own_variables(self, store):
        super().save_own_variables(store)
        store["u"], store["v"] = self.u, self.v

    def load_own_variables(self, store):
        super().load_own_variables(store)
        self.u.assign(store["u"])
        self.v.assign(store["v"])


@keras.saving.register_keras_serializable("gfla_tf")
class SpectralConv2D(_SpectralNorm, keras.layers.Conv2D):
    """`keras.layers.Conv2D` with a spectrally normalized kernel."""


@keras.saving.register_keras_serializable("gfla_tf")
class SpectralConv3D(_SpectralNorm, keras.layers.Conv3D):
    """`keras.layers.Conv3D` with a spectrally normalized kernel."""
