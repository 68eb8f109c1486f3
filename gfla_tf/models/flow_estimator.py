"""Global flow field estimator: where in the source each target position is found, and whether to believe it."""

import keras

from gfla_tf.layers.blocks import DecoderBlock, EncoderBlock, Jump
from gfla_tf.layers.convolution import convolution
from gfla_tf.models.widths import width


@keras.saving.register_keras_serializable("gfla_tf")
class FlowEstimator(keras.Model):
    """U-Net over the source image and both poses, with a flow and a mask head at each attention level (CVPR 2020, section 3.1).

    Input: dict of source_image (batch, H, W, 3), source_pose and target_pose (batch, H, W, pose_channels).
    Output: dict of flow_L (batch, H/2^L, W/2^L, 2), in pixels of level L, and mask_L (batch, H/2^L, W/2^L, 1) in [0, 1], for each
    level L, coarsest first.

    Args:
        image_size: (height, width), both divisible by 2^depth.
        pose_channels: number of heat maps in a pose.
        levels: the attention levels.
        base_channels, max_channels: width at depth d is base * min(2^d, max // base).
        depth: number of times the size is halved on the way down.
    """

    def __init__(
        self,
        image_size,
        pose_channels=18,
        levels=(3, 2),
        base_channels=32,
        max_channels=256,
        depth=5,
        **kwargs,
    ):
        levels = sorted((int(level) for level in levels), reverse=True)

        def channels(d):
            return width(d, base_channels, max_channels)

        # === Layers ===
        encoders = [
            EncoderBlock(channels(d), name="block0" if d == 0 else f"encoder{d - 1}") for d in range(depth)
        ]
        stages = range(depth - levels[-1])  # decoder i ends at level depth - 1 - i
        decoders, jumps, flow_heads, mask_heads = {}, {}, {}, {}
        for i in stages:
            level = depth - 1 - i
            out = channels(level - 1)
            decoders[level] = DecoderBlock(out, out, name=f"decoder{i}")
            jumps[level] = Jump(out, name=f"jump{i}")
            if level in levels:
                flow_heads[level] = convolution(2, 3, name=f"output{i}")
                mask_heads[level] = convolution(1, 3, activation="sigmoid", name=f"mask{i}")

        # === Functional model ===
        inputs = {
            "source_image": keras.Input((*image_size, 3), name="source_image"),
            "source_pose": keras.Input((*image_size, pose_channels), name="source_pose"),
            "target_pose": keras.Input((*image_size, pose_channels), name="target_pose"),
        }
        x = keras.layers.Concatenate(name="inputs")(list(inputs.values()))
        features = []
        for encoder in encoders:
            x = encoder(x)
            features.append(x)
        outputs = {}
        for level, decoder in decoders.items():
            x = keras.layers.Add(name=f"skip_{level}")([decoder(x), jumps[level](features[level - 1])])
            if level in levels:
                outputs[f"flow_{level}"] = flow_heads[level](x)
                outputs[f"mask_{level}"] = mask_heads[level](x)
        super().__init__(inputs, outputs, **kwargs)

        # === Config ===
        self.image_size = tuple(image_size)
        self.pose_channels = pose_channels
        self.levels = tuple(levels)
        self.base_channels = base_channels
        self.max_channels = max_channels
        self.depth = depth

    def get_config(self):
        return {
            "name": self.name,
            "image_size": self.image_size,
            "pose_channels": self.pose_channels,
            "levels": self.levels,
            "base_channels": self.base_channels,
            "max_channels": self.max_channels,
            "depth": self.depth,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        return cls(**config)
