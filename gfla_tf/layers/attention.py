"""Layers that bring source features to where the target wants them: local attention and the ablations it is compared with."""

import keras
from keras import ops

from gfla_tf.layers.convolution import activation, convolution, weight_initializer
from gfla_tf.ops.backend import form_for, require_sampler
from gfla_tf.ops.local_attention import attend, patch_features
from gfla_tf.ops.sampling import bilinear_sample


@keras.saving.register_keras_serializable("gfla_tf")
class LocalAttention(keras.layers.Layer):
    """Samples source features by content around where the flow points (CVPR 2020, section 3.2, equations 8 to 11).

    Call with `(target, source, flow)`: two (batch, H, W, C) and one (batch, H, W, 2) in pixels. Returns the attended
    features (batch, H, W, C) and the coefficients (batch, H, W, n * n), row-major, which sum to one. In mixed precision flow and
    coefficients stay float32.

    Args:
        kernel_size: n, odd: the patch is n x n.
        units: width of the layer that compares the two patches.

    Attributes:
        sampler: the form of the samplers that the last call or trace took, see `gfla_tf.ops.backend`; None before the first.
    """

    def __init__(self, kernel_size, units=128, **kwargs):
        super().__init__(autocast=False, **kwargs)  # Keras would round the flow
        if kernel_size % 2 == 0:
            raise ValueError(f"kernel_size must be odd, so that a patch has a center; got {kernel_size}.")
        self.kernel_size = kernel_size
        self.units = units
        self.sampler = None

    def build(self, target_shape, source_shape=None, flow_shape=None):
        require_sampler()
        n, channels = self.kernel_size, target_shape[-1]
        self.patch_kernel = self.add_weight(
            name="patch_kernel", shape=(n, n, 2 * channels, self.units), initializer=weight_initializer()
        )
        self.patch_bias = self.add_weight(name="patch_bias", shape=(self.units,), initializer="zeros")
        self.coefficient_kernel = self.add_weight(
            name="coefficient_kernel", shape=(1, 1, self.units, n * n), initializer=weight_initializer()
        )
        self.coefficient_bias = self.add_weight(name="coefficient_bias", shape=(n * n,), initializer="zeros")

    def call(self, target, source, flow):
        target, source, *weights = (
            ops.cast(x, self.compute_dtype)
            for x in (
                target, source, self.patch_kernel, self.patch_bias, self.coefficient_kernel, self.coefficient_bias
            )
        )  # fmt: skip
        self.sampler = form_for(source)
        hidden = activation(patch_features(target, source, flow, *weights[:2]))
        logits = ops.conv(hidden, weights[2], padding="valid") + weights[3]
        coefficients = ops.softmax(ops.cast(logits, self.variable_dtype), axis=-1)
        return attend(source, flow, coefficients), coefficients

    def compute_output_shape(self, target_shape, source_shape, flow_shape):
        return tuple(target_shape), (*target_shape[:-1], self.kernel_size**2)

    def get_config(self):
        return {**super().get_config(), "kernel_size": self.kernel_size, "units": self.units}


@keras.saving.register_keras_serializable("gfla_tf")
class BilinearSampling(keras.layers.Layer):
    """The ablation without attention to content: source features warped bilinearly (CVPR 2020, section 4.3, "Bi-Sample").

    Call with `(source, flow)`; returns (batch, H, W, C). In mixed precision all of it stays float32.
    """

    def __init__(self, **kwargs):
        super().__init__(autocast=False, **kwargs)

    def call(self, source, flow):
        return bilinear_sample(source, flow)

    def compute_output_shape(self, source_shape, flow_shape):
        return tuple(source_shape)


@keras.saving.register_keras_serializable("gfla_tf")
class GlobalAttention(keras.layers.Layer):
    """The ablation without a flow: every target position attends to every source position (CVPR 2020, section 4.3).

    Call with `(target, source)`, both (batch, H, W, C); returns target + scale * attended source values, where scale is
    learned and starts at zero. Memory grows with (H * W)^2.
    """

    def build(self, target_shape, source_shape=None):
        channels = target_shape[-1]
        self.query = convolution(max(channels // 8, 1), 1, name="query")
        self.key = convolution(max(channels // 8, 1), 1, name="key")
        self.value = convolution(channels, 1, name="value")
        for layer in (self.query, self.key, self.value):
            layer.build(target_shape)
        self.scale = self.add_weight(name="scale", shape=(1,), initializer="zeros")

    def call(self, target, source):
        height, width = target.shape[1:3]
        query, key, value = (
            ops.reshape(layer(x), (-1, height * width, layer.filters))
            for layer, x in ((self.query, target), (self.key, source), (self.value, source))
        )
        attention = ops.softmax(ops.matmul(query, ops.transpose(key, (0, 2, 1))), axis=-1)
        attended = ops.reshape(ops.matmul(attention, value), (-1, height, width, target.shape[-1]))
        return target + self.scale * attended

    def compute_output_shape(self, target_shape, source_shape):
        return tuple(target_shape)
