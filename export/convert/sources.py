"""What can be converted: trained runs and published checkpoints."""

import dataclasses
from pathlib import Path

import keras

from gfla_tf.errors import GflaError
from gfla_tf.keypoints.poses import HEAT_MAP_SIGMA

OUR_LICENCE = "as the project"
PUBLISHED_SETTINGS = {"heat_map_sigma": HEAT_MAP_SIGMA, "limb_sigma": None}
PUBLISHED_LICENCE = "non-commercial use only, as the published GFLA weights"


@dataclasses.dataclass(frozen=True)
class Source:
    """A generator and what its converted files should say about it.

    Attributes:
        generator: with its weights.
        task: what it was trained for: pose, dance, face, view or motion.
        name: of the files.
        directory: beside the source, where files go unless told otherwise.
        settings: of the data that it was trained on, {name: value}: heat_map_sigma and limb_sigma, in pixels.
        weights: {"origin": where they come from, "licence": theirs}.
        config: `TrainConfig` of the run, whose data are at hand; None for a checkpoint.
    """

    generator: keras.Model
    task: str
    name: str
    directory: Path
    settings: dict
    weights: dict
    config: object = None

    def at_size(self, image_size):
        """The same with the generator's weights in a network for images of another (height, width), NAME_HxW.

        Raises:
            GflaError: the network does not fit the size, or does not see images.
        """
        generator = self.generator
        if not hasattr(generator, "image_size"):
            raise GflaError(f"{self.name} sees no images: leave out --image-size.")
        resized = type(generator).from_config({**generator.get_config(), "image_size": tuple(image_size)})
        resized.set_weights(generator.get_weights())
        same = resized.image_size == generator.image_size
        name = self.name if same else "{}_{}x{}".format(self.name, *resized.image_size)
        return dataclasses.replace(self, generator=resized, name=name)


def from_run(directory, best=False):
    """The `Source` of a finished training, or of what was best so far; raises `GflaError` if `directory` has no such thing."""
    # Training needs packages that conversion of a checkpoint does not.
    from gfla_tf.training.config_file import load_config
    from gfla_tf.training.networks import load_generator

    directory = Path(directory)
    if not directory.is_dir():
        raise GflaError(f"the run {directory} does not exist: name a directory that gfla train made.")
    generator = load_generator(directory, best)
    config = load_config(directory / "config.yaml")
    weights = {"origin": f"trained by gfla_tf, run {config.name}", "licence": OUR_LICENCE}
    settings = dataclasses.asdict(config.data)
    return Source(generator, config.task, directory.resolve().name, directory, settings, weights, config)


def from_checkpoint(path, preset):
    """The `Source` of a published generator's `.pth` file.

    Raises:
        GflaError: the preset does not exist, or the file cannot be read or holds another network.
    """
    from gfla_tf.models import presets
    from gfla_tf.models.checkpoint_import import load_pth

    path, entry = Path(path), presets.preset(preset)
    generator = presets.create_generator(preset)
    load_pth(generator, path)
    weights = {"origin": f"published checkpoint {path.name}, preset {preset}", "licence": PUBLISHED_LICENCE}
    return Source(generator, entry["task"], preset, path.parent, PUBLISHED_SETTINGS, weights)
