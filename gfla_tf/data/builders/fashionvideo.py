"""FashionVideo (Zablotskaia et al., BMVC 2019): women who turn in front of a white wall to show a dress."""

import tensorflow_datasets as tfds

from gfla_tf.data.builders.dance_frames import DanceFrames
from gfla_tf.data.builders.files import ImageSize


class FashionVideo(DanceFrames):
    """Women who turn in front of a white wall to show a dress: frames with keypoints."""

    name = "fashionvideo"
    VERSION = tfds.core.Version("2.0.0")
    BUILDER_CONFIGS = (ImageSize.of((256, 256)),)
    MANUAL_DOWNLOAD_INSTRUCTIONS = """
    Put into the folder, for SPLIT train and test:
      SPLIT/frames/VIDEO/*.png (or jpg)  the frames of each video, cut to a square around the person
      SPLIT/noisy/VIDEO/*.json           the 18 joints of a pose detector as OpenPose JSON, a file per frame
      SPLIT/clean/VIDEO/*.json           17 joints in Human3.6M's order, in the same format, a file per frame
    The videos (500 for training, 100 for testing) are at https://vision.cs.ubc.ca/datasets/fashion/. AlphaPose (--format open) or
    OpenPose finds the 18 joints.
    """
    HOMEPAGE = "https://vision.cs.ubc.ca/datasets/fashion/"
    CITATION = """@inproceedings{zablotskaia2019dwnet,
      title={DwNet: Dense warp-based network for pose-guided human video generation},
      author={Zablotskaia, Polina and Siarohin, Aliaksandr and Zhao, Bo and Sigal, Leonid},
      booktitle={BMVC}, year={2019}}"""
