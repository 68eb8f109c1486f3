"""One picture out of another: what pose transfer and view synthesis share, with the ablations that they are compared with."""

import keras

from gfla_tf.errors import GflaError
from gfla_tf.layers.attention import BilinearSampling
from gfla_tf.models.generator import Generator
from gfla_tf.models.target_net import ATTENTION_KINDS

GENERATOR_KINDS = (*ATTENTION_KINDS, "appearance_flow")
_WITH_FLOW = ("local", "bilinear", "appearance_flow")


class PairGenerator(Generator):
    """Source encoder, global flow estimator and target net in one model (CVPR 2020, section 3).

    A subclass says what stands beside the source image: its `condition`, C below, a pose or a view.
    Input: dict of source_image (batch, H, W, 3) in [-1, 1], source_C and target_C.
    Output: dict of generated (batch, H, W, 3) in [-1, 1]; flow_L (batch, H/2^L, W/2^L, 2) in pixels of level L and mask_L
    (batch, H/2^L, W/2^L, 1) for each attention level L, coarsest first; with `return_attention`, attention_L (..., n * n).

    Args:
        settings: {argument of the subclass's constructor: value}.
        attention: "local" (the method), or an ablation: "bilinear", "global" or "none". "appearance_flow" is the baseline
            that warps the source's pixels by a flow and draws nothing (Zhou et al., 2016): its levels must include 0, the
            image's own size, whose flow warps.
        normalize_source: instance norm in the encoder that sees the source image, as published. Without it absolute colors
            survive, which matters where sources do not share a background.
        return_attention: also output the attention coefficients.
        others: see `Generator`.

    Raises:
        GflaError: the image size does not fit the depth, or there is no such attention or attention level.

    Attributes:
        condition: what the inputs call it.
        estimator, drawer: classes of the flow estimator and of the target net.
    """

    condition = None
    estimator = None
    drawer = None

    @classmethod
    def condition_shape(cls, image_size, **settings):
        """Shape of a condition, from the subclass's settings."""
        raise NotImplementedError

    @classmethod
    def assemble(
        cls,
        source_encoder,
        flow_settings,
        target_settings,
        attention,
        normalize_source,
        return_attention,
        **settings,
    ):
        if attention not in GENERATOR_KINDS:
            raise GflaError(
                f"There is no attention {attention!r}: choose one of {', '.join(GENERATOR_KINDS)}."
            )
        image_size, levels = flow_settings["image_size"], flow_settings["levels"]

        # === Layers ===
        parts = {"source_encoder": None, "flow_estimator": None, "target_net": None}
        if attention in ("local", "bilinear", "global"):
            parts["source_encoder"] = source_encoder("source_encoder", normalize=normalize_source)
        if attention in _WITH_FLOW:
            parts["flow_estimator"] = cls.estimator(name="flow_estimator", **settings, **flow_settings)
        if attention != "appearance_flow":
            parts["target_net"] = cls.drawer(
                attention=attention,
                normalize_source=normalize_source,
                name="target_net",
                **settings,
                **target_settings,
            )
        elif 0 not in levels:
            raise GflaError(
                f"appearance_flow warps pixels, and the attention levels are {list(levels)}: give attention_kernels a level 0, "
                "such as {0: 3}."
            )

        # === Functional model ===
        shapes = {"source_image": (*image_size, 3)}
        shapes |= {
            f"{role}_{cls.condition}": cls.condition_shape(image_size, **settings)
            for role in ("source", "target")
        }
        inputs = {name: keras.Input(shape, name=name) for name, shape in shapes.items()}
        flows = parts["flow_estimator"](inputs) if parts["flow_estimator"] else {}
        if attention == "appearance_flow":
            warped = BilinearSampling(name="warped")(inputs["source_image"], flows["flow_0"])
            return inputs, {"generated": warped, **flows}, parts
        available = {**inputs, **flows}
        if parts["source_encoder"]:
            features = parts["source_encoder"](inputs["source_image"])
            available |= {name.replace("level", "source"): value for name, value in features.items()}
        drawn = parts["target_net"]({name: available[name] for name in parts["target_net"].input})
        if not return_attention:
            drawn = {"generated": drawn["generated"]}
        return inputs, {**drawn, **flows}, parts

    @property
    def levels(self):
        """Levels with a flow, coarsest first; none in the ablations without one."""
        return super().levels if self.flow_estimator else ()
