"""Face animation: one flow estimator that sees everything and points into the previous frame and the reference."""

import keras

from gfla_tf.models.animation_generator import AnimationGenerator
from gfla_tf.models.flow_estimator import FaceFlowEstimator


@keras.saving.register_keras_serializable("gfla_tf")
class FaceGenerator(AnimationGenerator):
    """`AnimationGenerator` with one estimator over both images and the three structures."""

    @classmethod
    def estimate_flows(cls, inputs, settings):
        estimator = FaceFlowEstimator(name="flow_estimator", **settings)
        return {"flow_estimator": estimator}, estimator(inputs)
