"""Forms of operations that LiteRT's CPU kernels (XNNPACK) run fastest, for graphs of the lowering `cpu`. TensorFlow only.

What the profile of a plain graph shows beside its convolutions: transposed convolutions at half the rate of others, each
followed by a slice, and instance norms of ten passes over the map. These do the same sums with fewer and cheaper passes, in
float32: what half precision would need is left out, so that such a file is for the CPU alone.
"""

import tensorflow as tf


def normalize(x, gamma, beta, epsilon):
    """Instance norm in three passes over the map: (x - mean) / sqrt(variance + epsilon) * gamma + beta.

    Args:
        x: (batch, height, width, channels).
        gamma, beta: (channels,).
        epsilon: added to the variance.

    Returns:
        of the shape of `x`.
    """
    mean = tf.reduce_mean(x, (1, 2), keepdims=True)
    variance = tf.reduce_mean(tf.math.squared_difference(x, mean), (1, 2), keepdims=True)
    scale = gamma * tf.math.rsqrt(variance + epsilon)
    return x * scale + (beta - mean * scale)


def upsampling_convolution(parts, kernels, biases):
    """The sum of transposed 3x3 convolutions with stride 2 that write pixel n, tap t to 2n - 1 + t, as ordinary convolutions.

    Pixels of an even row of the output see one row of taps, those of an odd row two; alike for columns. So each of the four kinds
    of pixels is an ordinary convolution, with nine taps in all, and the sum over `parts` is one over concatenated channels.

    Args:
        parts: list of (batch, H, W, in).
        kernels: for each (3, 3, channels, in), as Keras' transposed convolutions have them.
        biases: for each (channels,).

    Returns:
        (batch, 2 H, 2 W, channels).
    """
    x = tf.concat(parts, -1) if len(parts) > 1 else parts[0]
    kernel = tf.transpose(tf.concat(kernels, -1), (0, 1, 3, 2))
    even, odd = (1,), (2, 0)  # taps, in the order of the input's pixels
    phases = []
    for rows in (even, odd):
        for columns in (even, odd):
            taps = tf.stack([tf.stack([kernel[row, column] for column in columns]) for row in rows])
            # 'SAME' pads kernels of two taps behind the map, where the last odd pixel has its second tap.
            phases.append(tf.nn.conv2d(x, taps, 1, "SAME"))
    bias = tf.add_n(list(biases))
    return tf.nn.depth_to_space(tf.concat([phase + bias for phase in phases], -1), 2)
