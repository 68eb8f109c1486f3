"""The two graphs of a generator: a SavedModel for any batch size, and a TFLite flatbuffer of fixed shapes and batch 1.

Both have one signature, `serving_default`, whose inputs and outputs carry the names of the Keras model's.
"""

import contextlib

import tensorflow as tf
from absl import logging

from export.runner import SIGNATURE
from export.tasks import fixed_shapes
from gfla_tf.errors import GflaError
from gfla_tf.ops.backend import sampler


def write_saved_model(generator, directory):
    """Writes a SavedModel for inference, without gradients, whose batch dimension is free, and the length of sequences.

    Args:
        generator: a Keras model from a dict of named inputs to a dict of named outputs.
        directory: to write to; made if missing.

    Raises:
        GflaError: the directory cannot be written.
    """
    shapes = {name: tuple(tensor.shape) for name, tensor in generator.input.items()}
    _save(generator, directory, shapes)


def tflite_flatbuffer(generator, scratch):
    """The TFLite model of a generator as bytes: float32, batch 1, builtin operations only, see `fixed_shapes`.

    Args:
        generator: a Keras model from a dict of named inputs to a dict of named outputs.
        scratch: directory for files on the way, which the caller removes.

    Raises:
        GflaError: an operation has no builtin form, or `scratch` cannot be written.
    """
    # By way of a SavedModel: a converter made from a function alone forgets the signature.
    _save(generator, scratch, {name: (1, *shape) for name, shape in fixed_shapes(generator).items()})
    try:
        with _without_warnings():
            converter = tf.lite.TFLiteConverter.from_saved_model(str(scratch), [SIGNATURE])
            converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
            return converter.convert()
    except Exception as error:  # ConverterError is private, and not the only one
        reason = " ".join(str(error).split()) or type(error).__name__
        raise GflaError(
            f"{generator.name} cannot be expressed in TFLite's builtin operations ({reason[:200]})."
        ) from error


def load_saved_model(directory):
    """The signature of a SavedModel as a function from named arrays to {name: tensor}."""
    with _without_warnings():
        module = tf.saved_model.load(str(directory))
    function = module.signatures[SIGNATURE]
    # The module owns the variables: it has to live as long as the function.
    return lambda **arrays: (module, function(**{k: tf.constant(v) for k, v in arrays.items()}))[1]


@contextlib.contextmanager
def _without_warnings():
    """Silences what TensorFlow says about the gradients that `_save` leaves out."""
    level = logging.get_verbosity()
    logging.set_verbosity(logging.ERROR)
    try:
        yield
    finally:
        logging.set_verbosity(level)


def _save(generator, directory, shapes):
    """Saves the generator's variables and its function for inputs of these shapes, where None is any extent."""
    specification = {name: tf.TensorSpec(shape, tf.float32, name=name) for name, shape in shapes.items()}
    function = tf.function(lambda **inputs: generator(inputs, training=False))
    module = tf.Module()
    module.weights = [weight.value for weight in generator.weights]  # what the module owns is saved
    with sampler("composed"):  # of operations that every TensorFlow has
        traced = function.get_concrete_function(**specification)
    # The samplers' gradients are for training; traced, they would double the graph.
    options = tf.saved_model.SaveOptions(experimental_custom_gradients=False)
    try:
        tf.saved_model.save(module, str(directory), signatures={SIGNATURE: traced}, options=options)
    except (OSError, tf.errors.OpError) as error:  # no space, no permission
        reason = " ".join(str(error).split()).rstrip(".")
        raise GflaError(f"cannot write the graph to {directory} ({reason[:200]}).") from error
