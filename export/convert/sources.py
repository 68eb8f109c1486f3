"""What can be converted: trained runs and published checkpoints."""

import dataclasses
from pathlib import Path

import keras

from gfla_tf.errors import GflaError
from gfla_tf.models.model_card import OUR_LICENSE, PUBLISHED_LICENSE
from gfla_tf.training.tasks import TASKS, task_named
from gfla_tf.training.tasks.task import Task


@dataclasses.dataclass(frozen=True)
class Source:
    """A generator and what its converted files should say about it.

    Attributes:
        generator: with its weights.
        task: what it was trained for, as a `gfla_tf.training.tasks.task.Task`, see `task_named`. Where its configuration names a
            dataset, the training's data are at hand.
        name: of the files.
        directory: beside the source, where files go unless told otherwise.
        weights: {"origin": where they come from, "license": theirs}.
    """

    generator: keras.Model
    task: Task
    name: str
    directory: Path
    weights: dict

    @property
    def has_data(self):
        """Whether the data that it was trained on are at hand."""
        return self.task.config.data.dataset is not None

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
    from gfla_tf.training.config_file import load_recorded_config
    from gfla_tf.training.networks import load_generator

    directory = Path(directory)
    if not directory.is_dir():
        raise GflaError(f"The run {directory} does not exist: name a directory that gfla train made.")
    generator = load_generator(directory, best)
    config = load_recorded_config(directory)
    weights = {"origin": f"trained by gfla_tf, run {config.name}", "license": OUR_LICENSE}
    task = TASKS[config.task](config)
    return Source(generator, task, directory.resolve().name, directory, weights)


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
    weights = {"origin": f"published checkpoint {path.name}, preset {preset}", "license": PUBLISHED_LICENSE}
    return Source(generator, task_named(entry["task"]), preset, path.parent, weights)
