"""Batches of windows of a `MotionBank`."""

import numpy as np
import tensorflow as tf

from gfla_tf.data.pipeline import WHOLE, part_rows, shuffled
from gfla_tf.errors import GflaError

FRAMES = 24  # that a window of the published training gives
# Of the published training: coordinates are multiplied by a random number of this range, and moved by one of that.
SCALE, SHIFT = (1.0, 1.5), (-0.1, 0.1)


def motion_dataset(bank, batch_size, receptive_field, seed=0, start=0, part=WHOLE, frames=FRAMES):
    """Endless batches of random windows, without repetition inside an epoch.

    A window begins at every frame of a sequence that has `frames` frames from there on, or at its first if it is shorter.
    Beyond the ends of the sequence its first or last frame goes on.

    Args:
        bank: `MotionBank`.
        batch_size: windows in a batch.
        receptive_field: frames of input that make one of output.
        seed: of the order, the scales and the shifts.
        start: number of batches to skip.
        part: (i, n): only part i of each batch cut into n equal parts, see `part_rows`.
        frames: that a window gives.

    Yields:
        dict of keypoints (batch, frames + receptive_field - 1, 34) and clean (batch, frames, 34); the noisy frames begin
        (receptive_field - 1) / 2 before the clean ones.

    Raises:
        GflaError: there are fewer windows than a batch takes.
    """
    windows = np.maximum(1, bank.lengths - frames + 1)
    count, ends = int(windows.sum()), np.cumsum(bank.lengths)
    if count < batch_size:
        raise GflaError(f"batch_size is {batch_size}, but the data have only {count} windows: lower it.")
    firsts, lasts = np.repeat(ends - bank.lengths, windows), np.repeat(ends - 1, windows)
    begins = firsts + np.arange(count) - np.repeat(np.cumsum(windows) - windows, windows)
    with tf.device("CPU:0"):
        noisy, clean = tf.constant(bank.noisy), tf.constant(bank.clean)
        bounds = tf.constant(np.stack([begins, firsts, lasts]), tf.int64)
    before, joints = (receptive_field - 1) // 2, bank.clean.shape[1] // 2

    def batch_of(index):
        rows = part_rows(batch_size, part)
        window = shuffled(index * batch_size + rows, count, batch_size, seed)
        begin, first, last = (bound[:, None] for bound in tf.unstack(tf.gather(bounds, window, axis=1)))
        inputs = begin + tf.range(-before, frames + receptive_field - 1 - before, dtype=tf.int64)
        outputs = begin + tf.range(frames, dtype=tf.int64)
        batch = {
            "keypoints": tf.gather(noisy, tf.clip_by_value(inputs, first, last)),
            "clean": tf.gather(clean, tf.clip_by_value(outputs, first, last)),
        }
        share = tf.random.stateless_uniform((3, batch_size, 1, 1), tf.stack([seed, tf.cast(index, tf.int32)]))
        share = tf.gather(share, rows, axis=1)
        scale = SCALE[0] + (SCALE[1] - SCALE[0]) * share[0]
        shift = tf.repeat(
            SHIFT[0] + (SHIFT[1] - SHIFT[0]) * tf.concat([share[1], share[2]], axis=-1), joints, axis=-1
        )
        return {name: scale * frames + shift for name, frames in batch.items()}

    dataset = tf.data.Dataset.range(start, 2**62).map(batch_of, num_parallel_calls=2, deterministic=True)
    return dataset.prefetch(4)
