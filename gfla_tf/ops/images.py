"""Pictures as networks see them."""

import tensorflow as tf


def to_float_image(image):
    """uint8 image to float32 in [-1, 1]."""
    return tf.cast(image, tf.float32) / 127.5 - 1.0
