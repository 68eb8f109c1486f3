"""Global flow field estimators: where in the source each target position is found, and whether to believe it.

One U-Net; the tasks differ in what it looks at, in how many sources it points to and in what joins it at the bottom.
"""

from collections.abc import Sequence

import keras

from gfla_tf.layers.blocks import DecoderBlock, EncoderBlock, Jump, ResBlock
from gfla_tf.layers.convolution import convolution
from gfla_tf.layers.limb_flow import LimbFlow
from gfla_tf.layers.tile import Tile
from gfla_tf.models.channels import channels_at
from gfla_tf.models.configured import ConfiguredModel, arguments


class FlowNet(ConfiguredModel):
    """U-Net with a flow and a mask head at each attention level (CVPR 2020, section 3.1).

    Output: dict of flow_L (batch, H/2^L, W/2^L, 2), in pixels of level L, and mask_L (batch, H/2^L, W/2^L, 1) in [0, 1], for each
    level L, coarsest first; with several sources flow_SOURCE_L and mask_SOURCE_L for each.

    Args:
        inputs: dict of the model's inputs.
        x: what the encoder sees, made of the inputs: (batch, H, W, any), or a list of such, which are joined.
        given: {argument of the subclass's constructor: value}, name among them; beside its own:
            levels: the attention levels, or 0 for flows of pixels.
            base_channels, max_channels: width at depth d is base * min(2^d, max // base).
            depth: number of times the size is halved on the way down.
        sources: what stands between `flow` and the level in the outputs' names, for each source.
        at_bottom: changes the coarsest features before they are decoded.
        normalize: instance norm in the decoders.
        prior: {level: flow} to which what is estimated is added, as strings; only for one source.
    """

    def __init__(
        self,
        inputs,
        x,
        given,
        sources=("",),
        at_bottom=lambda features: features,
        normalize=True,
        prior=None,
    ):
        name, depth = given.pop("name"), given["depth"]
        levels = sorted((int(level) for level in given["levels"]), reverse=True)

        def channels(d):
            return channels_at(d, given["base_channels"], given["max_channels"])

        # === Layers ===
        encoders = [
            EncoderBlock(channels(d), name="block0" if d == 0 else f"encoder{d - 1}") for d in range(depth)
        ]
        stages = range(depth - levels[-1])  # decoder i ends at level depth - 1 - i
        decoders, jumps, flow_heads, mask_heads = {}, {}, {}, {}
        for i in stages:
            level = depth - 1 - i
            out = channels(max(level - 1, 0))
            decoders[level] = DecoderBlock(out, out, normalize=normalize, name=f"decoder{i}")
            if level:  # at level 0 there is nothing but the input
                jumps[level] = Jump(out, name=f"jump{i}")
            if level in levels:
                # In half precision a flow of 16 pixels would be known to a 64th of a pixel, or to an 8th.
                flow_heads[level] = convolution(2 * len(sources), 3, name=f"output{i}", dtype="float32")
                mask_heads[level] = convolution(len(sources), 3, activation="sigmoid", name=f"mask{i}")

        # === Functional model ===
        features = []
        for encoder in encoders:
            x = encoder(x)
            features.append(x)
        x = at_bottom(x)
        outputs = {}
        for level, decoder in decoders.items():
            x = decoder(x)
            if level:
                x = keras.layers.Add(name=f"skip_{level}")([x, jumps[level](features[level - 1])])
            if level in levels:
                flow, mask = flow_heads[level](x), mask_heads[level](x)
                if prior is not None:
                    flow = keras.layers.Add(name=f"moved_{level}", dtype="float32")([flow, prior[str(level)]])
                for i, source in enumerate(sources):
                    several = len(sources) > 1
                    outputs[f"flow{source}_{level}"] = flow[..., 2 * i : 2 * i + 2] if several else flow
                    outputs[f"mask{source}_{level}"] = mask[..., i : i + 1] if several else mask

        config = {**given, "image_size": tuple(given["image_size"]), "levels": tuple(levels)}
        super().__init__(inputs, outputs, config, name=name)


