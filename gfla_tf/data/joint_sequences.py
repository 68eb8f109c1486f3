"""Sequences of noisy and of clean joints held in memory, and batches of their windows."""

import dataclasses

import numpy as np
import tensorflow as tf

from gfla_tf.data.order import WHOLE, part_rows, shuffled
from gfla_tf.errors import GflaError
from gfla_tf.keypoints.sequences import filled, to_coordinates


@dataclasses.dataclass(frozen=True)
class MotionBank:
    """Sequences, one after the other.

    Attributes:
        noisy: (frames, 34) float32, coordinates of the detected joints, `COCO_17`.
        clean: (frames, 34) float32, of the true ones, `H36M_17`.
        lengths: (sequences,) frames of each.
    """

    noisy: np.ndarray
    clean: np.ndarray
    lengths: np.ndarray

    @classmethod
    def of(cls, sequences):
        """The bank of an iterable of (noisy (T, 17, 3), clean (T, 17, 2), image width), both in pixels."""
        noisy, clean = [], []
        for detected, true, width in sequences:
            noisy.append(to_coordinates(filled(detected), width))
            clean.append(to_coordinates(true, width))
        return cls(np.concatenate(noisy), np.concatenate(clean), np.array([len(frames) for frames in noisy]))


FRAMES = 24  # that a window of the published training gives


# Of the published training: coordinates are multiplied by a random number of this range, and moved by one of that.
SCALE, SHIFT = (1.0, 1.5), (-0.1, 0.1)


def motion_dataset(bank, batch_size, receptive_field, seed=0, start=0, part=WHOLE, frames=FRAMES):
    """Endless batches of random windows; an epoch has one of every sequence, so that short ones count as much as long ones.

    A window begins anywhere where the sequence has `frames` frames from there on, or at its first if it is shorter. Beyond the
    ends of the sequence its first or last frame is repeated.

    Args:
        bank: `MotionBank`.
        batch_size: windows in a batch.
        receptive_field: frames of input that make one of output.
        seed: of the order, the windows, the scales and the shifts.
        start: number of batches to skip.
        part: (i, n): only part i of each batch cut into n equal parts, see `part_rows`.
        frames: that a window gives.

    Yields:
        dict of keypoints (batch, frames + receptive_field - 1, 34) and clean (batch, frames, 34); the noisy frames begin
        (receptive_field - 1) / 2 before the clean ones.

    Raises:
        GflaError: there are fewer sequences than a batch takes.
    """
    count, ends = len(bank.lengths), np.cumsum(bank.lengths)
    if count < batch_size:
        raise GflaError(f"batch_size is {batch_size}, but the data have only {count} sequences: lower it.")
    with tf.device("CPU:0"):
        bounds = tf.constant(np.stack([ends - bank.lengths, ends - 1]), tf.int64)
        begins = tf.constant(np.maximum(1, bank.lengths - frames + 1), tf.float64)  # how many there are

    def batch_of(index):
        rows = part_rows(batch_size, part)
        sequence = shuffled(index * batch_size + rows, count, batch_size, seed)
        drawn_seed = tf.stack([seed, tf.cast(index, tf.int32)])
        uniform = tf.gather(tf.random.stateless_uniform((batch_size, 4), drawn_seed, dtype=tf.float64), rows)
        first, last = tf.unstack(tf.gather(bounds, sequence, axis=1))
        begin = first + tf.cast(uniform[:, 3] * tf.gather(begins, sequence), tf.int64)
        batch = windows(bank, begin, first, last, receptive_field, frames)
        return augmented(batch, tf.cast(uniform[:, :3], tf.float32))

    dataset = tf.data.Dataset.range(start, 2**62).map(batch_of, num_parallel_calls=2, deterministic=True)
    return dataset.prefetch(4)


def windows(bank, begin, first, last, receptive_field, frames=FRAMES):
    """keypoints and clean of windows that begin at the frames `begin` (batch,) of a bank, in sequences from `first` to `last`."""
    begin, first, last = (x[:, None] for x in (begin, first, last))
    before = (receptive_field - 1) // 2
    inputs = begin + tf.range(-before, frames + receptive_field - 1 - before, dtype=tf.int64)
    outputs = begin + tf.range(frames, dtype=tf.int64)
    return {
        "keypoints": tf.gather(bank.noisy, tf.clip_by_value(inputs, first, last)),
        "clean": tf.gather(bank.clean, tf.clip_by_value(outputs, first, last)),
    }


def augmented(batch, uniform):
    """Windows times a scale plus a shift of y and one of x, input and target alike.

    Args:
        batch: of `windows`.
        uniform: (batch, 3) float32 in [0, 1): of the scale, of the shift of y and of that of x.
    """
    joints = batch["clean"].shape[-1] // 2
    uniform = uniform[:, None]  # for all frames
    scale = SCALE[0] + (SCALE[1] - SCALE[0]) * uniform[..., :1]
    shift = tf.repeat(SHIFT[0] + (SHIFT[1] - SHIFT[0]) * uniform[..., 1:], joints, axis=-1)
    return {name: scale * frames + shift for name, frames in batch.items()}
