"""Videos of people in motion, with the joints that a detector found and cleaned ones: what FashionVideo and iPER share."""

import json

import numpy as np
import tensorflow_datasets as tfds

from gfla_tf.data.builders.frames import FrameFolders
from gfla_tf.errors import GflaError
from gfla_tf.keypoints.joint_orders import H36M_17
from gfla_tf.keypoints.poses import JOINTS


class DanceFrames(FrameFolders, skip_registration=True):
    """A record is a frame with its cleaned keypoints and the detector's.

    keypoints: (17, 3) in the order `gfla_tf.keypoints.joint_orders.H36M_17`; noisy_keypoints: (18, 3) in the order
    `gfla_tf.keypoints.poses.JOINTS`, all 0 where nobody was found.
    """

    kinds = (("clean", (".json",)), ("noisy", (".json",)))

    def features(self, image_size):
        return {
            **super().features(image_size),
            "keypoints": tfds.features.Tensor(shape=(len(H36M_17), 3), dtype=np.float32),
            "noisy_keypoints": tfds.features.Tensor(shape=(len(JOINTS), 3), dtype=np.float32),
        }

    def details(self, entry, scale, image_size):
        clean = read_openpose(entry["clean"], len(H36M_17))
        if not clean.any():
            raise GflaError(f"{entry['clean']} has no person: write the cleaned joints of the frame there.")
        noisy = read_openpose(entry["noisy"], len(JOINTS))
        return {
            "keypoints": np.float32(clean * (*scale, 1)),
            "noisy_keypoints": np.float32(noisy * (*scale, 1)),
        }


def read_openpose(path, joints):
    """Keypoints (joints, 3) float64 of the person with the largest sum of confidences; zeros where there is nobody.

    Args:
        path: of an OpenPose JSON file: people, each with pose_keypoints_2d, in pixels.
        joints: how many there must be, in whatever order.

    Raises:
        GflaError: the file is no such JSON, or a person has another number of joints.
    """
    try:
        people = [
            np.array(person["pose_keypoints_2d"], np.float64)
            for person in json.loads(path.read_bytes())["people"]
        ]
    except (OSError, ValueError, TypeError, LookupError, RecursionError) as error:
        raise GflaError(
            f"{path} cannot be read as OpenPose JSON ({type(error).__name__}: {error}): it must have people with "
            "pose_keypoints_2d."
        ) from error
    for person in people:
        if person.shape != (3 * joints,) or not np.isfinite(person).all():
            raise GflaError(
                f"{path} has a person of {person.size} values: {joints} joints take {3 * joints}, x, y and a confidence each."
            )
    people = [person.reshape(joints, 3) for person in people]
    best = max(people, key=lambda person: person[:, 2].sum(), default=np.zeros((joints, 3)))
    return np.where(best[:, 2:] > 0, best, 0)
