"""Clips of videos, from prepared datasets, a few consecutive frames after the other; see `gfla_tf.data.clips`."""

import dataclasses
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from gfla_tf.data.augmentation import AUGMENTATIONS, draw_affine, move
from gfla_tf.data.order import WHOLE, sample_numbers, shuffled
from gfla_tf.data.records import Records, decode_image
from gfla_tf.errors import GflaError


@dataclasses.dataclass(frozen=True)
class Structure:
    """What a frame's structure is made of.

    Attributes:
        entries: {name of an entry of a record: how it is parsed}.
        make: function from the parsed entries, the image (H, W, 3) uint8 and the frame's role, "target" or "reference", to the
            structure. Structures that are joints (n, 3) move with an augmented image.
    """

    entries: dict
    make: Callable


class ClipSamples:
    """The videos of FashionVideo, iPER or FaceForensics, or anyone's clips, by number.

    Args:
        builder: as `gfla_tf.data.prepared.prepare` returns it.
        split: "train" or "test"; dances are augmented in training, see `gfla_tf.data.augmentation`.
        structure: `Structure`.
        reference_frames: a clip's reference is one of so many first frames of its video, drawn at random; None takes the first
            frame of the clip.
    """

    def __init__(self, builder, split, structure, reference_frames=None):
        self._records = Records(builder, split)
        self._name, self._split = builder.name, split
        self._shape = (*builder.builder_config.image_size, 3)
        self._structure, self._reference_frames = structure, reference_frames
        self._augmentation = AUGMENTATIONS.get(builder.name) if split == "train" else None
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
                f"The video {video} of {self._name} ({self._split}) has {count} frames, and an update takes {frames}: lower "
                "data.unroll, or remove the video and the folder of the prepared data."
            )

    def piece(self, video, seed, time, length, unroll):
        """`unroll` frames of a clip, the frame before them and the clip's reference.

        Args:
            video: number of the video, scalar integer tensor.
            seed: (2,) int64 tensor, which decides the clip, its reference and its augmentation.
            time: scalar tensor, frames of the clip before the piece.
            length: frames of the clip. A shorter video is cut to a multiple of `unroll`, and its clip begins again where it ends.
            unroll: frames of the piece.

        Returns:
            dict as `gfla_tf.data.clips.clip_inputs` takes it, without a batch.
        """
        begin, count = self._begins[video], self._lengths[video]
        own_length = tf.minimum(tf.constant(length, tf.int64), count // unroll * unroll)
        time = time % own_length
        drawn = tf.random.stateless_uniform((2,), seed, dtype=tf.float64)
        start = begin + tf.cast(drawn[0] * tf.cast(count - own_length + 1, tf.float64), tf.int64)
        reference = start
        if self._reference_frames is not None:
            room = tf.minimum(count, self._reference_frames)
            reference = begin + tf.cast(drawn[1] * tf.cast(room, tf.float64), tf.int64)
        moves = {"target": self._drawn("clip", seed), "reference": self._drawn("reference", seed)}

        def frame(number, role):
            return self._frame(self._intact(number, begin, count), role, moves[role])

        targets = [frame(start + time + index, "target") for index in range(unroll)]
        sample = {f"target_{name}": tf.stack([target[name] for target in targets]) for name in targets[0]}
        shown = frame(reference, "reference")
        previous = tf.cond(time == 0, lambda: shown, lambda: frame(start + time - 1, "target"))
        for role, entries in (("reference", shown), ("previous", previous)):
            sample |= {f"{role}_{name}": value for name, value in entries.items()}
        return {**sample, "first": time == 0}

    def _drawn(self, role, seed):
        """The numbers of an augmentation and its `Ranges`, or None."""
        if not self._augmentation:
            return None
        role = role if role in self._augmentation else "clip"
        ranges = self._augmentation[role]
        return draw_affine(ranges, self._shape[:2], seed, role), ranges

    def _intact(self, number, begin, count):
        """The frame itself or, if it has become corrupt, the next one that has not, of the same video."""
        (number,) = tf.while_loop(
            lambda number: ~self._records.are_intact(number[None]),
            lambda number: [begin + (number - begin + 1) % count],
            [number],
            maximum_iterations=tf.cast(count, tf.int32),
        )
        return number

    def _frame(self, number, role, moved):
        """image, structure and, where it is known, person of a record: (H, W) in [0, 1], not only 0 and 1."""
        entries = {"image": tf.io.FixedLenFeature((), tf.string), **self._structure.entries}
        if self._has_person:
            entries["person"] = tf.io.FixedLenFeature((), tf.string)
        parsed = tf.io.parse_single_example(self._records.read(number), entries)
        image, person = decode_image(parsed["image"], self._shape), None
        if self._has_person:
            person = decode_image(parsed["person"], (*self._shape[:2], 1))[..., 0]
        structure = self._structure.make(parsed, image, role)
        if moved is not None:
            numbers, ranges = moved
            image, structure, *rest = move(image, structure, numbers, ranges.fill, person)
            person = rest[0] if rest else None
        frame = {"image": image, "structure": structure}
        if person is not None:
            frame["person"] = tf.cast(person, tf.float32) / 255
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
        GflaError: there are fewer videos than a batch takes, or one is shorter than a piece.
    """
    count, pieces = len(samples), length // unroll
    if count < batch_size:
        raise GflaError(f"batch_size is {batch_size}, but the data have only {count} videos: lower it.")
    samples.require_length(unroll)

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
