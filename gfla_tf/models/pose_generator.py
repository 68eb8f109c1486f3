"""Pose-guided person image generator: source encoder, global flow estimator and target net in one model."""

import keras

from gfla_tf.errors import GflaError
from gfla_tf.models.flow_estimator import FlowEstimator
from gfla_tf.models.source_encoder import SourceEncoder
from gfla_tf.models.target_net import TargetNet


@keras.saving.register_keras_serializable("gfla_tf")
class PoseGenerator(keras.Model):
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
        image_size = tuple(int(extent) for extent in image_size)
        kernels = {int(level): int(n) for level, n in (attention_kernels or {3: 3, 2: 5}).items()}
        _check(image_size, kernels, depth, flow_depth)
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
        super().__init__(inputs, {**drawn, **flows}, **kwargs)

        # === Config ===
        self.source_encoder = source_encoder
        self.flow_estimator = flow_estimator
        self.target_net = target_net
        self.image_size = image_size
        self.pose_channels = pose_channels
        self.attention = attention
        self.attention_kernels = kernels
        self.attention_units = attention_units
        self.base_channels = base_channels
        self.max_channels = max_channels
        self.depth = depth
        self.flow_base_channels = flow_base_channels
        self.flow_max_channels = flow_max_channels
        self.flow_depth = flow_depth
        self.return_attention = return_attention

    @property
    def levels(self):
        """Levels with a flow, coarsest first."""
        return tuple(sorted(self.attention_kernels, reverse=True)) if self.flow_estimator else ()

    def get_config(self):
        return {
            "name": self.name,
            "image_size": self.image_size,
            "pose_channels": self.pose_channels,
            "attention": self.attention,
            "attention_kernels": {str(level): n for level, n in self.attention_kernels.items()},
            "attention_units": self.attention_units,
            "base_channels": self.base_channels,
            "max_channels": self.max_channels,
            "depth": self.depth,
            "flow_base_channels": self.flow_base_channels,
            "flow_max_channels": self.flow_max_channels,
            "flow_depth": self.flow_depth,
            "return_attention": self.return_attention,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        return cls(**config)


def _check(image_size, kernels, depth, flow_depth):
    multiple = 2 ** max(depth, flow_depth)
    if len(image_size) != 2 or any(extent <= 0 or extent % multiple for extent in image_size):
        raise GflaError(
            f"image_size {list(image_size)} does not fit the network: height and width must be multiples of {multiple}."
        )
    for level, n in kernels.items():
        if not 1 <= level <= min(depth, flow_depth - 1):
            raise GflaError(
                f"attention level {level} does not exist: choose levels from 1 to {min(depth, flow_depth - 1)}."
            )
        if n < 1 or n % 2 == 0:
            raise GflaError(f"the attention kernel at level {level} is {n}: it must be odd.")
