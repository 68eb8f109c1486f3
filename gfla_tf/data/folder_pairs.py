"""Pairs of anyone's pictures, from a prepared folder."""

import tensorflow as tf

from gfla_tf.data.bleeding import bled
from gfla_tf.data.own_augmentation import Augmentation, augment
from gfla_tf.data.records import Records, decode_image
from gfla_tf.keypoints.poses import JOINTS

_BLED = 4  # apart from the augmentation's numbers
_BORDER = 5  # pixels, by the half of which outlines may be wrong


class FolderPairSamples:
    """The pairs of a folder of pictures, by number; see `gfla_tf.data.pairs.sample_dataset`.

    Args:
        builder: as `gfla_tf.data.prepared.prepare` returns it.
        split: "train" or "test".
        augmentation: `Augmentation` of the training pairs; those of the test split stay as they are.
        keep_background: see `on_background_of`; the pictures need masks.
        bled: share of the training pairs whose source has the person's colors carried outward, see `gfla_tf.data.bleeding.bled`,
            and whose target stands before that; the pictures need masks.

    Attributes:
        names: of each pair, SOURCE_2_TARGET, made of the pictures' names.
    """

    def __init__(self, builder, split, augmentation=None, keep_background=False, bled=0.0):
        self._records = Records(builder, split)
        self._shape = (*builder.builder_config.image_size, 3)
        self._has_masks = builder.builder_config.masks
        self._keep_background = keep_background
        self._bled = bled if split == "train" else 0.0
        self._augmentation = (augmentation or Augmentation()) if split == "train" else Augmentation()
        pairs, pictures = self._records.metadata["pairs"], self._records.metadata["names"]
        plain = [name.rsplit(".", 1)[0].replace("/", "-") for name in pictures]
        self.names = [f"{plain[source]}_2_{plain[target]}" for source, target in pairs]
        with tf.device("CPU:0"):
            self._pairs = tf.constant(pairs, tf.int64)

    def __len__(self):
        return len(self._pairs)

    def is_intact(self, number, seed):
        """Whether pair `number` can be read, a scalar bool tensor, see `Records.are_intact`."""
        return self._records.are_intact(self._pairs[number])

    def sample(self, number, seed):
        """Pair `number`: source_image, target_image (H, W, 3) uint8, source_keypoints, target_keypoints (18, 3), and where all
        pictures have masks source_person, target_person (H, W) bool.

        Args:
            number: scalar int64 tensor.
            seed: (2,) int64 tensor, of everything random about it.
        """
        features = {
            "image": tf.io.FixedLenFeature((), tf.string),
            "keypoints": tf.io.FixedLenFeature((len(JOINTS), 3), tf.float32),
        }
        if self._has_masks:
            features["person"] = tf.io.FixedLenFeature((), tf.string)
        sample = {}
        for index, role in enumerate(("source", "target")):
            parsed = tf.io.parse_single_example(self._records.read(self._pairs[number, index]), features)
            sample[f"{role}_image"] = decode_image(parsed["image"], self._shape)
            sample[f"{role}_keypoints"] = parsed["keypoints"]
            if self._has_masks:
                mask = decode_image(parsed["person"], (*self._shape[:2], 1))
                sample[f"{role}_person"] = mask[..., 0] > 127
        sample = augment(sample, self._augmentation, seed)
        if self._keep_background:
            sample = on_background_of(sample)
        if self._bled:
            chosen = (
                tf.random.stateless_uniform((), tf.random.experimental.stateless_fold_in(seed, _BLED))
                < self._bled
            )
            sample |= tf.cond(chosen, lambda: _before_its_own_colors(sample), lambda: _images(sample))
        return sample


def on_background_of(sample):
    """A pair whose target stands before the background of its source.

    Pictures of one person have other crops, cameras and places, so that a network that is to draw the target's background can
    only guess, and unlearns to keep what it sees. What the person of the source hides is of the target's own background.

    Args:
        sample: dict of source_image, target_image (H, W, 3) uint8 and source_person, target_person (H, W) bool, and more.
    """
    people = sample["source_person"] | sample["target_person"]
    wide = tf.nn.max_pool2d(tf.cast(people, tf.float32)[None, ..., None], _BORDER, 1, "SAME")[0] > 0
    return {**sample, "target_image": tf.where(wide, sample["target_image"], sample["source_image"])}


def _before_its_own_colors(sample):
    source = tf.numpy_function(bled, [sample["source_image"], sample["source_person"]], tf.uint8)
    source.set_shape(sample["source_image"].shape)
    return _images(on_background_of({**sample, "source_image": source}))


def _images(sample):
    return {name: sample[name] for name in ("source_image", "target_image")}
