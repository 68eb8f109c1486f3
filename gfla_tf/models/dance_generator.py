"""Dance animation: a flow estimator of its own for the previous frame and for the reference."""

import keras

from gfla_tf.models.animation_generator import SOURCES, AnimationGenerator
from gfla_tf.models.flow_estimator import FlowEstimator


@keras.saving.register_keras_serializable("gfla_tf")
class DanceGenerator(AnimationGenerator):
    """`AnimationGenerator` with two estimators, each over its image, its structure and the target structure."""

    @staticmethod
    def flow_estimators(*arguments):
        return {
            f"{source}_flow_estimator": FlowEstimator(*arguments, name=f"{source}_flow_estimator")
            for source in SOURCES
        }

    @staticmethod
    def estimate_flows(parts, inputs):
        flows = {}
        for source in SOURCES:
            estimated = parts[f"{source}_flow_estimator"](
                {
                    "source_image": inputs[f"{source}_image"],
                    "source_pose": inputs[f"{source}_structure"],
                    "target_pose": inputs["target_structure"],
                }
            )
            flows |= {name.replace("_", f"_{source}_"): value for name, value in estimated.items()}
        return flows
