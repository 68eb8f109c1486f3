"""Market-1501 (Zheng et al., ICCV 2015), in the pairs of pose transfer."""

import tensorflow_datasets as tfds

from gfla_tf.data.builders.files import ImageSize
from gfla_tf.data.builders.pose_pairs import PosePairs


class Market(PosePairs):
    """Passers-by seen by six surveillance cameras, in small pictures."""

    name = "market"
    VERSION = tfds.core.Version("2.0.0")
    BUILDER_CONFIGS = (ImageSize.of((128, 64)),)
    MANUAL_DOWNLOAD_INSTRUCTIONS = """
    Put into the folder:
      market-pairs-train.csv, market-pairs-test.csv
      market-annotation-train.csv, market-annotation-test.csv
      train/ and test/ with the images that the lists name
    The images are bounding_box_train and bounding_box_test of Market-1501: https://zheng-lab.cecs.anu.edu.au/Project/project_reid.html
    The lists come with the published code, https://github.com/RenYurui/Global-Flow-Local-Attention; they go back to
    https://github.com/tengteng95/Pose-Transfer.
    """
    HOMEPAGE = "https://zheng-lab.cecs.anu.edu.au/Project/project_reid.html"
    CITATION = """@inproceedings{zheng2015scalable,
      title={Scalable Person Re-identification: A Benchmark},
      author={Zheng, Liang and Shen, Liyue and Tian, Lu and Wang, Shengjin and Wang, Jingdong and Tian, Qi},
      booktitle={ICCV}, year={2015}}"""

    prefix = "market"
    annotated_size = (128, 64)
