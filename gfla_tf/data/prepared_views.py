"""Pairs of views of one object, from prepared datasets."""

import numpy as np
import tensorflow as tf

from gfla_tf.data.records import Records, decode_image
from gfla_tf.keypoints.views import AZIMUTHS, ELEVATIONS


class ViewPairSamples:
    """The views of ShapeNet, by number, each as the source of a pair whose target is a random other view of the object.

    Args:
        builder: as `gfla_tf.data.prepared.prepare` returns it.
        split: "train" or "test".
    """

    def __init__(self, builder, split):
        self._records = Records(builder, split)
        self._shape = (*builder.builder_config.image_size, 3)
        counts = np.array([count for _, count in self._records.metadata["models"]], np.int64)
        with tf.device("CPU:0"):
            self._counts = tf.constant(counts)
            self._begins = tf.constant(np.cumsum(counts) - counts)

    def __len__(self):
        return len(self._records)

    def is_intact(self, number, seed):
        """Whether both views of a pair can be read, a scalar bool tensor, see `Records.are_intact`."""
        return self._records.are_intact(tf.stack([number, self._target(number, seed)]))

    def sample(self, number, seed):
        """dict of source_image, target_image (H, W, 3) uint8 and source_view, target_view (21,), see `gfla_tf.keypoints.views`.

        Args:
            number: scalar int64 tensor.
            seed: (2,) int64 tensor, which decides the target.
        """
        sample = {}
        for role, record in (("source", number), ("target", self._target(number, seed))):
            parsed = tf.io.parse_single_example(
                self._records.read(record),
                {
                    "image": tf.io.FixedLenFeature((), tf.string),
                    "azimuth": tf.io.FixedLenFeature((), tf.int64),
                    "elevation": tf.io.FixedLenFeature((), tf.int64),
                },
            )
            sample[f"{role}_image"] = decode_image(parsed["image"], self._shape)
            one_hot = (
                tf.one_hot(parsed["azimuth"], len(AZIMUTHS)),
                tf.one_hot(parsed["elevation"], len(ELEVATIONS)),
            )
            sample[f"{role}_view"] = tf.concat(one_hot, axis=0)
        return sample

    def _target(self, number, seed):
        model = tf.searchsorted(self._begins, [number], side="right")[0] - 1
        begin, count = self._begins[model], self._counts[model]
        drawn = tf.random.stateless_uniform((), seed, dtype=tf.float64)
        further = 1 + tf.cast(drawn * tf.cast(count - 1, tf.float64), tf.int64)  # 1 to count - 1
        return begin + (number - begin + further) % count
