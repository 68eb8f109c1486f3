"""Dance animation: a flow estimator of its own for the previous frame and for the reference."""

import keras

from gfla_tf.models.animation_generator import SOURCES, AnimationGenerator
from gfla_tf.models.flow_estimator import FlowEstimator


@keras.saving.register_keras_serializable("gfla_tf")
class DanceGenerator(AnimationGenerator):
    """`AnimationGenerator` with two estimators, each over its image, its structure and the target structure."""

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
