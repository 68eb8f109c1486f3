"""The sampler's definition, word by word: every patch is cut out, every sample taken on its own. Slow, large and plain.

Nothing here is shared with `gfla_tf.ops`, so that the tests compare two independent readings of the definition. TensorFlow does
the arithmetic, so that its automatic differentiation gives the gradients to compare with.
"""

import tensorflow as tf


def grid(batch, height, width):
    """Positions (batch, height, width) of y and of x, int32."""
    y, x = tf.meshgrid(tf.range(height), tf.range(width), indexing="ij")
    return tf.tile(y[None], [batch, 1, 1]), tf.tile(x[None], [batch, 1, 1])


def read(image, y, x):
    """image[b, y, x] with y and x (batch, h, w) clamped to the image."""
    height, width = image.shape[1:3]
    index = tf.stack([tf.clip_by_value(y, 0, height - 1), tf.clip_by_value(x, 0, width - 1)], axis=-1)
    return tf.gather_nd(image, index, batch_dims=1)


def bilinear(image, flow, dy=0, dx=0):
    """Bilinear samples of `image` at p + flow(p) + (dy, dx), each of the four taps clamped on its own."""
    y, x = grid(*flow.shape[:3])
    py = tf.cast(y + dy, flow.dtype) + flow[..., 1]
    px = tf.cast(x + dx, flow.dtype) + flow[..., 0]
    y0, x0 = tf.floor(py), tf.floor(px)
    fy, fx = (py - y0)[..., None], (px - x0)[..., None]
    y0, x0 = tf.cast(y0, tf.int32), tf.cast(x0, tf.int32)
    return (
        read(image, y0, x0) * (1 - fy) * (1 - fx)
        + read(image, y0, x0 + 1) * (1 - fy) * fx
        + read(image, y0 + 1, x0) * fy * (1 - fx)
        + read(image, y0 + 1, x0 + 1) * fy * fx
    )


def gaussian(image, flow, sigma=2.0, kernel=4):
    """Samples through the normalized Gaussian window of kernel x kernel taps."""
    y, x = grid(*flow.shape[:3])
    py, px = tf.cast(y, flow.dtype) + flow[..., 1], tf.cast(x, flow.dtype) + flow[..., 0]
    total, result = 0.0, 0.0
    for i in range(1 - kernel // 2, kernel // 2 + 1):
        for j in range(1 - kernel // 2, kernel // 2 + 1):
            ky, kx = tf.floor(py) + i, tf.floor(px) + j
            weight = tf.exp(-((py - ky) ** 2 + (px - kx) ** 2) / (2 * sigma**2))[..., None]
            total = total + weight
            result = result + weight * read(image, tf.cast(ky, tf.int32), tf.cast(kx, tf.int32))
    return result / total


def patches(sample, n):
    """n x n samples around every position: (batch, H, W, n * n, C), row-major; `sample(dy, dx)` gives one of them."""
    radius = n // 2
    return tf.stack([sample(i - radius, j - radius) for i in range(n) for j in range(n)], axis=3)


def local_attention(
    target, source, flow, patch_kernel, patch_bias, coefficient_kernel, coefficient_bias, slope=0.1
):
    """(attended, coefficients) of target and source (batch, H, W, C) with the weights of a `LocalAttention` layer."""
    n, channels = patch_kernel.shape[0], target.shape[-1]
    y, x = grid(*target.shape[:3])
    of_target = patches(lambda dy, dx: read(target, y + dy, x + dx), n)
    of_source = patches(lambda dy, dx: bilinear(source, flow, dy, dx), n)
    both = tf.concat([of_target, of_source], axis=-1)  # (batch, H, W, n * n, 2C)
    flat = tf.reshape(both, [*both.shape[:3], n * n * 2 * channels])
    hidden = tf.nn.leaky_relu(
        flat @ tf.reshape(patch_kernel, [-1, patch_kernel.shape[-1]]) + patch_bias, slope
    )
    logits = hidden @ coefficient_kernel[0, 0] + coefficient_bias
    coefficients = tf.nn.softmax(logits)
    return tf.reduce_sum(coefficients[..., None] * of_source, axis=3) / n**2, coefficients
