"""What the generators of all tasks share: their levels, and which sizes, levels and kernels there can be."""

from gfla_tf.errors import GflaError
from gfla_tf.models.configured import ConfiguredModel


class Generator(ConfiguredModel):
    """A generator made of parts: source encoders, flow estimators and a target net.

    Args:
        inputs, outputs: of the functional model.
        parts: {attribute: model}, the models that own the weights; None for one that an ablation does without.
        config: {argument of the subclass's constructor: value}.
    """

    def __init__(self, inputs, outputs, parts, config, **kwargs):
        super().__init__(inputs, outputs, config, **kwargs)
        for name, part in parts.items():
            setattr(self, name, part)

    @property
    def levels(self):
        """Levels with a flow, coarsest first."""
        return tuple(sorted(self.attention_kernels, reverse=True))


def checked_settings(image_size, attention_kernels, depth, flow_depth, extra_halvings=0):
    """The image size as a tuple and the attention kernels as {level: n}, of whole numbers.

    Args:
        image_size: (height, width).
        attention_kernels: level -> n; None for the published ones.
        depth, flow_depth: of the target net and of the flow estimator.
        extra_halvings: how much deeper than `depth` the target net starts.

    Raises:
        GflaError: the image size does not fit the depth, or an attention level or kernel is impossible.
    """
    image_size = tuple(int(extent) for extent in image_size)
    kernels = {int(level): int(n) for level, n in (attention_kernels or {3: 3, 2: 5}).items()}
    multiple = 2 ** max(depth + extra_halvings, flow_depth)
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
    return image_size, kernels
