"""Anyone's talking faces in the layout of `gfla_tf.data.folder_clips`, as records."""

import tensorflow_datasets as tfds

from gfla_tf.data.builders.faceforensics import face_features, face_record
from gfla_tf.data.builders.folder_clips import FolderClips, FolderContent
from gfla_tf.data.folder import POINTS

__all__ = ["FolderContent", "FolderFace"]


class FolderFace(FolderClips):
    """A record is a frame with what those of `gfla_tf.data.builders.faceforensics.FaceForensics` have."""

    VERSION = tfds.core.Version("1.0.0")
    endings = POINTS
    beside = "file of 68 points beside it: write one with gfla face-points"

    def features(self, image_size):
        return {**super().features(image_size), **face_features(image_size)}

    def details(self, entry, frame, image_size):
        return {
            **super().details(entry, frame, image_size),
            **face_record(entry["beside"], frame, image_size),
        }
