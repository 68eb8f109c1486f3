"""Weights for handing on, as Keras HDF5: written aside and moved into place, so that a kill leaves no broken file.

A digest of all weights stands in the file as the attribute `gfla_sha256`: a bit that changed on a disk does not go unnoticed.
"""

import hashlib
from pathlib import Path

import h5py
import numpy as np

from gfla_tf.errors import GflaError, reason_of
from gfla_tf.files import flush, whole_file

DIGEST = "gfla_sha256"


def save_weights_atomically(model, path):
    """Writes the model's weights as Keras HDF5 under a temporary name beside `path`, then moves them into place.

    Raises:
        GflaError: the file cannot be written; what stood there before stays.
    """
    path = Path(path)
    try:
        with whole_file(path, ".weights.h5") as temporary:  # Keras insists on the ending
            model.save_weights(temporary)
            with h5py.File(temporary, "r+") as file:
                file.attrs[DIGEST] = digest_of(file)
            with open(temporary, "rb+") as file:
                flush(file)
    except (OSError, RuntimeError) as error:  # h5py reports a full disk as RuntimeError
        raise GflaError(
            f"Cannot write weights to {path}: {reason_of(error)}; free some space or name another path."
        ) from error


def load_weights(model, path):
    """Loads weights written by `save_weights_atomically`.

    Raises:
        GflaError: the file is missing, damaged or belongs to another model.
    """
    path = Path(path)
    try:
        with h5py.File(path) as file:
            _check(file, model)
        model.load_weights(path)
    except FileNotFoundError as error:
        raise GflaError(f"There is no weights file {path}: check the path.") from error
    except (OSError, RuntimeError, _Damaged) as error:
        reason = f" ({error})" if isinstance(error, _Damaged) else ""
        raise GflaError(
            f"The weights file {path} is damaged or no HDF5 file{reason}: make or download it again."
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise GflaError(
            f"The weights in {path} do not fit the model {model.name} ({reason_of(error)}): "
            "use the configuration they were trained with."
        ) from error


class _Damaged(Exception):
    """What a file holds is not what was written."""


def digest_of(file):
    """SHA-256 of all arrays of an open HDF5 file and of their names, as hexadecimal digits."""
    digest = hashlib.sha256()
    for name, array in sorted(_arrays(file).items()):
        value = array[()]
        digest.update(f"{name} {value.dtype.str} {value.shape}\n".encode())
        digest.update(np.ascontiguousarray(value).tobytes())
    return digest.hexdigest()


def _check(file, model):
    """What Keras would not see: other layers, sizes that are claimed, numbers that are none, and bits that changed."""
    arrays = _arrays(file)
    # Keras ignores what a file holds beyond the model's own layers: a larger model would load in silence.
    if len(arrays) != len(model.weights):  # its variables are also the states of random numbers
        raise ValueError(f"{len(arrays)} weights in the file, {len(model.weights)} in the model")
    claimed = sum(array.size for array in arrays.values())  # before anything of that size is read
    wanted = sum(int(np.prod(weight.shape)) for weight in model.weights)
    if claimed != wanted:
        raise ValueError(f"{claimed} numbers in the file, {wanted} in the model")
    for name, array in arrays.items():
        if array.dtype.kind not in "fiu" or array.dtype.itemsize > 8:
            raise ValueError(f"{name} is of the type {array.dtype}")
        if array.dtype.kind == "f" and not np.isfinite(array[()]).all():
            raise _Damaged(f"{name} holds values that are no numbers")
    told = file.attrs.get(DIGEST)
    if told is not None and str(told) != digest_of(file):
        raise _Damaged("its weights are not those that were written")


def _arrays(file):
    """{name: dataset} of an HDF5 file; each object once, however its links lead in circles."""
    found = {}

    def visit(name, item):
        if isinstance(item, h5py.Dataset):
            found[name] = item

    file.visititems(visit)
    return found
