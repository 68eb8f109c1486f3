"""In which order samples are drawn: a pure function of numbers, so that a resumed run sees what an uninterrupted one sees."""

import tensorflow as tf

WHOLE = (0, 1)


def shuffled(counter, count, batch_size, seed):
    """Which of `count` samples is the counter-th of an endless training, in an order that differs from epoch to epoch.

    An epoch is one pass over all samples in whole batches; the few that fill no batch sit it out.

    Args:
        counter: integer tensor (int64), a scalar, or a vector that stays within an epoch.
        count: number of samples, at least `batch_size`.
        batch_size: samples in a batch.
        seed: of the order.

    Returns:
        numbers from 0 to count - 1, shaped like `counter`; within an epoch none is twice.
    """
    epoch_size = count // batch_size * batch_size
    epoch, within = counter // epoch_size, counter % epoch_size
    order = tf.stack([seed, tf.cast(tf.reshape(epoch, [-1])[0], tf.int32)])
    return tf.random.experimental.index_shuffle(within, order, tf.constant(count - 1, tf.int64))


def part_rows(batch_size, part):
    """Numbers, int64, of the rows of a batch that are its part i of n: of several workers each makes what it trains on.

    Args:
        batch_size: a multiple of n.
        part: (i, n).
    """
    index, count = part
    rows = batch_size // count
    return tf.range(index * rows, (index + 1) * rows, dtype=tf.int64)


def sample_numbers(batch_size, start, part):
    """Endless `tf.data.Dataset` of the numbers of samples, counted from the first batch, see `sample_dataset`."""

    def of_batch(index):
        return tf.data.Dataset.from_tensor_slices(index * batch_size + part_rows(batch_size, part))

    return tf.data.Dataset.range(start, 2**62 // batch_size).flat_map(of_batch)
