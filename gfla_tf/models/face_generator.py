"""Face animation: one flow estimator that sees everything and points into the previous frame and the reference."""

import keras

from gfla_tf.models.animation_generator import AnimationGenerator
from gfla_tf.models.flow_estimator import FaceFlowEstimator


@keras.saving.register_keras_serializable("gfla_tf")
class FaceGenerator(AnimationGenerator):
    """`AnimationGenerator` with one estimator over both images and the three structures."""

    @staticmethod
    def flow_estimators(*arguments):
        return {"flow_estimator": FaceFlowEstimator(*arguments, name="flow_estimator")}

    @staticmethod
    def estimate_flows(parts, inputs):
        return parts["flow_estimator"](inputs)
