"""Networks as folders to hand on: a configuration, weights and a model card, as `save_to_preset` writes them.

FOLDER/config.json        the class, its arguments, and what the weights were trained on
FOLDER/model.weights.h5   the weights, as Keras HDF5
FOLDER/README.md          the model card
"""

import json
import os
from pathlib import Path

import keras

from gfla_tf import __version__
from gfla_tf.errors import GflaError, reason_of
from gfla_tf.files import write_whole
from gfla_tf.io.documents import read_text
from gfla_tf.models.model_card import model_card
from gfla_tf.models.preset_table import PRESETS
from gfla_tf.models.weight_files import load_weights, save_weights_atomically

CONFIG, WEIGHTS, CARD = "config.json", "model.weights.h5", "README.md"
HUB = "hf://"
PRETRAINED = Path(__file__).parents[1] / "pretrained"  # networks that come with the package


def save_preset(network, folder):
    """Writes a network into `folder`, made if missing; files of an earlier one are replaced.

    Args:
        network: `ConfiguredModel`, whose `card` says where it comes from.
        folder: to write to.

    Raises:
        GflaError: the folder cannot be written.
    """
    folder = Path(folder)
    config = {
        "format": "gfla_tf",
        "version": __version__,
        "network": type(network).__name__,
        "arguments": network.get_config(),
    }
    save_weights_atomically(network, folder / WEIGHTS)
    try:
        write_whole(folder / CARD, model_card(network, folder.resolve().name).encode())
        write_whole(folder / CONFIG, json.dumps(config, indent=1).encode())
    except OSError as error:
        raise GflaError(f"Cannot write to {folder} ({error.strerror}): name another folder.") from error


def find_preset(name):
    """The folder that `name` means: a folder itself, a network of the package, or hf://USER/REPOSITORY; None if it is none.

    Raises:
        GflaError: the repository cannot be had.
    """
    name = str(name)
    if name.startswith(HUB):
        return _downloaded(name)
    for folder in (Path(name), PRETRAINED / name):
        if os.path.isfile(folder / CONFIG):  # also of a name that no file can have
            return folder
    return None


def require_preset(name):
    """The same, where there has to be one.

    Raises:
        GflaError: there is no such thing, or it has no weights.
    """
    folder = find_preset(name)
    if folder is not None:
        return folder
    if str(name) in PRESETS:
        raise GflaError(
            f"The preset {name} comes without weights: name a run, a .pth of it, a .keras file or a folder with weights."
        )
    raise GflaError(
        f"There is no network {name}: name a run (runs/NAME), a folder that save_to_preset wrote, a .keras file or "
        "hf://USER/REPOSITORY."
    )


def load_preset(folder):
    """The network of a folder that `save_preset` wrote, with its weights.

    Raises:
        GflaError: a file is missing, damaged or of a newer version of the package.
    """
    network = create_from_folder(folder)
    load_weights(network, Path(folder) / WEIGHTS)
    return network


def create_from_folder(folder):
    """The same with fresh weights."""
    path, (name, arguments) = Path(folder) / CONFIG, _read(folder)
    cls = keras.saving.get_registered_object(f"gfla_tf>{name}")
    if cls is None:
        raise GflaError(f"{path} is of a network {name}, which this version does not know: update gfla-tf.")
    try:
        return cls.from_config(arguments)
    except GflaError:
        raise
    except Exception as error:  # Keras fails in every way that arguments can be wrong
        raise GflaError(
            f"{path} has arguments that {name} does not take ({reason_of(error)}): get the folder again."
        ) from error


def recorded_data(folder):
    """(name of the network's preset, settings of the data that it was trained on) of a folder; errors as of `load_preset`."""
    arguments = _read(folder)[1]
    try:
        return arguments["name"], dict(arguments.get("card", {}).get("data", {}))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise GflaError(
            f"{Path(folder) / CONFIG} does not say what its network was trained on ({reason_of(error)}): give model.preset."
        ) from error


def _read(folder):
    path = Path(folder) / CONFIG
    try:
        config = json.loads(read_text(path, "configuration of a network"))
        if config["format"] != "gfla_tf":
            raise ValueError(f"its format is {config['format']}")
        return config["network"], config["arguments"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise GflaError(
            f"{path} does not describe a network of gfla_tf ({reason_of(error)}): name a folder that save_to_preset wrote."
        ) from error


def _downloaded(name):
    try:
        from huggingface_hub import snapshot_download
    except ImportError as error:
        raise GflaError(f"{name} needs the package huggingface_hub: pip install huggingface_hub.") from error
    try:
        folder = Path(snapshot_download(name.removeprefix(HUB), allow_patterns=[CONFIG, WEIGHTS, CARD]))
    except (
        Exception
    ) as error:  # the package has a dozen types, of which some are those of its own HTTP library
        raise GflaError(
            f"{name} cannot be downloaded ({reason_of(error)}): check the name and the connection."
        ) from error
    if not (folder / CONFIG).is_file():
        raise GflaError(f"{name} holds no {CONFIG}: name a repository with what save_to_preset wrote.")
    return folder
