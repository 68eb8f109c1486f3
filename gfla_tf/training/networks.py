"""The networks of a configuration, and those of a run with the weights that it learned."""

import contextlib
import os
from pathlib import Path

from gfla_tf.errors import GflaError
from gfla_tf.models.model_card import OUR_LICENSE
from gfla_tf.models.presets import create_discriminator, create_generator, preset
from gfla_tf.models.weight_files import load_weights
from gfla_tf.training.config import MAP_SETTINGS
from gfla_tf.training.config_file import load_recorded_config
from gfla_tf.training.initialization import scale_initial_kernels
from gfla_tf.training.tasks import TASKS

ROLES = ("discriminator", "video_discriminator")


def build_models(config):
    """The generator of a configuration and, where its full stage has an adversarial loss, {role: discriminator}.

    Raises:
        GflaError: unknown preset or setting, or a value with which the network cannot be built.
    """
    name, discriminators = config.model.preset, {}
    with _buildable("generator"):
        decided = TASKS[config.task](config).generator_settings()
        generator = create_generator(name, **{**decided, **config.model.generator})
        scale_initial_kernels(generator, config.model.initial_gain)
    for role in ROLES if config.full.adversarial else ():
        settings = getattr(config.model, role)
        if settings or role in preset(name):
            with _buildable(role):
                discriminators[role] = create_discriminator(name, generator.image_size, role, **settings)
    return generator, discriminators


@contextlib.contextmanager
def _buildable(network):
    """Settings of networks have no types in the configuration, so wrong ones show when layers are made of them."""
    try:
        yield
    except (TypeError, ValueError, AttributeError, ArithmeticError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(". ")
        raise GflaError(
            f"No {network} can be built from the settings in model.{network} ({reason}): correct them."
        ) from error


def load_generator(directory, best=False):
    """The trained generator of a run, as it was in the end or, also of an unfinished run, at its best on held-out samples.

    Raises:
        GflaError: the directory is no run that has got that far.
    """
    directory = Path(directory)
    weights = directory / ("generator.best.weights.h5" if best else "generator.weights.h5")
    if not is_run(directory):
        raise GflaError(
            f"{directory} is not a training run (it has no config.yaml): name a directory that gfla train made."
        )
    if not weights.is_file():
        raise GflaError(
            f"The run {directory} is not finished (it has no {weights.name}): run gfla train again to resume it."
        )
    config = load_recorded_config(directory)
    generator, _ = build_models(config)
    load_weights(generator, weights)
    generator.card = {
        "task": config.task,
        "origin": f"trained by gfla_tf, run {config.name}",
        "license": OUR_LICENSE,
        "data": {name: getattr(config.data, name) for name in ("dataset", *MAP_SETTINGS)},
    }
    return generator


def is_run(directory):
    """Whether a directory is that of a training run."""
    return os.path.isfile(Path(directory) / "config.yaml")
