"""What everything in a run is counted by."""

import tensorflow as tf


def training_step(model):
    """Updates that the generator has had."""
    return int(tf.convert_to_tensor(model.generator_optimizer.iterations.value))
