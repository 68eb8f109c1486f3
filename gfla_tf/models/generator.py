"""What the generators of all tasks share: their settings, their levels, and which sizes, levels and kernels there can be."""

from gfla_tf.errors import GflaError
from gfla_tf.models.configured import ConfiguredModel
from gfla_tf.models.source_encoder import SourceEncoder

_SHARED = {
    "image_size", "attention_kernels", "attention_units", "base_channels", "max_channels", "depth",
    "flow_base_channels", "flow_max_channels", "flow_depth", "flow_limbs",
}  # fmt: skip


class Generator(ConfiguredModel):
    """A generator made of source encoders, flow estimators and a target net. Subclasses `assemble` them.

    Args:
        given: {argument of the subclass's constructor: value}, name among them, beside its own these:
        image_size: (height, width), divisible by 2^flow_depth and by the 2^depth that the target net starts at.
        attention_kernels: level -> size of the attended patch; its keys are the attention levels.
        attention_units: width of the layer that compares patches, in local attention.
        base_channels, max_channels, depth: widths and depth of the source encoders and the target net.
        flow_base_channels, flow_max_channels, flow_depth: those of the flow estimators.
        flow_limbs: pairs of joints, see `FlowEstimator`; None for the published estimators.

    Raises:
        GflaError: the image size does not fit the depth, or an attention level or kernel is impossible.
    """

    extra_depth = 0  # how much deeper than `depth` the target net starts

    def __init__(self, given, /):
        name = given.pop("name")
        image_size = tuple(int(extent) for extent in given["image_size"])
        kernels = {int(level): int(n) for level, n in (given["attention_kernels"] or {3: 3, 2: 5}).items()}
        config = {**given, "image_size": image_size, "attention_kernels": kernels}
        finest = 0 if given.get("attention") == "appearance_flow" else 1
        _check(image_size, kernels, given["depth"], given["flow_depth"], self.extra_depth, finest)

        # === Layers and functional model ===
        widths = {name: given[name] for name in ("base_channels", "max_channels", "depth")}
        flow_settings = {name: given[f"flow_{name}"] for name in widths}
        if given["flow_limbs"]:
            flow_settings["limbs"] = given["flow_limbs"]
        units = given["attention_units"]
        inputs, outputs, parts = self.assemble(
            lambda name, **options: SourceEncoder(image_size, name=name, **widths, **options),
            {"image_size": image_size, "levels": tuple(kernels), **flow_settings},
            {"image_size": image_size, "attention_kernels": kernels, "attention_units": units, **widths},
            **{name: value for name, value in given.items() if name not in _SHARED},
        )
        super().__init__(inputs, outputs, config, name=name)
        for name, part in parts.items():
            setattr(self, name, part)

    @classmethod
    def assemble(cls, source_encoder, flow_settings, target_settings, **settings):
        """Builds the parts and joins them.

        Args:
            source_encoder: makes a source encoder of a name and further arguments.
            flow_settings, target_settings: arguments of the flow estimators and of the target net.
            settings: those of the subclass.

        Returns:
            inputs and outputs of the functional model, and {attribute: part}.
        """
        raise NotImplementedError

    @property
    def levels(self):
        """Levels with a flow, coarsest first."""
        return tuple(sorted(self.attention_kernels, reverse=True))


def _check(image_size, kernels, depth, flow_depth, extra_depth, finest):
    multiple = 2 ** max(depth + extra_depth, flow_depth)
    if len(image_size) != 2 or any(extent <= 0 or extent % multiple for extent in image_size):
        raise GflaError(
            f"image_size {list(image_size)} does not fit the network: height and width must be multiples of {multiple}."
        )
    for level, n in kernels.items():
        if not finest <= level <= min(depth, flow_depth - 1):
            raise GflaError(
                f"Attention level {level} does not exist: choose levels from {finest} to {min(depth, flow_depth - 1)}."
            )
        if n < 1 or n % 2 == 0:
            raise GflaError(f"The attention kernel at level {level} is {n}: it must be odd.")
