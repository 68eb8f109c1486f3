"""Pose-guided person image generator: source encoder, global flow estimator and target net in one model."""

import keras

from gfla_tf.models.flow_estimator import FlowEstimator
from gfla_tf.models.generator import Generator
from gfla_tf.models.target_net import TargetNet


@keras.saving.register_keras_serializable("gfla_tf")
class PoseGenerator(Generator):
    """Puts the person of a source image into a target pose (CVPR 2020).

    Input: dict of source_image (batch, H, W, 3) in [-1, 1], source_pose and target_pose (batch, H, W, pose_channels) in [0, 1].
    Output: dict of generated (batch, H, W, 3) in [-1, 1]; flow_L (batch, H/2^L, W/2^L, 2) in pixels of level L and mask_L
    (batch, H/2^L, W/2^L, 1) for each attention level L, coarsest first; with `return_attention`, attention_L (..., n * n).

    Args:
        pose_channels: number of heat maps in a pose.
        attention: "local" (the method), or an ablation: "bilinear", "global" or "none".
        normalize_source: instance norm in the encoder that sees the source image, as published. Without it absolute colours
            survive,
            which matters where sources do not share a background.
        return_attention: also output the attention coefficients.
        kwargs: image_size, attention_kernels, widths and depths, see `Generator`.

    Raises:
        GflaError: the image size does not fit the depth, or an attention level does not exist.
    """

    def __init__(
        self, pose_channels=18, attention="local", normalize_source=True, return_attention=False, **kwargs
    ):
        settings = {
            "pose_channels": pose_channels,
            "attention": attention,
            "normalize_source": normalize_source,
            "return_attention": return_attention,
        }
        super().__init__(settings, **kwargs)

    @classmethod
    def assemble(
        cls,
        source_encoder,
        flow_settings,
        target_settings,
        pose_channels,
        attention,
        normalize_source,
        return_attention,
    ):
        has_flow, image_size = attention in ("local", "bilinear"), flow_settings["image_size"]

        # === Layers ===
        parts = {"source_encoder": None, "flow_estimator": None}
        if attention != "none":
            parts["source_encoder"] = source_encoder("source_encoder", normalize=normalize_source)
        if has_flow:
            parts["flow_estimator"] = FlowEstimator(
                pose_channels=pose_channels, name="flow_estimator", **flow_settings
            )
        target_net = parts["target_net"] = TargetNet(
            pose_channels=pose_channels,
            attention=attention,
            normalize_source=normalize_source,
            name="target_net",
            **target_settings,
        )

        # === Functional model ===
        inputs = {
            "source_image": keras.Input((*image_size, 3), name="source_image"),
            "source_pose": keras.Input((*image_size, pose_channels), name="source_pose"),
            "target_pose": keras.Input((*image_size, pose_channels), name="target_pose"),
        }
        flows = parts["flow_estimator"](inputs) if has_flow else {}
        available = {**inputs, **flows}
        if parts["source_encoder"] is not None:
            features = parts["source_encoder"](inputs["source_image"])
            available |= {name.replace("level", "source"): value for name, value in features.items()}
        drawn = target_net({name: available[name] for name in target_net.input})
        if not return_attention:
            drawn = {"generated": drawn["generated"]}
        return inputs, {**drawn, **flows}, parts

    @property
    def levels(self):
        """Levels with a flow, coarsest first; none in the ablations without one."""
        return super().levels if self.flow_estimator else ()
