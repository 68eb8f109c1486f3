"""The two graphs of a network: a SavedModel for any batch size, and a TFLite flatbuffer of fixed shapes and batch 1.

Inputs and outputs of the SavedModel's signature, `serving_default`, carry the names of the Keras model's, and so do those of a
plain flatbuffer; `gfla_tf.export.convert.signatures` has the others.
"""

import contextlib

import tensorflow as tf
from absl import logging
from gfla_tf.export.convert.signatures import PLAIN, signatures

from gfla_tf.errors import GflaError
from gfla_tf.litert.runner import SIGNATURE
from gfla_tf.ops.backend import sampler


def write_saved_model(generator, directory):
    """Writes a SavedModel for inference, without gradients, whose batch dimension is free, and the length of sequences.

    Args:
        generator: a Keras model from a dict of named inputs to a dict of named outputs.
        directory: to write to; made if missing.

    Raises:
        GflaError: the directory cannot be written.
    """
    specification = {
        name: tf.TensorSpec(tensor.shape, tf.float32, name=name) for name, tensor in generator.input.items()
    }
    function = tf.function(lambda **inputs: generator(inputs, training=False))
    with sampler("composed"):  # of operations that every TensorFlow has
        traced = function.get_concrete_function(**specification)
    _save(generator, directory, {SIGNATURE: traced})


def tflite_flatbuffer(source, scratch, form=PLAIN):
    """The TFLite model of a network as bytes: float32 weights, batch 1, builtin operations and those of the form.

    Args:
        source: `gfla_tf.export.convert.sources.Source`.
        scratch: directory for files on the way, which the caller removes.
        form: `gfla_tf.export.convert.signatures.Form`.

    Raises:
        GflaError: an operation has no builtin form, the network does not have that form, or `scratch` cannot be written.
    """
    traced = signatures(source, form)
    # By way of a SavedModel: a converter made from a function alone forgets the signature.
    _save(source.generator, scratch, traced)
    try:
        with _without_warnings():
            converter = tf.lite.TFLiteConverter.from_saved_model(str(scratch), list(traced))
            converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
            converter.allow_custom_ops = bool(form.custom_operations)
            return converter.convert()
    except Exception as error:  # ConverterError is private, and not the only one
        reason = " ".join(str(error).split()) or type(error).__name__
        raise GflaError(
            f"{source.name} cannot be expressed in TFLite's builtin operations ({reason[:200]})."
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


def _save(generator, directory, traced):
    """Saves the generator's variables and traced functions {signature: concrete function}."""
    module = tf.Module()
    module.weights = [weight.value for weight in generator.weights]  # what the module owns is saved
    # The samplers' gradients are for training; traced, they would double the graph.
    options = tf.saved_model.SaveOptions(experimental_custom_gradients=False)
    try:
        tf.saved_model.save(module, str(directory), signatures=traced, options=options)
    except (OSError, tf.errors.OpError) as error:  # no space, no permission
        reason = " ".join(str(error).split()).rstrip(".")
        raise GflaError(f"Cannot write the graph to {directory} ({reason[:200]}).") from error