@keras.saving.register_keras_serializable("gfla_tf")
class FlowEstimator(FlowNet):
    """Sees the source image and both poses: the estimator of pose transfer, and of dances, which have two of them.

    Input: dict of source_image (batch, H, W, 3), source_pose and target_pose (batch, H, W, pose_channels). Output: see `FlowNet`.

    Args:
        image_size: (height, width), both divisible by 2^depth.
        pose_channels: number of heat maps in a pose.
        limbs: pairs of joints, with which the flow is estimated as what remains to be added to `LimbFlow`; None, as published,
            for the whole flow.
        levels: the attention levels, or 0 for flows of pixels.
        base_channels, max_channels: width at depth d is base * min(2^d, max // base).
        depth: number of times the size is halved on the way down.
    """

    def __init__(
        self, image_size: Sequence[int], pose_channels: int = 18,
        limbs: Sequence[Sequence[int]] | None = None, levels: Sequence[int] = (3, 2), base_channels: int = 32,
        max_channels: int = 256, depth: int = 5, name: str | None = None,
    ) -> None:  # fmt: skip
        given = arguments(locals())
        inputs = {
            "source_image": keras.Input((*image_size, 3), name="source_image"),
            "source_pose": keras.Input((*image_size, pose_channels), name="source_pose"),
            "target_pose": keras.Input((*image_size, pose_channels), name="target_pose"),
        }
        prior = None
        if limbs:
            layer = LimbFlow(limbs, levels, name="limb_flow", dtype="float32")
            prior = layer(inputs["source_pose"], inputs["target_pose"])
        super().__init__(
            inputs,
            list(inputs.values()),
            given,
            ("",),
            lambda features: features,
            True,
            prior,
        )


@keras.saving.register_keras_serializable("gfla_tf")
class FaceFlowEstimator(FlowNet):
    """Points into the previous frame and into the reference at once (TIP 2020, face animation).

    Input: dict of target_structure, previous_image, previous_structure, reference_image, reference_structure, images
    (batch, H, W, 3) and structures (batch, H, W, structure_channels). Output: see `FlowNet`; sources previous and reference.

    Args:
        image_size: (height, width), both divisible by 2^depth.
        structure_channels: channels of a structure.
        levels: the attention levels, or 0 for flows of pixels.
        base_channels, max_channels: width at depth d is base * min(2^d, max // base).
        depth: number of times the size is halved on the way down.
    """

    def __init__(
        self, image_size: Sequence[int], structure_channels: int = 16, levels: Sequence[int] = (3, 2),
        base_channels: int = 32, max_channels: int = 256, depth: int = 5, name: str | None = None,
    ) -> None:  # fmt: skip
        given = arguments(locals())
        names = (
            "target_structure",
            "previous_image",
            "previous_structure",
            "reference_image",
            "reference_structure",
        )
        inputs = {
            name: keras.Input((*image_size, 3 if name.endswith("image") else structure_channels), name=name)
            for name in names
        }
        super().__init__(
            inputs,
            list(inputs.values()),
            given,
            ("_previous", "_reference"),
        )


@keras.saving.register_keras_serializable("gfla_tf")
class ViewFlowEstimator(FlowNet):
    """Sees the image alone; how the view changes joins at the bottom (CVPR 2020, section 4.4).

    Input: dict of source_image (batch, H, W, 3), source_view and target_view (batch, view_channels), one-hot. The difference
    source - target of the views is tiled over the coarsest features and joined to them. Output: see `FlowNet`.

    Args:
        image_size: (height, width), both divisible by 2^depth.
        view_channels: length of a view.
        normalize_view: instance norm once the views have joined, as published. It takes away what is the same everywhere, as
            the views are, so that they show at the borders of small maps alone.
        levels: the attention levels, or 0 for flows of pixels.
        base_channels, max_channels: width at depth d is base * min(2^d, max // base).
        depth: number of times the size is halved on the way down.
    """

    def __init__(
        self, image_size: Sequence[int], view_channels: int = 21, normalize_view: bool = True,
        levels: Sequence[int] = (3, 2), base_channels: int = 32, max_channels: int = 256, depth: int = 5,
        name: str | None = None,
    ) -> None:  # fmt: skip
        given = arguments(locals())
        inputs = {
            "source_image": keras.Input((*image_size, 3), name="source_image"),
            "source_view": keras.Input((view_channels,), name="source_view"),
            "target_view": keras.Input((view_channels,), name="target_view"),
        }

        def join_views(features):
            change = keras.layers.Subtract(name="change")([inputs["source_view"], inputs["target_view"]])
            tiled = Tile(tuple(features.shape[1:3]), name="tiled")(change)
            joined = keras.layers.Concatenate(name="joined")([features, tiled])
            return ResBlock(features.shape[-1], joined.shape[-1], normalize=normalize_view, name="cat")(
                joined
            )

        super().__init__(
            inputs,
            inputs["source_image"],
            given,
            ("",),
            join_views,
            normalize_view,
        )
