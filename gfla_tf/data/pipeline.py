"""`tf.data` pipelines whose n-th batch is a pure function of n, so that a resumed run sees what an uninterrupted one sees."""

import tensorflow as tf

from gfla_tf.ops.heat_maps import pose_maps


def to_float_image(image):
    """uint8 image to float32 in [-1, 1]."""
    return tf.cast(image, tf.float32) / 127.5 - 1.0


def pose_inputs(batch, image_size, sigma, limb_sigma=None):
    """What the networks and losses want, from uint8 images and keypoints: float images and pose maps; other entries stay."""
    result = {name: value for name, value in batch.items() if not name.endswith("keypoints")}
    for role in ("source", "target"):
        result[f"{role}_image"] = to_float_image(batch[f"{role}_image"])
        result[f"{role}_pose"] = pose_maps(batch[f"{role}_keypoints"], image_size, sigma, limb_sigma)
    return result


def pair_dataset(bank, batch_size, sigma, seed=0, start=0, limb_sigma=None):
    """Endless batches of random pairs of frames of one identity, without repetition inside an epoch.

    An epoch is one pass over all ordered pairs in whole batches; the few pairs that fill no batch sit it out.

    Args:
        bank: `FrameBank`.
        batch_size: pairs in a batch.
        sigma: of the heat maps, in pixels.
        seed: of the order.
        start: number of batches to skip.
        limb_sigma: of the limb maps, in pixels; None for none.

    Yields:
        dicts of source_image, target_image (batch, H, W, 3), source_pose, target_pose (batch, H, W, pose channels)
        and target_person (batch, H, W, 1), 1 where the target shows the person; float32.
    """
    frames = bank.images.shape[1]
    image_size = bank.images.shape[2:4]
    pairs = bank.pairs
    batches_per_epoch = pairs // batch_size
    with tf.device("CPU:0"):
        images = tf.constant(bank.images.reshape(-1, *bank.images.shape[2:]))
        keypoints = tf.constant(bank.keypoints.reshape(-1, *bank.keypoints.shape[2:]))
        persons = tf.constant(bank.persons.reshape(-1, *bank.persons.shape[2:], 1))

    def batch_of(index):
        epoch, within = index // batches_per_epoch, index % batches_per_epoch
        counters = within * batch_size + tf.range(batch_size, dtype=tf.int64)
        order = tf.stack([seed, tf.cast(epoch, tf.int32)])
        pair = tf.random.experimental.index_shuffle(counters, order, tf.constant(pairs - 1, tf.int64))
        identity, rest = pair // (frames * (frames - 1)), pair % (frames * (frames - 1))
        source, other = rest // (frames - 1), rest % (frames - 1)
        target = tf.where(other >= source, other + 1, other)
        source, target = identity * frames + source, identity * frames + target
        return pose_inputs(
            {
                "source_image": tf.gather(images, source),
                "target_image": tf.gather(images, target),
                "source_keypoints": tf.gather(keypoints, source),
                "target_keypoints": tf.gather(keypoints, target),
                "target_person": tf.cast(tf.gather(persons, target), tf.float32),
            },
            image_size,
            sigma,
            limb_sigma,
        )

    dataset = tf.data.Dataset.range(start, 2**62).map(batch_of, num_parallel_calls=2, deterministic=True)
    return dataset.prefetch(4)
