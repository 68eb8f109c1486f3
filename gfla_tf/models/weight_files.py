"""Weights for handing on, as Keras HDF5: written aside and moved into place, so that a kill leaves no broken file."""

import os
from pathlib import Path

import h5py

from gfla_tf.errors import GflaError, reason_of
from gfla_tf.files import flush


def save_weights_atomically(model, path):
    """Writes the model's weights as Keras HDF5 under a temporary name beside `path`, then moves them into
    place.

    One process at a time writes a file: the temporary name is always the same, so that the next save takes the place of what a
    killed one left.

    Raises:
        GflaError: the file cannot be written; what stood there before stays.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.unfinished.weights.h5")  # Keras insists on the ending
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        model.save_weights(temporary)
        with open(temporary, "rb+") as file:
            flush(file)
        os.replace(temporary, path)
    except (OSError, RuntimeError) as error:  # h5py reports a full disk as RuntimeError
        temporary.unlink(missing_ok=True)
        raise GflaError(
            f"Cannot write weights to {path}: {reason_of(error)}; free some space or name another path."
        ) from error


def load_weights(model, path):
    """Loads weights written by `save_weights_atomically`.

    Raises:
        GflaError: the file is missing, damaged or belongs to another model.
    """
    path = Path(path)
    if not path.is_file():
        raise GflaError(f"There is no weights file {path}: check the path.")
    try:
        with h5py.File(path) as file:
            in_file = _count_weights(file)
        # Keras ignores what a file holds beyond the model's own layers: a larger model would load in silence.
        if in_file != len(model.weights):  # its variables are also the states of random numbers
            raise ValueError(f"{in_file} weights in the file, {len(model.weights)} in the model")
        model.load_weights(path)
    except OSError as error:
        raise GflaError(
            f"The weights file {path} is damaged or no HDF5 file: make or download it again."
        ) from error
    except (ValueError, KeyError) as error:
        raise GflaError(
            f"The weights in {path} do not fit the model {model.name} ({reason_of(error)}): "
            "use the configuration they were trained with."
        ) from error


def _count_weights(group):
    return sum(1 if isinstance(item, h5py.Dataset) else _count_weights(item) for item in group.values())
