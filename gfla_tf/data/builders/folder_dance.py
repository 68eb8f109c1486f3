"""Anyone's dances in the layout of `gfla_tf.data.folder_clips`, as records."""

import numpy as np
import tensorflow_datasets as tfds

from gfla_tf.data.builders.folder_clips import FolderClips, FolderContent, in_image
from gfla_tf.data.folder import POSES
from gfla_tf.data.folder_clips import clean_pose
from gfla_tf.keypoints.joint_orders import H36M_17
from gfla_tf.keypoints.pose_files import read_pose
from gfla_tf.keypoints.poses import JOINTS

__all__ = ["FolderContent", "FolderDance"]


class FolderDance(FolderClips):
    """A record is a frame with the keypoints of `gfla_tf.data.builders.dance_frames.DanceFrames`.

    Cleaned joints are those of the file in CLIP_clean or, without it, what the pose beside the frame shows of them.
    """

    VERSION = tfds.core.Version("1.0.0")
    endings = POSES
    beside = "pose beside it: write one with gfla poses"

    def features(self, image_size):
        return {
            **super().features(image_size),
            "keypoints": tfds.features.Tensor(shape=(len(H36M_17), 3), dtype=np.float32),
            "noisy_keypoints": tfds.features.Tensor(shape=(len(JOINTS), 3), dtype=np.float32),
        }

    def details(self, entry, frame, image_size):
        found = super().details(entry, frame, image_size)
        clean = clean_pose(entry["picture"]) or entry["beside"]
        for name, path, joints in (
            ("keypoints", clean, H36M_17),
            ("noisy_keypoints", entry["beside"], JOINTS),
        ):
            pose = read_pose(path, frame.shape[:2], joints)
            present = pose[:, 2:] > 0
            places = in_image(pose[:, :2], frame.shape[:2], image_size)
            found[name] = np.float32(np.concatenate([places * present, present], axis=1))
        return found
