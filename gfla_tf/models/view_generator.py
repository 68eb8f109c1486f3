"""View synthesis: an object from another side, out of one picture."""

import keras

from gfla_tf.models.flow_estimator import ViewFlowEstimator
from gfla_tf.models.pair_generator import PairGenerator
from gfla_tf.models.target_net import ViewTargetNet


@keras.saving.register_keras_serializable("gfla_tf")
class ViewGenerator(PairGenerator):
    """Turns the object of a source image to a target view (CVPR 2020, section 4.4). See `PairGenerator` for outputs and errors.

    Input: dict of source_image (batch, H, W, 3) in [-1, 1]; source_view and target_view (batch, view_channels): azimuth and
    elevation, each one-hot, one behind the other, see `gfla_tf.keypoints.views`.

    Args:
        view_channels: length of a view; 21 for 18 azimuths and 3 elevations.
        normalize_view: instance norm where views have joined, as published; see `ViewFlowEstimator`.
        kwargs: attention, normalize_source and return_attention, see `PairGenerator`; image_size, attention_kernels, widths and
            depths, see `Generator`.
    """

    condition, estimator, drawer = "view", ViewFlowEstimator, ViewTargetNet
    extra_depth = 2

    def __init__(self, view_channels=21, normalize_view=True, **kwargs):
        super().__init__({"view_channels": view_channels, "normalize_view": normalize_view}, **kwargs)

    @classmethod
    def condition_shape(cls, image_size, view_channels, normalize_view):
        return (view_channels,)
