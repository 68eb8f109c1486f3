"""Networks by the names of their presets, see `gfla_tf.models.preset_table`."""

import inspect

from gfla_tf.errors import GflaError
from gfla_tf.models.discriminators import (
    PatchDiscriminator,
    ResidualDiscriminator,
    TemporalDiscriminator,
)
from gfla_tf.models.preset_table import PRESETS, preset

DISCRIMINATORS = {
    "residual": ResidualDiscriminator,
    "patch": PatchDiscriminator,
    "temporal": TemporalDiscriminator,
}


def generator_class(name):
    """The network that the generator of a preset is; raises as `preset` does."""
    return preset(name)["network"]


def create_generator(name, **overrides):
    """Builds the generator of a preset; keyword arguments replace single settings of its configuration.

    Raises:
        GflaError: unknown preset or setting.
    """
    settings = {"name": name, **preset(name)["generator"], **overrides}
    return _create(generator_class(name), name, settings)


def create_discriminator(name, image_size=None, role="discriminator", **overrides):
    """Builds a discriminator that a preset is trained against, at its image size unless another is given.

    Args:
        name: of the preset.
        image_size: (height, width).
        role: "discriminator", which judges frames, or "video_discriminator", which judges their sequence.
        overrides: replace single settings of the preset.

    Raises:
        GflaError: unknown preset, kind or setting, or a preset without such a discriminator.
    """
    entry = preset(name)
    if role not in entry:
        having = [known for known in PRESETS if role in PRESETS[known]]
        raise GflaError(f"Preset {name} has no {role}: presets with one are {', '.join(having) or 'none'}.")
    settings = {"image_size": image_size or entry["generator"]["image_size"], **entry[role], **overrides}
    kind = settings.pop("kind")
    if kind not in DISCRIMINATORS:
        raise GflaError(f"There is no discriminator {kind!r}: choose one of {', '.join(DISCRIMINATORS)}.")
    return _create(DISCRIMINATORS[kind], name, settings)


def _create(cls, name, settings):
    known = [*inspect.signature(cls).parameters]
    unknown = sorted(set(settings) - set(known))
    if unknown:
        raise GflaError(
            f"{cls.__name__} (preset {name}) has no setting {', '.join(unknown)}: it has {', '.join(sorted(known))}."
        )
    return cls(**settings)
