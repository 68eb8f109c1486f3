"""Pairs of frames of one identity: held in memory, or read by number from a prepared dataset; and batches of them."""

import dataclasses

import numpy as np
import tensorflow as tf

from gfla_tf.data.order import WHOLE, part_rows, sample_numbers, shuffled
from gfla_tf.errors import GflaError


@dataclasses.dataclass(frozen=True)
class PairBank:
    """Frames of several identities; every ordered pair of different frames of one identity is a training sample.

    Attributes:
        frames: {name: (identities, frames, ...)}, what belongs to a frame, such as its `image` (uint8).
        pairs: {name: (identities, frames, frames - 1, ...)}, what belongs to an ordered pair, such as its true flow: [i, s, k]
            is that of the source s and the k-th of the other frames as target, which is k, or k + 1 from s on.
    """

    frames: dict[str, np.ndarray]
    pairs: dict[str, np.ndarray] = dataclasses.field(default_factory=dict)

    @property
    def shape(self):
        """(identities, frames of each)."""
        return next(iter(self.frames.values())).shape[:2]

    @property
    def pair_count(self):
        """Number of ordered pairs of different frames of one identity."""
        identities, frames = self.shape
        return identities * frames * (frames - 1)


def pair_dataset(bank, batch_size, prepare, seed=0, start=0, part=WHOLE):
    """Endless batches of random pairs of frames of one identity, without repetition inside an epoch.

    An epoch is one pass over all ordered pairs, see `shuffled`.

    Args:
        bank: `PairBank`.
        batch_size: pairs in a batch.
        prepare: function from a batch of the bank's entries to the batch wanted; an entry NAME of the frames is given to it
            as source_NAME and target_NAME, one of the pairs as NAME. An entry `photo`, the `image` as a camera takes it, is
            given as the source's image, while the target's stays clean.
        seed: of the order.
        start: number of batches to skip.
        part: (i, n): only part i of each batch cut into n equal parts, see `part_rows`.

    Yields:
        what `prepare` returns.
    """
    frames = bank.shape[1]
    with tf.device("CPU:0"):
        of_frames = {name: tf.constant(x.reshape(-1, *x.shape[2:])) for name, x in bank.frames.items()}
        of_pairs = {name: tf.constant(x.reshape(-1, *x.shape[3:])) for name, x in bank.pairs.items()}

    def batch_of(index):
        counters = index * batch_size + part_rows(batch_size, part)
        pair = shuffled(counters, bank.pair_count, batch_size, seed)
        identity, rest = pair // (frames * (frames - 1)), pair % (frames * (frames - 1))
        source, other = rest // (frames - 1), rest % (frames - 1)
        target = tf.where(other >= source, other + 1, other)
        batch = {name: tf.gather(x, pair) for name, x in of_pairs.items()}
        for role, frame in (("source", source), ("target", target)):
            for name, x in of_frames.items():
                batch[f"{role}_{name}"] = tf.gather(x, identity * frames + frame)
        if "photo" in of_frames:
            del batch["target_photo"]
            batch["source_image"] = batch.pop("source_photo")
        return prepare(batch)

    dataset = tf.data.Dataset.range(start, 2**62).map(batch_of, num_parallel_calls=2, deterministic=True)
    return dataset.prefetch(4)


def sample_dataset(samples, batch_size, prepare, seed=0, start=0, part=WHOLE):
    """Endless batches of samples in random order, without repetition inside an epoch, see `gfla_tf.data.order.shuffled`.

    Args:
        samples: has a length, `sample(number, seed)` and `is_intact(number, seed)`; the next intact one takes the place of one
            that is not.
        batch_size: samples in a batch.
        prepare: function from a batch of what `sample` returns to the batch wanted.
        seed: of the order and of what is random about a sample.
        start: number of batches to skip.
        part: (i, n): only part i of each batch cut into n equal parts, see `part_rows`.

    Raises:
        GflaError: there are fewer samples than a batch takes.
    """
    count = len(samples)
    if count < batch_size:
        raise GflaError(f"batch_size is {batch_size}, but the data have only {count} samples: lower it.")

    def sample(counter):
        own_seed = tf.stack([tf.constant(seed, tf.int64), counter])
        (number,) = tf.while_loop(
            lambda number: ~samples.is_intact(number, own_seed),
            lambda number: [(number + 1) % count],
            [shuffled(counter, count, batch_size, seed)],
            maximum_iterations=count,
        )
        return samples.sample(number, own_seed)

    dataset = sample_numbers(batch_size, start, part)
    dataset = dataset.map(sample, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    dataset = dataset.batch(batch_size // part[1], drop_remainder=True)
    return dataset.map(prepare, num_parallel_calls=2, deterministic=True).prefetch(4)
