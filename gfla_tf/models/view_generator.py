"""View synthesis: an object from another side, out of one picture."""

from collections.abc import Mapping, Sequence

import keras

from gfla_tf.models.configured import arguments
from gfla_tf.models.flow_estimator import ViewFlowEstimator
from gfla_tf.models.pair_generator import PairGenerator
from gfla_tf.models.target_net import ViewTargetNet


@keras.saving.register_keras_serializable("gfla_tf")
class ViewGenerator(PairGenerator):
    """Turns the object of a source image to a target view (CVPR 2020, section 4.4). See `PairGenerator` for outputs and errors.

    Input: dict of source_image (batch, H, W, 3) in [-1, 1]; source_view and target_view (batch, view_channels): azimuth and
    elevation, each one-hot, one behind the other, see `gfla_tf.keypoints.views`.

    >>> generator = gfla_tf.ViewGenerator.from_preset("view_shapenet")
    >>> generator({"source_image": ..., "source_view": ..., "target_view": ...})["generated"]

    Args:
        view_channels: length of a view; 21 for 18 azimuths and 3 elevations.
        image_size: (height, width), divisible by 2^(depth + 2) and 2^flow_depth.
        attention: "local" (the method), or an ablation: "bilinear", "global", "none", "appearance_flow".
        attention_kernels: level -> n, odd: levels with attention and the size of the patch that is attended to; None for
            {3: 3, 2: 5}.
        attention_units: width of the layer that compares patches, in local attention.
        normalize_source: instance norm in the encoder that sees the source image, as published; see `PoseGenerator`.
        normalize_view: instance norm where views have joined, as published; see `ViewFlowEstimator`.
        return_attention: also output the attention coefficients, attention_L (batch, H/2^L, W/2^L, n * n).
        base_channels, max_channels, depth: of source encoder and target net: how often the size is halved, and the width at
            depth d, which is base * min(2^d, max // base).
        flow_base_channels, flow_max_channels, flow_depth: the same of the flow estimators.
        flow_limbs: None; views have no limbs.
    """

    task = "view"
    condition, estimator, drawer = "view", ViewFlowEstimator, ViewTargetNet
    extra_depth = 2

    def __init__(
        self, view_channels: int = 21, image_size: Sequence[int] = (256, 256), attention: str = "local",
        attention_kernels: Mapping[int, int] | None = None, attention_units: int = 128,
        normalize_source: bool = True, normalize_view: bool = True, return_attention: bool = False,
        base_channels: int = 64, max_channels: int = 512, depth: int = 3, flow_base_channels: int = 32,
        flow_max_channels: int = 256, flow_depth: int = 5, flow_limbs: None = None, name: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__(arguments(locals()))

    @classmethod
    def condition_shape(cls, image_size, view_channels, normalize_view):
        return (view_channels,)
