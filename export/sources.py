"""What can be converted: trained runs and published checkpoints."""

import dataclasses
from pathlib import Path

import keras

from gfla_tf.data.poses import HEAT_MAP_SIGMA
from gfla_tf.errors import GflaError

OUR_LICENCE = "as the project"
PUBLISHED_LICENCE = "non-commercial use only, as the published GFLA weights"


@dataclasses.dataclass(frozen=True)
class Source:
    """A generator and what its converted files should say about it.

    Attributes:
        generator: with its weights.
        name: of the files.
        directory: beside the source, where files go unless told otherwise.
        heat_map_sigma: of the poses that it was trained on, in pixels.
        weights: {"origin": where they come from, "licence": theirs}.
        limb_sigma: of the limb maps in those poses; None for none.
    """

    generator: keras.Model
    name: str
    directory: Path
    heat_map_sigma: float
    weights: dict
    limb_sigma: float | None = None


def from_run(directory):
    """The `Source` of a finished training; raises `GflaError` if `directory` is none."""
    # Training needs packages that conversion of a checkpoint does not.
    from gfla_tf.training.config import load_config
    from gfla_tf.training.runs import load_generator

    directory = Path(directory)
    if not directory.is_dir():
        raise GflaError(f"the run {directory} does not exist: name a directory that train.py made.")
    generator = load_generator(directory)
    config = load_config(directory / "config.yaml")
    weights = {"origin": f"trained by gfla_tf, run {config.name}", "licence": OUR_LICENCE}
    return Source(
        generator,
        directory.resolve().name,
        directory,
        config.data.heat_map_sigma,
        weights,
        config.data.limb_sigma,
    )


def from_checkpoint(path, preset):
    """The `Source` of a published generator's `.pth` file.

    Raises:
        GflaError: the preset does not exist or is of another task than pose, or the file cannot be read or holds another
            network.
    """
    from gfla_tf.models.checkpoint_import import load_pth
    from gfla_tf.models.presets import PRESETS, create_generator

    path = Path(path)
    if preset in PRESETS and PRESETS[preset]["task"] != "pose":
        pose = ", ".join(name for name, entry in PRESETS.items() if entry["task"] == "pose")
        raise GflaError(
            f"preset {preset} is for the task {PRESETS[preset]['task']}, which cannot be converted yet: choose one of {pose}."
        )
    generator = create_generator(preset)
    load_pth(generator, path)
    weights = {"origin": f"published checkpoint {path.name}, preset {preset}", "licence": PUBLISHED_LICENCE}
    return Source(generator, preset, path.parent, HEAT_MAP_SIGMA, weights)


def at_size(generator, image_size):
    """The same network with the same weights for images of another (height, width); `GflaError` if the size does not fit."""
    resized = type(generator).from_config({**generator.get_config(), "image_size": tuple(image_size)})
    resized.set_weights(generator.get_weights())
    return resized
