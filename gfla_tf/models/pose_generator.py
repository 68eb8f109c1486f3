"""Pose-guided person image generator."""

import keras

from gfla_tf.models.flow_estimator import FlowEstimator
from gfla_tf.models.pair_generator import PairGenerator
from gfla_tf.models.target_net import TargetNet


@keras.saving.register_keras_serializable("gfla_tf")
class PoseGenerator(PairGenerator):
    """Puts the person of a source image into a target pose (CVPR 2020). See `PairGenerator` for outputs and errors.

    Input: dict of source_image (batch, H, W, 3) in [-1, 1], source_pose and target_pose (batch, H, W, pose_channels) in [0, 1].

    Args:
        pose_channels: number of maps in a pose.
        kwargs: attention, normalize_source and return_attention, see `PairGenerator`; image_size, attention_kernels, widths and
            depths, see `Generator`.
    """

    condition, estimator, drawer = "pose", FlowEstimator, TargetNet

    def __init__(self, pose_channels=18, **kwargs):
        super().__init__({"pose_channels": pose_channels}, **kwargs)

    @classmethod
    def condition_shape(cls, image_size, pose_channels):
        return (*image_size, pose_channels)
