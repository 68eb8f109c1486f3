"""The compiled samplers as TensorFlow operations: functions of the names and with the arguments of their twins in `keras.ops`.

They run on the CPU in float32 or float64 and can be differentiated once. Importing this module compiles them if need be.
"""

import tensorflow as tf

from gfla_tf.errors import GflaError
from gfla_tf.ops.native.build import build_library, forget_library


def _load():
    flags = [*tf.sysconfig.get_compile_flags(), *tf.sysconfig.get_link_flags()]
    key = [tf.__version__, tf.version.GIT_VERSION, *(flag for flag in flags if flag.startswith("-D"))]
    library = build_library("tensorflow_op.cc", flags, key)
    try:
        return tf.load_op_library(str(library)), library
    except (tf.errors.OpError, OSError):  # made for another machine
        forget_library(library)
        library = build_library("tensorflow_op.cc", flags, key)
    try:
        return tf.load_op_library(str(library)), library
    except (tf.errors.OpError, OSError) as error:
        reason = str(error).splitlines()[0]
        raise GflaError(f"{library} cannot be loaded ({reason}): remove it") from error


_operations, LIBRARY = _load()


@tf.RegisterGradient("GflaSample")
def _gradient(operation, upstream):
    image, flow, coefficients = operation.inputs
    settings = {name: operation.get_attr(name) for name in ("first", "offset", "spread")}
    # Two operations, so that a graph drops the one that nobody wants: the image is often fixed.
    to_image = _operations.gfla_sample_grad_image(tf.shape(image), flow, coefficients, upstream, **settings)
    return to_image, *_operations.gfla_sample_grad_taps(image, flow, coefficients, upstream, **settings)


def weighted_taps(image, weights, whole, taps, offset=0):
    """See `gfla_tf.ops.sampling.weighted_taps`; the taps follow one another."""
    image = tf.convert_to_tensor(image)
    flow = tf.stack([tf.cast(component, image.dtype) for component in whole], axis=-1)
    weights = tf.cast(weights, image.dtype)
    return _operations.gfla_sample(image, flow, weights, first=taps[0], offset=offset, spread=False)


def bilinear_sample(image, flow, offset=0):
    """See `gfla_tf.ops.sampling.bilinear_sample`."""
    image = tf.convert_to_tensor(image)
    return _operations.gfla_sample(
        image, tf.cast(flow, image.dtype), tf.zeros((0, 0, 0, 0), image.dtype), first=0, offset=offset
    )


def attend(source, flow, coefficients):
    """See `gfla_tf.ops.local_attention.attend`."""
    source = tf.convert_to_tensor(source)
    n = round(coefficients.shape[-1] ** 0.5)
    share = tf.cast(coefficients, source.dtype) / (n * n)
    return _operations.gfla_sample(source, tf.cast(flow, source.dtype), share, first=-(n // 2))
