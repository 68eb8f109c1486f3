"""Face animation: one flow estimator that sees everything and points into the previous frame and the reference."""

from collections.abc import Mapping, Sequence

import keras

from gfla_tf.models.animation_generator import AnimationGenerator
from gfla_tf.models.configured import arguments
from gfla_tf.models.flow_estimator import FaceFlowEstimator


@keras.saving.register_keras_serializable("gfla_tf")
class FaceGenerator(AnimationGenerator):
    """`AnimationGenerator` with one estimator over both images and the three structures.

    >>> generator = gfla_tf.FaceGenerator.from_preset("face_forensics", weights="latest_net_G.pth")

    Args:
        structure_channels: of a structure, see `gfla_tf.keypoints.face_structure`.
        image_size: (height, width), divisible by 2^depth and 2^flow_depth.
        attention_kernels: level -> n, odd: levels with attention and the size of the patch that is attended to; None for
            {3: 3, 2: 5}.
        attention_units: width of the layer that compares patches, in local attention.
        normalize_source: instance norm in the source encoders, as published, see `PoseGenerator`.
        base_channels, max_channels, depth: of source encoder and target net: how often the size is halved, and the width at
            depth d, which is base * min(2^d, max // base).
        flow_base_channels, flow_max_channels, flow_depth: the same of the flow estimators.
        flow_limbs: None; faces have no limbs.
    """

    task = "face"

    def __init__(
        self, structure_channels: int = 16, image_size: Sequence[int] = (256, 256),
        attention_kernels: Mapping[int, int] | None = None, attention_units: int = 128,
        normalize_source: bool = True, base_channels: int = 64, max_channels: int = 512, depth: int = 3,
        flow_base_channels: int = 32, flow_max_channels: int = 256, flow_depth: int = 5,
        flow_limbs: None = None, name: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__(arguments(locals()))

    @classmethod
    def estimate_flows(cls, inputs, settings):
        estimator = FaceFlowEstimator(name="flow_estimator", **settings)
        return {"flow_estimator": estimator}, estimator(inputs)
