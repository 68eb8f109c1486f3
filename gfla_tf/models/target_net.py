"""Target nets: they draw the target from its structure, taking from the source's features what the flow points at.

One decoder with attention; the tasks differ in what it starts from and in how many sources it attends to.
"""

from collections.abc import Mapping, Sequence

import keras

from gfla_tf.errors import GflaError
from gfla_tf.layers.attention import BilinearSampling, GlobalAttention, LocalAttention
from gfla_tf.layers.blocks import DecoderBlock, EncoderBlock, ImageOutput, ResBlock
from gfla_tf.layers.tile import Tile
from gfla_tf.models.channels import channels_at
from gfla_tf.models.configured import ConfiguredModel, arguments

ATTENTION_KINDS = ("local", "bilinear", "global", "none")


@keras.saving.register_keras_serializable("gfla_tf")
class Blend(keras.layers.Layer):
    """target * (1 - share) + sampled * share. (Keras reserves the argument name `mask`.)"""

    def call(self, target, sampled, share):
        return target * (1 - share) + sampled * share

    def compute_output_shape(self, target_shape, sampled_shape, share_shape):
        return tuple(target_shape)


class AttentiveDecoder(ConfiguredModel):
    """Decoder with attention to the source before its stages (CVPR 2020, section 3.2).

    Stage i starts at level depth - i. With several sources the blends of the features with each are added (TIP 2020, section 4).
    Inputs that it adds: for each source and attention level, source_L (batch, H/2^L, W/2^L, channels), and flow_L and mask_L for
    local and bilinear attention; with several sources source_SOURCE_L, flow_SOURCE_L, mask_SOURCE_L.
    Output: dict of generated (batch, H, W, 3) in [-1, 1] and, for local attention, attention_L (batch, H/2^L, W/2^L, n * n).

    Args:
        inputs: dict of the inputs that the features are made of.
        start: makes them, at level depth: called with the widths by depth (a function) and the depth.
        given: {argument of the subclass's constructor: value}, name among them; beside its own:
            image_size: (height, width).
            attention: one of ATTENTION_KINDS.
            attention_kernels: level -> n, the size of the attended patch.
            attention_units: width of the layer that compares patches, in local attention.
            base_channels, max_channels: width at depth d is base * min(2^d, max // base).
            depth: number of stages.
            return_features: also output what the image is made of, features (batch, H, W, channels).
        sources: what stands between `source`, `flow`, `mask` and the level, for each source.
    """

    def __init__(self, inputs, start, given, sources=("",)):
        name, image_size, attention, depth = (
            given.pop("name"), given["image_size"], given["attention"], given["depth"],
        )  # fmt: skip
        if attention not in ATTENTION_KINDS:
            raise GflaError(
                f"There is no attention {attention!r}: choose one of {', '.join(ATTENTION_KINDS)}."
            )
        kernels = {int(level): int(n) for level, n in (given["attention_kernels"] or {3: 3, 2: 5}).items()}

        def channels(d):
            return channels_at(d, given["base_channels"], given["max_channels"])

        def attend(target, i, source):
            """The blend of the target's features and those of one source, at stage i."""
            level, tag = depth - i, f"{source[:2]}{i}"
            size = (image_size[0] >> level, image_size[1] >> level)

            def add_input(kind, count):
                name = f"{kind}{source}_{level}"
                inputs[name] = keras.Input((*size, count), name=name)
                return inputs[name]

            features = add_input("source", channels(level - 1))
            if attention == "global":
                return GlobalAttention(name=f"attn{tag}")(target, features)
            flow, mask = add_input("flow", 2), add_input("mask", 1)
            if attention == "local":
                layer = LocalAttention(kernels[level], given["attention_units"], name=f"attn{tag}")
                sampled, coefficients[f"attention{source}_{level}"] = layer(target, features, flow)
            else:
                sampled = BilinearSampling(name=f"attn{tag}")(features, flow)
            return Blend(name=f"blend{tag}")(target, sampled, mask)

        # === Layers and functional model ===
        inputs, coefficients, x = dict(inputs), {}, start(channels, depth)
        for i in range(depth):
            hidden = channels(depth - 1 - i)
            if depth - i in kernels and attention != "none":
                blends = [attend(x, i, source) for source in sources]
                x = keras.layers.Add(name=f"blends{i}")(blends) if len(blends) > 1 else blends[0]
            x = ResBlock(hidden, hidden, name=f"residual{i}")(x)
            x = DecoderBlock(channels(max(depth - 2 - i, 0)), hidden, name=f"decoder{i}")(x)
        outputs = {"generated": ImageOutput(name="outconv", dtype="float32")(x), **coefficients}
        if given["return_features"]:
            outputs["features"] = x

        config = {**given, "image_size": tuple(image_size), "attention_kernels": kernels}
        super().__init__(inputs, outputs, config, name=name)


