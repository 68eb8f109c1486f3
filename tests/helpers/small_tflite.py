"""Small .tflite files of TensorFlow functions, for tests of what is done with files."""

import tempfile

import tensorflow as tf

from gfla_tf.ops.backend import sampler


def write_tflite(path, function, lowering="gather", weights=(), **shapes):
    """Converts a function from named float32 arrays to one or to {name: array}; returns `path`.

    Args:
        lowering: of the samplers in it.
        weights: variables that it uses.
        shapes: {input name: shape}.
    """

    def named(**inputs):
        outputs = function(**inputs)
        return outputs if isinstance(outputs, dict) else {"generated": outputs}

    with sampler(lowering):
        traced = tf.function(named, autograph=False).get_concrete_function(
            **{name: tf.TensorSpec(shape, name=name) for name, shape in shapes.items()}
        )
    module = tf.Module()
    module.weights = list(weights)
    with tempfile.TemporaryDirectory() as folder:
        options = tf.saved_model.SaveOptions(experimental_custom_gradients=False)
        tf.saved_model.save(module, folder, signatures={"serving_default": traced}, options=options)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder, ["serving_default"])
        converter.allow_custom_ops = True
        path.write_bytes(converter.convert())
    return path
