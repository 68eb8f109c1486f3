"""Pairs of images of one person, from prepared datasets."""

import tensorflow as tf

from gfla_tf.data.augmentation import AUGMENTATIONS, draw_affine, move
from gfla_tf.data.records import Records, decode_image
from gfla_tf.keypoints.poses import JOINTS


class PosePairSamples:
    """The pairs of DeepFashion or Market-1501, by number.

    Args:
        builder: as `gfla_tf.data.prepared.prepare` returns it.
        split: "train" or "test"; only training pairs of Market-1501 are augmented, see `gfla_tf.data.augmentation`.
    """

    def __init__(self, builder, split):
        self._records = Records(builder, split)
        self._shape = (*builder.builder_config.image_size, 3)
        self._augmentation = AUGMENTATIONS.get(builder.name) if split == "train" else None
        with tf.device("CPU:0"):
            self._pairs = tf.constant(self._records.metadata["pairs"], tf.int64)

    def __len__(self):
        return len(self._pairs)

    def is_intact(self, number, seed):
        """Whether pair `number` can be read, a scalar bool tensor, see `Records.are_intact`."""
        return self._records.are_intact(self._pairs[number])

    def sample(self, number, seed):
        """Pair `number`: dict of source_image, target_image (H, W, 3) uint8, source_keypoints, target_keypoints (18, 3).

        Args:
            number: scalar int64 tensor.
            seed: (2,) int64 tensor, of everything random about it.
        """
        sample = {}
        for index, role in enumerate(("source", "target")):
            parsed = tf.io.parse_single_example(
                self._records.read(self._pairs[number, index]),
                {
                    "image": tf.io.FixedLenFeature((), tf.string),
                    "keypoints": tf.io.FixedLenFeature((len(JOINTS), 3), tf.float32),
                },
            )
            image, keypoints = decode_image(parsed["image"], self._shape), parsed["keypoints"]
            if self._augmentation:
                ranges = self._augmentation[role]
                image, keypoints = move(
                    image, keypoints, draw_affine(ranges, self._shape[:2], seed, role), ranges.fill
                )
            sample |= {f"{role}_image": image, f"{role}_keypoints": keypoints}
        return sample
