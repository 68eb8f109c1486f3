"""`tf.data` pipelines whose n-th batch is a pure function of n, so that a resumed run sees what an uninterrupted one sees."""

import tensorflow as tf

from gfla_tf.errors import GflaError
from gfla_tf.ops.heat_maps import pose_maps


def to_float_image(image):
    """uint8 image to float32 in [-1, 1]."""
    return tf.cast(image, tf.float32) / 127.5 - 1.0


def pose_inputs(batch, sigma, limb_sigma=None, stride=1):
    """What networks and losses want of pairs of people: float images, pose maps instead of keypoints, a float target_person.

    Args:
        batch: dict of source_image, target_image (batch, H, W, 3) uint8, source_keypoints, target_keypoints (batch, joints, 3),
            where it is known target_person (batch, H, W) bool, and anything else, which stays.
        sigma: of the heat maps, in pixels.
        limb_sigma: of the limb maps, in pixels; None for none.
        stride: pixels of the image to one of the maps.

    Returns:
        dict of source_image, target_image, source_pose, target_pose (batch, H, W, pose channels) and target_person (batch, H,
        W, 1), 1 where the target shows the person; float32.
    """
    result = {name: value for name, value in batch.items() if not name.endswith("keypoints")}
    image_size = tuple(batch["source_image"].shape[1:3])
    for role in ("source", "target"):
        result[f"{role}_image"] = to_float_image(batch[f"{role}_image"])
        result[f"{role}_pose"] = pose_maps(batch[f"{role}_keypoints"], image_size, sigma, limb_sigma, stride)
    if "target_person" in batch:
        result["target_person"] = tf.cast(batch["target_person"], tf.float32)[..., None]
    return result


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


WHOLE = (0, 1)


def part_rows(batch_size, part):
    """Numbers, int64, of the rows of a batch that are its part i of n: of several workers each makes what it trains on.

    Args:
        batch_size: a multiple of n.
        part: (i, n).
    """
    index, count = part
    rows = batch_size // count
    return tf.range(index * rows, (index + 1) * rows, dtype=tf.int64)


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
    """Endless batches of samples in random order, without repetition inside an epoch, see `gfla_tf.data.pipeline.shuffled`.

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


def sample_numbers(batch_size, start, part):
    """Endless `tf.data.Dataset` of the numbers of samples, counted from the first batch, see `sample_dataset`."""

    def of_batch(index):
        return tf.data.Dataset.from_tensor_slices(index * batch_size + part_rows(batch_size, part))

    return tf.data.Dataset.range(start, 2**62 // batch_size).flat_map(of_batch)
