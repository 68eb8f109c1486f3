"""Target net: draws the target from its pose, taking from the source's features what the flow points at."""

import keras

from gfla_tf.layers.attention import BilinearSampling, GlobalAttention, LocalAttention
from gfla_tf.layers.blocks import DecoderBlock, EncoderBlock, ImageOutput, ResBlock
from gfla_tf.models.widths import width

ATTENTION_KINDS = ("local", "bilinear", "global", "none")


@keras.saving.register_keras_serializable("gfla_tf")
class Blend(keras.layers.Layer):
    """target * (1 - share) + sampled * share. (Keras reserves the argument name `mask`.)"""

    def call(self, target, sampled, share):
        return target * (1 - share) + sampled * share

    def compute_output_shape(self, target_shape, sampled_shape, share_shape):
        return tuple(target_shape)


@keras.saving.register_keras_serializable("gfla_tf")
class TargetNet(keras.Model):
    """Encoder-decoder over the target pose with attention to the source before the decoders (CVPR 2020, section 3.2).

    Input: dict of target_pose (batch, H, W, pose_channels) and, by the kind of attention,
      local, bilinear: source_L (batch, H/2^L, W/2^L, channels), flow_L and mask_L for each attention level L;
      global: source_L;
      none: source_image and source_pose, which are concatenated to the target pose.
    Output: dict of generated (batch, H, W, 3) in [-1, 1] and, for local attention, attention_L (batch, H/2^L, W/2^L, n * n).

    Args:
        image_size: (height, width).
        pose_channels: number of heat maps in a pose.
        attention: one of ATTENTION_KINDS.
        attention_kernels: level -> n, the size of the attended patch.
        attention_units: width of the layer that compares patches, in local attention.
        base_channels, max_channels: width at depth d is base * min(2^d, max // base).
        depth: number of times the size is halved.
    """

    def __init__(
        self,
        image_size,
        pose_channels=18,
        attention="local",
        attention_kernels=None,
        attention_units=128,
        base_channels=64,
        max_channels=512,
        depth=3,
        **kwargs,
    ):
        if attention not in ATTENTION_KINDS:
            raise ValueError(f"attention must be one of {', '.join(ATTENTION_KINDS)}; got {attention!r}.")
        kernels = {int(level): int(n) for level, n in (attention_kernels or {3: 3, 2: 5}).items()}

        def channels(d):
            return width(d, base_channels, max_channels)

        # === Layers ===
        encoders = [
            EncoderBlock(channels(d), name="block0" if d == 0 else f"encoder{d - 1}") for d in range(depth)
        ]
        residuals, decoders, attentions = [], [], {}
        for i in range(depth):
            hidden = channels(depth - 1 - i)
            residuals.append(ResBlock(hidden, hidden, name=f"residual{i}"))
            decoders.append(DecoderBlock(channels(max(depth - 2 - i, 0)), hidden, name=f"decoder{i}"))
            level = depth - i
            if level in kernels and attention == "local":
                attentions[level] = LocalAttention(kernels[level], attention_units, name=f"attn{i}")
            elif level in kernels and attention == "bilinear":
                attentions[level] = BilinearSampling(name=f"attn{i}")
            elif level in kernels and attention == "global":
                attentions[level] = GlobalAttention(name=f"attn{i}")
        to_image = ImageOutput(name="outconv")

        # === Functional model ===
        inputs = {"target_pose": keras.Input((*image_size, pose_channels), name="target_pose")}
        x = inputs["target_pose"]
        if attention == "none":
            inputs["source_image"] = keras.Input((*image_size, 3), name="source_image")
            inputs["source_pose"] = keras.Input((*image_size, pose_channels), name="source_pose")
            x = keras.layers.Concatenate(name="inputs")(list(inputs.values()))
        for encoder in encoders:
            x = encoder(x)
        coefficients = {}
        for i in range(depth):
            level = depth - i
            if level in attentions:
                size = (image_size[0] >> level, image_size[1] >> level)
                source = keras.Input((*size, channels(level - 1)), name=f"source_{level}")
                inputs[source.name] = source
                if attention == "global":
                    x = attentions[level](x, source)
                else:
                    flow = keras.Input((*size, 2), name=f"flow_{level}")
                    mask = keras.Input((*size, 1), name=f"mask_{level}")
                    inputs[flow.name], inputs[mask.name] = flow, mask
                    if attention == "local":
                        sampled, coefficients[f"attention_{level}"] = attentions[level](x, source, flow)
                    else:
                        sampled = attentions[level](source, flow)
                    x = Blend(name=f"blend{i}")(x, sampled, mask)
            x = decoders[i](residuals[i](x))
        super().__init__(inputs, {"generated": to_image(x), **coefficients}, **kwargs)

        # === Config ===
        self.image_size = tuple(image_size)
        self.pose_channels = pose_channels
        self.attention = attention
        self.attention_kernels = kernels
        self.attention_units = attention_units
        self.base_channels = base_channels
        self.max_channels = max_channels
        self.depth = depth

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
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        return cls(**config)
