"""iPER (Liu et al., ICCV 2019): people in various clothes who turn and move freely, with the pixels that show them."""

from typing import ClassVar

import numpy as np
import tensorflow_datasets as tfds

from gfla_tf.data.builders.dance_frames import DanceFrames
from gfla_tf.data.builders.files import BICUBIC, ImageSize, resized
from gfla_tf.data.builders.frames import IMAGES
from gfla_tf.io.pictures import read_gray_mask


class Iper(DanceFrames):
    """People in various clothes who turn and move freely: frames with keypoints and person, 255 where a pixel shows them.

    A frame for testing may lack its mask, and then shows them everywhere.
    """

    name = "iper"
    VERSION = tfds.core.Version("2.0.0")
    BUILDER_CONFIGS = (ImageSize.of((256, 256)),)
    MANUAL_DOWNLOAD_INSTRUCTIONS = """
    Put into the folder, for SPLIT train and test:
      SPLIT/frames/VIDEO/*.png (or jpg)  the frames of each video
      SPLIT/masks/VIDEO/*.png (or jpg)   as many black pictures of the same size, white where the person is
      SPLIT/noisy/VIDEO/*.json           the 18 joints of a pose detector as OpenPose JSON, a file per frame
      SPLIT/clean/VIDEO/*.json           17 joints in Human3.6M's order, in the same format, a file per frame
    The videos (206, of which iPER's train.txt and val.txt give the splits) are at
    https://svip-lab.github.io/dataset/iPER_dataset.html, without masks: any segmentation of people makes those. AlphaPose
    (--format open) or OpenPose finds the 18 joints.
    """
    HOMEPAGE = "https://svip-lab.github.io/dataset/iPER_dataset.html"
    CITATION = """@inproceedings{liu2019liquid,
      title={Liquid Warping GAN: A Unified Framework for Human Motion Imitation, Appearance Transfer and Novel View Synthesis},
      author={Liu, Wen and Piao, Zhixin and Min, Jie and Luo, Wenhan and Ma, Lin and Gao, Shenghua},
      booktitle={ICCV}, year={2019}}"""

    kinds: ClassVar[dict] = {**DanceFrames.kinds, "masks": IMAGES}
    published: ClassVar[dict] = {**DanceFrames.published, "masks": ("{split}_256/train_C",)}
    for_training = ("masks",)

    def features(self, image_size):
        return {**super().features(image_size), "person": tfds.features.Image(shape=(*image_size, 1))}

    def details(self, entry, frame, image_size):
        person = np.full(image_size, 255, np.uint8)
        if "masks" in entry:
            person = resized(read_gray_mask(entry["masks"]), image_size, BICUBIC)
        return {**super().details(entry, frame, image_size), "person": person[..., None]}
