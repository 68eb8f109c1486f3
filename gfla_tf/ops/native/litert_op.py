"""The samplers as the custom operation of LiteRT that `litert_delegate.cc` runs: what a TFLite conversion is to trace.

Twins of the samplers in `keras.ops`, in float32. TensorFlow itself runs them composed. The converter, with
`allow_custom_ops`, writes one operation GflaSample(image, flow[, coefficients]) for each.
"""

import tensorflow as tf

from gfla_tf.ops import local_attention, sampling
from gfla_tf.ops.backend import sampler

_IMPLEMENTS = 'name: "GflaSample" attr { key: "tfl_fusable_op" value { b: true } }'


@tf.function(experimental_implements=_IMPLEMENTS, autograph=False)
def _bilinear(image, flow):
    with sampler("composed"):
        return sampling.bilinear_sample(image, flow, (image.shape[1] - flow.shape[1]) // 2)


@tf.function(experimental_implements=_IMPLEMENTS, autograph=False)
def _attend(source, flow, coefficients):
    n = round(coefficients.shape[-1] ** 0.5)
    with sampler("composed"):
        return local_attention.attend(source, flow, coefficients * (n * n))


def bilinear_sample(image, flow, offset=0):
    """See `gfla_tf.ops.sampling.bilinear_sample`; composed unless the image extends by `offset` on every side."""
    if any(size - extent != 2 * offset for size, extent in zip(image.shape[1:3], flow.shape[1:3])):
        with sampler("composed"):
            return sampling.bilinear_sample(image, flow, offset)
    return _bilinear(image, tf.cast(flow, image.dtype))


def attend(source, flow, coefficients):
    """See `gfla_tf.ops.local_attention.attend`."""
    n = round(coefficients.shape[-1] ** 0.5)
    share = tf.cast(coefficients, source.dtype) / (n * n)
    return _attend(source, tf.cast(flow, source.dtype), share)
