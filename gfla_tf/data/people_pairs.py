"""Pairs of pictures of one person: what networks and losses want of them, and those of prepared datasets."""

import tensorflow as tf

from gfla_tf.data.augmentation import AUGMENTATIONS, draw_affine, move
from gfla_tf.data.records import Records, decode_image
from gfla_tf.keypoints.poses import JOINTS
from gfla_tf.ops.heat_maps import pose_maps
from gfla_tf.ops.images import to_float_image


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
