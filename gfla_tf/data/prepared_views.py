"""Pairs of views of one object, from prepared datasets."""

import numpy as np
import tensorflow as tf

from gfla_tf.data.records import Records, decode_image
from gfla_tf.keypoints.views import AZIMUTHS, ELEVATIONS


class ViewPairSamples:
    """The views that ShapeNet's list names, by number, each as the source of a pair.

    The target is any of the views of the same model at the same elevation whose azimuth is an even number of tens of degrees: of
    18 times once the source itself.

    Args:
        builder: as `gfla_tf.data.prepared.prepare` returns it.
        split: "train" or "test".
    """

    def __init__(self, builder, split):
        self._records = Records(builder, split)
        self._shape = (*builder.builder_config.image_size, 3)
        targets, counts = np.array([sizes for _, *sizes in self._records.metadata["groups"]], np.int64).T
        with tf.device("CPU:0"):
            self._sources = tf.constant(self._records.metadata["sources"], tf.int64)
            self._targets = tf.constant(targets)
            self._begins = tf.constant(np.cumsum(counts) - counts)

    def __len__(self):
        return len(self._sources)

    def is_intact(self, number, seed):
        """Whether both views of a pair can be read, a scalar bool tensor, see `Records.are_intact`."""
        return self._records.are_intact(tf.stack([self._sources[number], self._target(number, seed)]))

    def sample(self, number, seed):
        """dict of source_image, target_image (H, W, 3) uint8 and source_view, target_view (21,), see `gfla_tf.keypoints.views`.

        Args:
            number: scalar int64 tensor.
            seed: (2,) int64 tensor, which decides the target.
        """
        sample = {}
        for role, record in (("source", self._sources[number]), ("target", self._target(number, seed))):
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
        group = tf.searchsorted(self._begins, self._sources[number][None], side="right")[0] - 1
        drawn = tf.random.stateless_uniform((), seed, dtype=tf.float64)
        count = tf.cast(self._targets[group], tf.float64)
        return self._begins[group] + tf.cast(drawn * count, tf.int64)
