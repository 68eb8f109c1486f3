"""Clips of videos, from prepared datasets, a few consecutive frames after the other; see clip_pipeline.py."""

import numpy as np
import tensorflow as tf

from gfla_tf.data.pipeline import WHOLE, sample_numbers, shuffled
from gfla_tf.data.records import Records, decode_image
from gfla_tf.errors import GflaError


class ClipSamples:
    """The videos of FashionVideo, iPER or FaceForensics, by number.

    Args:
        builder: as `gfla_tf.data.prepared.prepare` returns it.
        split: "train" or "test".
        structure: (name, shape) of the entry of a record that the frame's structure is made of.
        make_structure: function from that entry and the image (H, W, 3) uint8 to the structure; None leaves it as it is.
    """

    def __init__(self, builder, split, structure, make_structure=None):
        self._records = Records(builder, split)
        self._name, self._split = builder.name, split
        self._shape = (*builder.builder_config.image_size, 3)
        self._structure, self._make_structure = structure, make_structure
        self._has_person = "person" in builder.info.features
        self._videos = self._records.metadata["videos"]
        lengths = np.array([count for _, count in self._videos], np.int64)
        with tf.device("CPU:0"):
            self._lengths = tf.constant(lengths)
            self._begins = tf.constant(np.cumsum(lengths) - lengths)

    def __len__(self):
        return len(self._videos)

    def require_length(self, frames):
        """Raises a `GflaError` that names the shortest video if it has fewer than that many frames."""
        video, count = min(self._videos, key=lambda entry: entry[1])
        if count < frames:
            raise GflaError(
                f"the video {video} of {self._name} ({self._split}) has {count} frames, and a clip takes {frames}: lower "
                "data.clip_frames, or remove the video and the folder of the prepared data."
            )

    def piece(self, video, seed, time, length, unroll):
        """`unroll` frames of a clip, the frame before them and the clip's reference, a random frame of the same video.

        Args:
            video: number of the video, scalar integer tensor.
            seed: (2,) int64 tensor, which decides the clip and its reference.
            time: scalar tensor, frames of the clip before the piece.
            length: frames of the clip, at most those of the video.
            unroll: frames of the piece.

        Returns:
            dict as `gfla_tf.data.clip_pipeline.clip_inputs` takes it, without a batch.
        """
        begin, count = self._begins[video], self._lengths[video]
        drawn = tf.random.stateless_uniform((2,), seed, dtype=tf.float64)
        room = tf.stack([count - length + 1, count])
        start, reference = tf.unstack(begin + tf.cast(drawn * tf.cast(room, tf.float64), tf.int64))
        previous = tf.where(time == 0, reference, start + time - 1)

        def frame(number):
            return self._frame(self._intact(number, begin, count))

        targets = [frame(start + time + index) for index in range(unroll)]
        sample = {f"target_{name}": tf.stack([target[name] for target in targets]) for name in targets[0]}
        for role, number in (("reference", reference), ("previous", previous)):
            sample |= {f"{role}_{name}": value for name, value in frame(number).items()}
        return {**sample, "first": time == 0}

    def _intact(self, number, begin, count):
        """The frame itself or, if it has become corrupt, the next one that has not, of the same video."""
        (number,) = tf.while_loop(
            lambda number: ~self._records.are_intact(number[None]),
            lambda number: [begin + (number - begin + 1) % count],
            [number],
            maximum_iterations=tf.cast(count, tf.int32),
        )
        return number

    def _frame(self, number):
        """image, structure and, where it is known, person of a record."""
        name, shape = self._structure
        entries = {
            "image": tf.io.FixedLenFeature((), tf.string),
            name: tf.io.FixedLenFeature(shape, tf.float32),
        }
        if self._has_person:
            entries["person"] = tf.io.FixedLenFeature((), tf.string)
        parsed = tf.io.parse_single_example(self._records.read(number), entries)
        image = decode_image(parsed["image"], self._shape)
        structure = parsed[name]
        if self._make_structure is not None:
            structure = self._make_structure(structure, image)
        frame = {"image": image, "structure": structure}
        if self._has_person:
            frame["person"] = decode_image(parsed["person"], (*self._shape[:2], 1))[..., 0] > 0
        return frame


def piece_dataset(samples, batch_size, length, unroll, prepare, seed=0, start=0, part=WHOLE):
    """Endless batches of pieces of random clips, one of each video in an epoch; the order of pieces is that of `clip_dataset`.

    Args:
        samples: `ClipSamples`.
        batch_size: clips in a batch.
        length: frames of a clip.
        unroll: frames of a piece; frames that fill no piece are not used.
        prepare: function from a batch of what `ClipSamples.piece` returns to the batch wanted.
        seed: of the order, the clips and their references.
        start: number of batches to skip.
        part: (i, n): only part i of each batch cut into n equal parts, see `part_rows`.

    Raises:
        GflaError: there are fewer videos than a batch takes, or one is shorter than a clip.
    """
    count, pieces = len(samples), length // unroll
    if count < batch_size:
        raise GflaError(f"batch_size is {batch_size}, but the data have only {count} videos: lower it.")
    samples.require_length(length)

    def piece(counter):
        index, slot = counter // batch_size, counter % batch_size
        clip = index // pieces * batch_size + slot
        video = shuffled(clip, count, batch_size, seed)
        own_seed = tf.stack([tf.constant(seed, tf.int64), clip])
        return samples.piece(video, own_seed, index % pieces * unroll, length, unroll)

    dataset = sample_numbers(batch_size, start, part)
    dataset = dataset.map(piece, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    dataset = dataset.batch(batch_size // part[1], drop_remainder=True)
    return dataset.map(prepare, num_parallel_calls=2, deterministic=True).prefetch(4)
