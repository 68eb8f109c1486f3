"""FaceForensics (Roessler et al., 2018): people who talk to a camera."""

from typing import ClassVar

import numpy as np
import tensorflow_datasets as tfds

from gfla_tf.data.builders.files import ImageSize
from gfla_tf.data.builders.frames import FrameFolders
from gfla_tf.keypoints.face_points import read_points
from gfla_tf.keypoints.face_structure import POINTS
from gfla_tf.keypoints.published_face import CHANNELS, published_maps


class FaceForensics(FrameFolders):
    """People who talk to a camera: frames with the 68 points (x, y) of dlib's predictor, and the published structure of each."""

    name = "faceforensics"
    VERSION = tfds.core.Version("2.0.0")
    BUILDER_CONFIGS = (ImageSize.of((256, 256)),)
    MANUAL_DOWNLOAD_INSTRUCTIONS = """
    Put into the folder, for SPLIT train and test:
      SPLIT/frames/VIDEO/*.png (or jpg)  the frames of each video, cut to a square around the face
      SPLIT/points/VIDEO/*.txt           a file per frame: 68 lines x,y in pixels of the frame
    The videos are the original ones of https://github.com/ondyari/FaceForensics, for research only, after an agreement with its
    owners. dlib's shape_predictor_68_face_landmarks finds the points.
    """
    HOMEPAGE = "https://github.com/ondyari/FaceForensics"
    CITATION = """@article{roessler2018faceforensics,
      title={FaceForensics: A Large-scale Video Dataset for Forgery Detection in Human Faces},
      author={R{\\"o}ssler, Andreas and Cozzolino, Davide and Verdoliva, Luisa and Riess, Christian and Thies, Justus and
      Nie{\\ss}ner, Matthias},
      journal={arXiv:1803.09179}, year={2018}}"""

    kinds: ClassVar[dict] = {"points": (".txt",)}
    published: ClassVar[dict] = {
        "frames": ("{split}_data",),
        "points": ("{split}_keypoints", "{split}_keypoint"),  # the script that finds them writes the second
    }

    def features(self, image_size):
        return {**super().features(image_size), **face_features(image_size)}

    def details(self, entry, frame, image_size):
        return face_record(entry["points"], frame, image_size)


def face_features(image_size):
    """Features of what `face_record` gives."""
    return {
        "points": tfds.features.Tensor(shape=(POINTS, 2), dtype=np.float32),
        # The published structure takes the frame as its file has it, so it is drawn here.
        "structure": tfds.features.Tensor(
            shape=(*image_size, CHANNELS), dtype=np.uint8, encoding=tfds.features.Encoding.ZLIB
        ),
    }


def face_record(path, frame, image_size):
    """The points of a file, in pixels of the image, and the published structure.

    Args:
        path: of the points, in pixels of the frame.
        frame: uint8 (h, w, 3).
        image_size: (height, width).

    Raises:
        GflaError: as `read_points`.
    """
    points = read_points(path)
    scaled = points * image_size[::-1] / frame.shape[1::-1]
    return {"points": np.float32(scaled), "structure": published_maps(points, image_size, frame)}
