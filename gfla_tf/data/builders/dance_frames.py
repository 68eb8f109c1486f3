"""Videos of people in motion, with the joints that a detector found and cleaned ones: what FashionVideo and iPER share."""

import functools
from typing import ClassVar

import numpy as np
import tensorflow_datasets as tfds

from gfla_tf.data.builders.files import read_image
from gfla_tf.data.builders.frames import FrameFolders
from gfla_tf.errors import GflaError
from gfla_tf.io.documents import read_json
from gfla_tf.keypoints.joint_orders import H36M_17
from gfla_tf.keypoints.pose_formats import checked, openpose_people
from gfla_tf.keypoints.poses import JOINTS


class DanceFrames(FrameFolders, skip_registration=True):
    """A record is a frame with its cleaned keypoints and the detector's.

    keypoints: (17, 3) in the order `gfla_tf.keypoints.joint_orders.H36M_17`; noisy_keypoints: (18, 3) in the order
    `gfla_tf.keypoints.poses.JOINTS`, all 0 where nobody was found. Both are in pixels of the image and have a confidence of 1, or
    of 0 where a joint is missing.
    """

    kinds: ClassVar[dict] = {"clean": (".json",), "noisy": (".json",)}
    published: ClassVar[dict] = {
        "frames": ("{split}_256/train_A",),  # train_ is called so in both splits
        "clean": ("{split}_256/train_video2d",),
        "noisy": ("{split}_256/train_alphapose",),
    }

    def features(self, image_size):
        return {
            **super().features(image_size),
            "keypoints": tfds.features.Tensor(shape=(len(H36M_17), 3), dtype=np.float32),
            "noisy_keypoints": tfds.features.Tensor(shape=(len(JOINTS), 3), dtype=np.float32),
        }

    def details(self, entry, frame, image_size):
        clean = read_openpose(entry["clean"], len(H36M_17))
        if not clean.any():
            raise GflaError(f"{entry['clean']} has no person: write the cleaned joints of the frame there.")
        noisy = read_openpose(entry["noisy"], len(JOINTS))
        # As published: the size of the first frame counts for all joints of a clip.
        own_size = _size_of(entry["clip"])
        return {
            "keypoints": np.float32(joints_of(clean, own_size, image_size)),
            "noisy_keypoints": np.float32(joints_of(noisy, own_size, image_size)),
        }


@functools.lru_cache(maxsize=1)
def _size_of(path):
    return read_image(path).shape[:2]


def joints_of(values, own_size, image_size):
    """Joints as published: places in pixels of (height, width) images and a confidence of 1, or 0 where x or y is 0: missing.

    Args:
        values: (n, 3) of a file: x, y in pixels of `own_size` and a confidence, which does not count.
        own_size: (height, width) of the file's frame.
        image_size: (height, width).
    """
    values = np.asarray(values, np.float64)
    place = values[:, :2] * image_size[::-1] / own_size[::-1]
    present = (values[:, :2] != 0).all(axis=1, keepdims=True)
    return np.concatenate([place * present, present], axis=1)


def read_openpose(path, joints):
    """Keypoints (joints, 3) float64 of the first person; zeros where there is nobody.

    Args:
        path: of an OpenPose JSON file: people, each with pose_keypoints_2d, in pixels; an empty file is of nobody.
        joints: how many there must be, in whatever order.

    Raises:
        GflaError: the file is no such JSON, or a person has another number of joints, or values that are no numbers of pixels.
    """
    document = read_json(path, "pose file")
    people = [] if document is None else openpose_people(document, path)
    values = people[0][0] if people else [0.0] * 3 * joints
    if not isinstance(values, list) or len(values) != 3 * joints:
        count = len(values) if isinstance(values, list) else 0
        raise GflaError(
            f"The pose file {path} has a person of {count} values: {joints} joints take {3 * joints}, x, y and a confidence each."
        )
    checked(values, path)
    return np.array(values, np.float64).reshape(joints, 3)
