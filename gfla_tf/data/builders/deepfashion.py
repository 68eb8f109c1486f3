"""DeepFashion's In-shop Clothes Retrieval Benchmark (Liu et al., CVPR 2016), in the pairs of pose transfer."""

import tensorflow_datasets as tfds

from gfla_tf.data.builders.files import ImageSize
from gfla_tf.data.builders.pose_pairs import PosePairs


class DeepFashion(PosePairs):
    """People in shops' pictures of clothes, each in several poses."""

    name = "deepfashion"
    VERSION = tfds.core.Version("2.0.0")
    BUILDER_CONFIGS = (ImageSize.of((256, 256)),)
    MANUAL_DOWNLOAD_INSTRUCTIONS = """
    Put into the folder:
      fasion-pairs-train.csv, fasion-pairs-test.csv (yes, spelled so; "fashion-" is found, too)
      fasion-annotation-train.csv, fasion-annotation-test.csv
      train/ and test/ with the images that the lists name
    The images are those of the In-shop Clothes Retrieval Benchmark (img_highres.zip), for research only, after an agreement with
    its owners: https://mmlab.ie.cuhk.edu.hk/projects/DeepFashion/InShopRetrieval.html
    The lists come with the published code, https://github.com/RenYurui/Global-Flow-Local-Attention, whose page also says how to
    give the images the names in the lists; they go back to https://github.com/tengteng95/Pose-Transfer.
    """
    HOMEPAGE = "https://mmlab.ie.cuhk.edu.hk/projects/DeepFashion/InShopRetrieval.html"
    CITATION = """@inproceedings{liu2016deepfashion,
      title={DeepFashion: Powering Robust Clothes Recognition and Retrieval with Rich Annotations},
      author={Liu, Ziwei and Luo, Ping and Qiu, Shi and Wang, Xiaogang and Tang, Xiaoou},
      booktitle={CVPR}, year={2016}}"""

    prefix = "fasion"
    other_prefixes = ("fashion",)
    annotated_size = (256, 176)
