"""Reading pixels with `Resampler`, the custom operation of the GPU delegates of phones: what a TFLite conversion is to trace.

Resampler(image, positions) is the bilinear sample at absolute (x, y), with zero outside the image; LiteRT's CPU has no kernel for
it. It is given clamped whole positions alone, of which half precision holds every one up to 2048. What lies between pixels is in
the weights of the taps, whose fractions come from the flow: as part of a position, half precision would round them to 1/32.
"""

import tensorflow as tf

_IMPLEMENTS = 'name: "Resampler" attr { key: "tfl_fusable_op" value { b: true } }'


@tf.function(experimental_implements=_IMPLEMENTS, autograph=False)
def _resampler(image, positions):
    """TensorFlow's own body, for whole positions inside the image, which the converter replaces by the operation."""
    x, y = tf.unstack(tf.cast(positions, tf.int32), axis=-1)
    return tf.gather_nd(image, tf.stack([y, x], axis=-1), batch_dims=1)


def weighted_taps(image, weights, whole, taps, offset=0):
    """See `gfla_tf.ops.sampling.weighted_taps`, in float32."""
    height, width = image.shape[1:3]
    rows, columns = weights.shape[1:3]
    x, y = (tf.cast(component, tf.float32)[..., None] for component in whole)
    x += tf.reshape(tf.range(columns, dtype=tf.float32) + offset, (1, 1, columns, 1))
    y += tf.reshape(tf.range(rows, dtype=tf.float32) + offset, (1, rows, 1, 1))
    across = [tf.clip_by_value(x + tap, 0.0, width - 1.0) for tap in taps]
    down = [tf.clip_by_value(y + tap, 0.0, height - 1.0) for tap in taps]
    result = 0.0
    for i in range(len(taps)):
        for j in range(len(taps)):
            k = i * len(taps) + j
            read = _resampler(image, tf.concat([across[j], down[i]], axis=-1))
            result += weights[..., k : k + 1] * read
    return result
