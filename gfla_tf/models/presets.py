"""Named configurations of the networks, as plain data.

`pose_deepfashion` and `pose_market` are the published networks; `pose_quickstart` is small enough to train on two cores.
"""

import inspect

from gfla_tf.errors import GflaError
from gfla_tf.models.discriminators import PatchDiscriminator, ResidualDiscriminator
from gfla_tf.models.pose_generator import PoseGenerator

GENERATORS = {"pose": PoseGenerator}
DISCRIMINATORS = {"residual": ResidualDiscriminator, "patch": PatchDiscriminator}

PRESETS = {
    "pose_deepfashion": {
        "task": "pose",
        "generator": {"image_size": (256, 256), "attention_kernels": {3: 3, 2: 5}},
        "discriminator": {"kind": "residual", "depth": 4},
    },
    "pose_market": {
        "task": "pose",
        "generator": {"image_size": (128, 64), "attention_kernels": {2: 3}},
        "discriminator": {"kind": "residual", "depth": 3},
    },
    "pose_quickstart": {
        "task": "pose",
        "generator": {
            "image_size": (96, 64),
            "attention_kernels": {2: 3, 1: 3},
            "attention_units": 32,
            "base_channels": 16,
            "max_channels": 64,
            "flow_base_channels": 16,
            "flow_max_channels": 64,
            "flow_depth": 4,
        },
        "discriminator": {"kind": "residual", "depth": 3, "base_channels": 16, "max_channels": 64},
    },
}


def preset(name):
    """The preset called `name`; a `GflaError` lists the known ones if there is none."""
    if name not in PRESETS:
        raise GflaError(f"there is no preset {name!r}: choose one of {', '.join(PRESETS)}.")
    return PRESETS[name]


def create_generator(name, **overrides):
    """Builds the generator of a preset; keyword arguments replace single settings of its configuration.

    Raises:
        GflaError: unknown preset or setting.
    """
    entry = preset(name)
    return _create(GENERATORS[entry["task"]], name, {"name": name, **entry["generator"], **overrides})


def create_discriminator(name, image_size=None, **overrides):
    """Builds the discriminator that a preset is trained against, at its image size unless another is given."""
    entry = preset(name)
    settings = {
        "image_size": image_size or entry["generator"]["image_size"],
        **entry["discriminator"],
        **overrides,
    }
    kind = settings.pop("kind")
    if kind not in DISCRIMINATORS:
        raise GflaError(f"there is no discriminator {kind!r}: choose one of {', '.join(DISCRIMINATORS)}.")
    return _create(DISCRIMINATORS[kind], name, settings)


def _create(cls, name, settings):
    known = set(inspect.signature(cls).parameters) - {"kwargs"} | {"name"}
    unknown = sorted(set(settings) - known)
    if unknown:
        raise GflaError(
            f"{cls.__name__} (preset {name}) has no setting {', '.join(unknown)}: it has {', '.join(sorted(known))}."
        )
    return cls(**settings)