@keras.saving.register_keras_serializable("gfla_tf")
class TargetNet(AttentiveDecoder):
    """Encoder of the target pose and `AttentiveDecoder`.

    Input: dict of target_pose (batch, H, W, pose_channels) and what the decoder adds; without attention source_image and
    source_pose, which are concatenated to the target pose.

    Args:
        image_size: (height, width).
        pose_channels: number of heat maps in a pose.
        attention: one of ATTENTION_KINDS.
        sources: ("",), or those of an animation, for which a pose is called structure.
        normalize_source: instance norm in the encoder if it sees the source image.
        others: see `AttentiveDecoder`.
    """

    def __init__(
        self, image_size: Sequence[int], pose_channels: int = 18, attention: str = "local",
        sources: Sequence[str] = ("",), normalize_source: bool = True,
        attention_kernels: Mapping[int, int] | None = None, attention_units: int = 128,
        base_channels: int = 64, max_channels: int = 512, depth: int = 3, return_features: bool = False,
        name: str | None = None,
    ) -> None:  # fmt: skip
        given = {**arguments(locals()), "sources": tuple(sources)}
        inputs = {"target_pose": keras.Input((*image_size, pose_channels), name="target_pose")}
        if attention == "none":
            inputs["source_image"] = keras.Input((*image_size, 3), name="source_image")
            inputs["source_pose"] = keras.Input((*image_size, pose_channels), name="source_pose")

        def encode(channels, depth):
            x = inputs["target_pose"]
            if len(inputs) > 1:
                x = keras.layers.Concatenate(name="inputs")(list(inputs.values()))
            for d in range(depth):
                name = "block0" if d == 0 else f"encoder{d - 1}"
                x = EncoderBlock(channels(d), normalize=normalize_source or len(inputs) == 1, name=name)(x)
            return x

        super().__init__(
            inputs,
            encode,
            given,
            sources,
        )


@keras.saving.register_keras_serializable("gfla_tf")
class ViewTargetNet(AttentiveDecoder):
    """Draws an object from its view alone: two decoder blocks on the tiled view, then `AttentiveDecoder`.

    Input: dict of target_view (batch, view_channels), one-hot, and what the decoder adds. The view is tiled at level depth + 2.
    Without attention also source_image and source_view: the encoded image and both views are what is decoded.

    Args:
        image_size: (height, width).
        view_channels: length of a view.
        attention: one of ATTENTION_KINDS.
        normalize_source: instance norm in the encoder, if it sees the source image.
        normalize_view: instance norm in the first two blocks, which see the view; see `ViewFlowEstimator`.
        others: see `AttentiveDecoder`.
    """

    def __init__(
        self, image_size: Sequence[int], view_channels: int = 21, attention: str = "local",
        normalize_source: bool = True, normalize_view: bool = True,
        attention_kernels: Mapping[int, int] | None = None, attention_units: int = 128,
        base_channels: int = 64, max_channels: int = 512, depth: int = 3, return_features: bool = False,
        name: str | None = None,
    ) -> None:  # fmt: skip
        given = arguments(locals())
        inputs = {"target_view": keras.Input((view_channels,), name="target_view")}
        if attention == "none":
            inputs["source_view"] = keras.Input((view_channels,), name="source_view")
            inputs["source_image"] = keras.Input((*image_size, 3), name="source_image")

        def unfold(channels, depth):
            size = (image_size[0] >> (depth + 2), image_size[1] >> (depth + 2))
            x = Tile(size, name="tiled")(inputs["target_view"])
            if attention != "none":
                x = DecoderBlock(
                    channels(0),
                    view_channels,
                    has_constant_maps=True,
                    normalize=normalize_view,
                    name="block0",
                )(x)
                return DecoderBlock(
                    channels(depth - 1), channels(0), normalize=normalize_view, name="block1"
                )(x)
            features = inputs["source_image"]
            for d in range(depth + 2):
                name = f"encoder{d}"
                features = EncoderBlock(channels(d), normalize=normalize_source, name=name)(features)
            source_view = Tile(size, name="source_tiled")(inputs["source_view"])
            x = keras.layers.Concatenate(name="joined")([features, x, source_view])
            x = ResBlock(channels(depth + 1), x.shape[-1], normalize=normalize_view, name="join")(x)
            for d in (depth, depth - 1):
                name = f"block{depth - d}"
                x = DecoderBlock(channels(d), channels(d + 1), normalize=normalize_view, name=name)(x)
            return x

        super().__init__(
            inputs,
            unfold,
            given,
        )
