"""What `keras.ops` cannot say: that one tensor is to be computed after another, and that indices are in range.

TensorFlow's graph executor runs whatever is ready. Without an order it would gather every tap of a sampler before adding up the
first, and hold them all. Eager execution and XLA have an order of their own, and so have Keras' other backends.
"""

import keras

if keras.backend.backend() == "tensorflow":
    import tensorflow as tf

    def after(value, done):
        """`value`, to be had only when `done` is computed."""
        with tf.control_dependencies([done]):
            return tf.identity(value)

    def take_rows(matrix, index):
        """Rows of (rows, columns) by a vector of indices in range. (`ops.take` counts negative ones back, in operations more.)"""
        return tf.gather(matrix, index)

else:

    def after(value, done):
        """`value`; this backend orders its work itself."""
        return value

    def take_rows(matrix, index):
        """Rows of (rows, columns) by a vector of indices in range."""
        return keras.ops.take(matrix, index, axis=0)
