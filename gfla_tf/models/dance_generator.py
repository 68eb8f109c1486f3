"""Dance animation: a flow estimator of its own for the previous frame and for the reference."""

from collections.abc import Mapping, Sequence

import keras

from gfla_tf.models.animation_generator import SOURCES, AnimationGenerator
from gfla_tf.models.configured import arguments
from gfla_tf.models.flow_estimator import FlowEstimator


@keras.saving.register_keras_serializable("gfla_tf")
class DanceGenerator(AnimationGenerator):
    """`AnimationGenerator` with two estimators, each over its image, its structure and the target structure.

    >>> generator = gfla_tf.DanceGenerator.from_preset("dance_fashionvideo", weights="latest_net_G.pth")
    >>> frames = [outputs["generated"] for outputs in animate(generator, image, structure, target_structures)]

    Args:
        structure_channels: of a structure: 17 heat maps and a drawn skeleton.
        image_size: (height, width), divisible by 2^depth and 2^flow_depth.
        attention_kernels: level -> n, odd: levels with attention and the size of the patch that is attended to; None for
            {3: 3, 2: 5}.
        attention_units: width of the layer that compares patches, in local attention.
        normalize_source: instance norm in the source encoders, as published, see `PoseGenerator`.
        base_channels, max_channels, depth: of source encoder and target net: how often the size is halved, and the width at
            depth d, which is base * min(2^d, max // base).
        flow_base_channels, flow_max_channels, flow_depth: the same of the flow estimators.
        flow_limbs: pairs of joints, with which flows are what remains to be added to how these limbs move; None, as
            published, for the whole flow.
    """

    task = "dance"

    def __init__(
        self, structure_channels: int = 20, image_size: Sequence[int] = (256, 256),
        attention_kernels: Mapping[int, int] | None = None, attention_units: int = 128,
        normalize_source: bool = True, base_channels: int = 64, max_channels: int = 512, depth: int = 3,
        flow_base_channels: int = 32, flow_max_channels: int = 256, flow_depth: int = 5,
        flow_limbs: Sequence[Sequence[int]] | None = None, name: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__(arguments(locals()))

    @classmethod
    def estimate_flows(cls, inputs, settings):
        settings, parts, flows = dict(settings), {}, {}
        pose_channels = settings.pop("structure_channels")
        for source in SOURCES:
            name = f"{source}_flow_estimator"
            parts[name] = FlowEstimator(pose_channels=pose_channels, name=name, **settings)
            estimated = parts[name](
                {
                    "source_image": inputs[f"{source}_image"],
                    "source_pose": inputs[f"{source}_structure"],
                    "target_pose": inputs["target_structure"],
                }
            )
            flows |= {key.replace("_", f"_{source}_"): value for key, value in estimated.items()}
        return parts, flows
