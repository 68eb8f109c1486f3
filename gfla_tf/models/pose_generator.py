"""Pose-guided person image generator."""

from collections.abc import Mapping, Sequence

import keras

from gfla_tf.models.configured import arguments
from gfla_tf.models.flow_estimator import FlowEstimator
from gfla_tf.models.pair_generator import PairGenerator
from gfla_tf.models.target_net import TargetNet


@keras.saving.register_keras_serializable("gfla_tf")
class PoseGenerator(PairGenerator):
    """Puts the person of a source image into a target pose (CVPR 2020).

    Input: dict of source_image (batch, H, W, 3) in [-1, 1], source_pose and target_pose (batch, H, W, pose_channels) in [0, 1].
    Output: dict of generated (batch, H, W, 3) in [-1, 1]; flow_L (batch, H/2^L, W/2^L, 2) in pixels of level L and mask_L
    (batch, H/2^L, W/2^L, 1) for each attention level L, coarsest first. See `PairGenerator` for ablations and errors.

    >>> generator = gfla_tf.PoseGenerator.from_preset("pose_deepfashion", weights="latest_net_G.pth")
    >>> outputs = generator({"source_image": ..., "source_pose": ..., "target_pose": ...})
    >>> outputs["generated"], outputs["flow_3"], outputs["mask_3"]

    Args:
        pose_channels: number of maps in a pose.
        image_size: (height, width), divisible by 2^depth and 2^flow_depth.
        attention: "local" (the method), or an ablation: "bilinear", "global", "none", "appearance_flow".
        attention_kernels: level -> n, odd: levels with attention and the size of the patch that is attended to; None for
            {3: 3, 2: 5}.
        attention_units: width of the layer that compares patches, in local attention.
        normalize_source: instance norm in the encoder that sees the source image, as published. Without it absolute colors
            survive, which matters where sources do not share a background.
        return_attention: also output the attention coefficients, attention_L (batch, H/2^L, W/2^L, n * n).
        base_channels, max_channels, depth: of source encoder and target net: how often the size is halved, and the width at
            depth d, which is base * min(2^d, max // base).
        flow_base_channels, flow_max_channels, flow_depth: the same of the flow estimators.
        flow_limbs: pairs of joints, with which flows are what remains to be added to how these limbs move; None, as
            published, for the whole flow.
    """

    task = "pose"
    condition, estimator, drawer = "pose", FlowEstimator, TargetNet

    def __init__(
        self, pose_channels: int = 18, image_size: Sequence[int] = (256, 256), attention: str = "local",
        attention_kernels: Mapping[int, int] | None = None, attention_units: int = 128,
        normalize_source: bool = True, return_attention: bool = False, base_channels: int = 64,
        max_channels: int = 512, depth: int = 3, flow_base_channels: int = 32, flow_max_channels: int = 256,
        flow_depth: int = 5, flow_limbs: Sequence[Sequence[int]] | None = None, name: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__(arguments(locals()))

    @classmethod
    def condition_shape(cls, image_size, pose_channels):
        return (*image_size, pose_channels)
