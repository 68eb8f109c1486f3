"""Opening a trained network, whatever it is kept in, and starting a training run from it."""

from os import PathLike
from pathlib import Path
from typing import Any

import keras

from gfla_tf.errors import GflaError, reason_of
from gfla_tf.models.checkpoint_import import load_pth
from gfla_tf.models.model_card import PUBLISHED_LICENSE
from gfla_tf.models.preset_folder import find_preset, load_preset, require_preset
from gfla_tf.models.presets import DISCRIMINATORS, PRESETS, create_discriminator, create_generator
from gfla_tf.models.weight_files import load_weights
from gfla_tf.training.initialization import scale_initial_kernels
from gfla_tf.training.networks import is_run, load_generator


def load(origin: str | PathLike, best: bool = False) -> keras.Model:
    """The trained generator of any task.

    >>> generator = gfla_tf.load("runs/longer", best=True)

    Args:
        origin: a run (runs/NAME), a folder that `save_to_preset` wrote, hf://USER/REPOSITORY, the name of a network that comes
            with the package, or a .keras file.
        best: of a run, also an unfinished one: the weights that were best on held-out samples.

    Raises:
        GflaError: there is no such thing, or it has no weights.
    """
    path = Path(origin)
    if is_run(path):
        return load_generator(path, best)
    if best:
        raise GflaError(f"{origin} is not a training run, and only runs have best weights: leave out best.")
    if path.suffix == ".keras":
        return _from_keras(path)
    return load_preset(require_preset(origin))


def from_preset(
    name: str | PathLike, weights: str | PathLike | None = None, cls: type = keras.Model, **settings: Any
) -> keras.Model:
    """A network by the name of its settings; see `from_preset` of the networks, whose `cls` is the class that it must have."""
    of_discriminators = cls in DISCRIMINATORS.values()
    if str(name) in PRESETS and (weights is not None or of_discriminators or find_preset(name) is None):
        network = _fresh(str(name), cls, settings)
    else:
        network = load(name)
        if settings:
            network = _resized(network, settings, name)
    if not isinstance(network, cls):
        found = type(network).__name__
        raise GflaError(f"{name} is a {found}: use gfla_tf.{found}.from_preset.")
    if weights is not None:
        initialize(network, weights)
        published = Path(weights).suffix == ".pth"
        license = {"license": PUBLISHED_LICENSE} if published else {}
        kind = "published checkpoint" if published else "weights"
        network.card = {**network.card, "origin": f"{kind} {Path(weights).name}, preset {name}", **license}
    return network


def _fresh(name, cls, settings):
    if cls not in DISCRIMINATORS.values():
        generator = create_generator(name, **settings)
        if "initial_gain" in PRESETS[name]:
            scale_initial_kernels(generator, PRESETS[name]["initial_gain"])
        return generator
    entry, size = PRESETS[name], settings.pop("image_size", None)
    for role in ("discriminator", "video_discriminator"):
        if role in entry and DISCRIMINATORS[entry[role]["kind"]] is cls:
            return create_discriminator(name, size, role, **settings)
    raise GflaError(
        f"The preset {name} has no {cls.__name__}: construct one, gfla_tf.{cls.__name__}(image_size=...)."
    )


def _resized(network, settings, name):
    known = network.get_config()
    if unknown := sorted(settings.keys() - known.keys()):
        raise GflaError(
            f"{type(network).__name__} has no setting {', '.join(unknown)}: it has {', '.join(known)}."
        )
    changed = type(network).from_config({**known, **settings})
    _copy(network, changed, name)
    return changed


def initialize(generator, origin):
    """Gives a generator the weights of another, also of one for images of another size.

    Args:
        generator: the model.
        origin: as for `load`, or a published .pth, or a .weights.h5 of a network with the same settings.

    Raises:
        GflaError: there is no such thing, or its weights do not fit; no weight is changed then.
    """
    path = Path(origin)
    if path.suffix == ".pth":
        load_pth(generator, path)
    elif path.name.endswith(".weights.h5"):
        load_weights(generator, path)
    else:
        _copy(load(origin), generator, origin)


def freeze(generator, parts):
    """Keeps parts of a generator as they are in training.

    Args:
        generator: the model.
        parts: names of its layers, such as source_encoder, flow_estimator and target_net.

    Raises:
        GflaError: there is no such part, or nothing is left to train.
    """
    known = [layer.name for layer in generator.layers if layer.weights]
    for name in parts:
        if name not in known:
            raise GflaError(
                f"freeze names {name}, and the generator has no such part: choose among {', '.join(known)}."
            )
        generator.get_layer(name).trainable = False
    if not generator.trainable_weights:
        raise GflaError("freeze leaves nothing to train: leave out one of its parts.")


def _from_keras(path):
    if not path.is_file():
        raise GflaError(f"There is no file {path}: check the path.")
    try:
        return keras.saving.load_model(path, compile=False)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise GflaError(
            f"{path} is no network of gfla_tf that can be read ({reason_of(error)}): save it again."
        ) from error


def _copy(source, target, origin):
    theirs, ours = ([tuple(weight.shape) for weight in model.weights] for model in (source, target))
    if type(source) is not type(target) or theirs != ours:
        raise GflaError(
            f"init_from {origin} does not fit the network ({_difference(source, target)}): give the model the same settings; "
            "the size of images alone may differ."
        )
    target.set_weights(source.get_weights())


def _difference(source, target):
    if type(source) is not type(target):
        return f"it is a {type(source).__name__}, here is a {type(target).__name__}"
    theirs, ours = source.get_config(), target.get_config()
    differing = [
        key for key in ours if key not in ("name", "image_size", "card") and theirs.get(key) != ours[key]
    ]
    return ", ".join(f"{key} {theirs.get(key)} there, {ours[key]} here" for key in differing)
