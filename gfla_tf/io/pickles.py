"""Pickles from outside: of NumPy arrays and plain containers alone, so that reading them runs no other code."""

import _codecs
import collections
import pickle
import zipfile

import numpy as np

from gfla_tf.errors import GflaError, reason_of

MOST_BYTES = 2**30  # of what is unpacked; VideoPose3D's largest file is a third of it

_ADMITTED = {
    ("numpy.core.multiarray", "_reconstruct"): np._core.multiarray._reconstruct,
    ("numpy.core.multiarray", "scalar"): np._core.multiarray.scalar,
    ("numpy.core.numeric", "_frombuffer"): np._core.numeric._frombuffer,
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("_codecs", "encode"): _codecs.encode,  # how old pickles spell bytes
    ("collections", "OrderedDict"): collections.OrderedDict,
}


class ArraysOnly(pickle.Unpickler):
    """An unpickler that admits NumPy arrays, numbers, text, lists, tuples and dicts, and refuses all else."""

    def find_class(self, module, name):
        admitted = _ADMITTED.get((module.replace("numpy._core.", "numpy.core."), name))
        if admitted is None:
            raise pickle.UnpicklingError(f"it names {module}.{name}, which is no array")
        return admitted


def read_object(path, name):
    """The Python object that an .npz file holds as the array `name`.

    Args:
        path: of the file.
        name: of the array, such as "positions_2d".

    Raises:
        GflaError: the file cannot be read, has no such array, or holds anything but arrays and plain containers.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entry = archive.getinfo(f"{name}.npy")
            if entry.file_size > MOST_BYTES:
                raise ValueError(f"{name} unpacks to {entry.file_size / 2**20:.0f} MiB")
            with archive.open(entry) as file:
                return _content(file)
    except (
        Exception
    ) as error:  # a damaged archive or pickle fails in every way there is, also by claiming all memory
        raise GflaError(f"{path} is damaged or has no {name} ({reason_of(error)}): get it again.") from error


def _content(file):
    version = np.lib.format.read_magic(file)
    header = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    shape, _, kind = header[version](file)
    if not kind.hasobject or shape != ():
        raise ValueError("it is no single object")
    value = ArraysOnly(file, encoding="latin1").load()
    return value.item() if isinstance(value, np.ndarray) else value
