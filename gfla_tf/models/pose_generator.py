"""Pose-guided person image generator: source encoder, global flow estimator and target net in one model."""

import keras

from gfla_tf.models.flow_estimator import FlowEstimator
from gfla_tf.models.generator import Generator, checked_settings
from gfla_tf.models.source_encoder import SourceEncoder
from gfla_tf.models.target_net import TargetNet


@keras.saving.register_keras_serializable("gfla_tf")
class PoseGenerator(Generator):
    """Puts the person of a source image into a target pose (CVPR 2020).

    Input: dict of source_image (batch, H, W, 3) in [-1, 1], source_pose and target_pose (batch, H, W, pose_channels) in [0, 1].
    Output: dict of generated (batch, H, W, 3) in [-1, 1]; flow_L (batch, H/2^L, W/2^L, 2) in pixels of level L and mask_L
    (batch, H/2^L, W/2^L, 1) for each attention level L, coarsest first; with `return_attention`, attention_L (..., n * n).

    Args:
        image_size: (height, width), divisible by 2^flow_depth and by 2^depth.
        pose_channels: number of heat maps in a pose.
        attention: "local" (the method), or an ablation: "bilinear", "global" or "none".
        attention_kernels: level -> size of the attended patch; its keys are the attention levels.
        attention_units: width of the layer that compares patches, in local attention.
        base_channels, max_channels, depth: widths and depth of the source encoder and the target net.
        flow_base_channels, flow_max_channels, flow_depth: those of the flow estimator.
        return_attention: also output the attention coefficients.

    Raises:
        GflaError: the image size does not fit the depth, or an attention level does not exist.
    """

    def __init__(
        self,
        image_size=(256, 256),
        pose_channels=18,
        attention="local",
        attention_kernels=None,
        attention_units=128,
        base_channels=64,
        max_channels=512,
        depth=3,
        flow_base_channels=32,
        flow_max_channels=256,
        flow_depth=5,
        return_attention=False,
        **kwargs,
    ):
        image_size, kernels = checked_settings(image_size, attention_kernels, depth, flow_depth)
        has_flow = attention in ("local", "bilinear")

        # === Layers ===
        source_encoder = flow_estimator = None
        if attention != "none":
            source_encoder = SourceEncoder(
                image_size, base_channels, max_channels, depth, name="source_encoder"
            )
        if has_flow:
            flow_estimator = FlowEstimator(
                image_size, pose_channels, kernels, flow_base_channels, flow_max_channels, flow_depth,
                name="flow_estimator",
            )  # fmt: skip
        target_net = TargetNet(
            image_size, pose_channels, attention, kernels, attention_units, base_channels, max_channels, depth,
            name="target_net",
        )  # fmt: skip

        # === Functional model ===
        inputs = {
            "source_image": keras.Input((*image_size, 3), name="source_image"),
            "source_pose": keras.Input((*image_size, pose_channels), name="source_pose"),
            "target_pose": keras.Input((*image_size, pose_channels), name="target_pose"),
        }
        available = dict(inputs)
        flows = flow_estimator(inputs) if has_flow else {}
        available.update(flows)
        if source_encoder is not None:
            features = source_encoder(inputs["source_image"])
            available.update({name.replace("level", "source"): value for name, value in features.items()})
        drawn = target_net({name: available[name] for name in target_net.input})
        if not return_attention:
            drawn = {"generated": drawn["generated"]}

        # === Config ===
        parts = {
            "source_encoder": source_encoder,
            "flow_estimator": flow_estimator,
            "target_net": target_net,
        }
        config = {
            "image_size": image_size,
            "pose_channels": pose_channels,
            "attention": attention,
            "attention_kernels": kernels,
            "attention_units": attention_units,
            "base_channels": base_channels,
            "max_channels": max_channels,
            "depth": depth,
            "flow_base_channels": flow_base_channels,
            "flow_max_channels": flow_max_channels,
            "flow_depth": flow_depth,
            "return_attention": return_attention,
        }
        super().__init__(inputs, {**drawn, **flows}, parts, config, **kwargs)

    @property
    def levels(self):
        """Levels with a flow, coarsest first; none in the ablations without one."""
        return super().levels if self.flow_estimator else ()
