"""Pickles from outside: of NumPy arrays and plain containers alone, so that reading them runs no other code.

NumPy's own functions, which pickles of arrays call, trust what they are given: damaged numbers end the process. Ours, in their
place, look first. So does Python's unpickler, where the one in C makes as large a table as a number in the file says.
"""

import collections
import math
import pickle
import re
import zipfile
from typing import ClassVar

import numpy as np

from gfla_tf.errors import GflaError, reason_of

MOST_BYTES = 2**30  # of what is unpacked; VideoPose3D's largest file is a third of it
_MOST_RATIO, _SMALL = (
    20,
    2**26,
)  # of unpacked to packed bytes, where there are more than a few: positions do not shrink like that
_KINDS = re.compile(r"(b1|[iu][1248]|f[248]|c8|c16|[SU]\d{1,4}|O8?)", re.ASCII)


class _Kind:
    """A dtype that is being built."""

    def __init__(self, code, align=False, copy=True):
        if not isinstance(code, str) or not _KINDS.fullmatch(code):
            raise pickle.UnpicklingError("it holds an array of another kind than numbers or text")
        self.code, self.order = code[0] if code[0] == "O" else code, "="

    def __setstate__(self, state):
        self.order = state[1] if state[1] in ("<", ">") else "="

    @property
    def dtype(self):
        return np.dtype(self.order + self.code if self.code != "O" else "O")


class _Array(np.ndarray):
    """An array that is being built."""

    def __setstate__(self, state):
        _, shape, kind, fortran, content = state
        array = _filled(content, kind.dtype, shape, "F" if fortran else "C")
        raw = list(array.ravel("K")) if array.dtype.kind == "O" else array.tobytes("A")
        super().__setstate__((1, array.shape, array.dtype, bool(fortran), raw))


def _filled(content, dtype, shape, order="C"):
    if (
        not isinstance(shape, tuple)
        or not all(isinstance(n, int) and 0 <= n < 2**40 for n in shape)
        or len(shape) > 32
    ):
        raise pickle.UnpicklingError("an array has no shape")
    if dtype.kind == "O":
        if not isinstance(content, list) or len(content) != math.prod(shape):
            raise pickle.UnpicklingError("an array has not as many entries as it claims")
        array = np.empty(len(content), object)
        for index, value in enumerate(content):
            array[index] = value
        return array.reshape(shape, order=order)
    content = content.encode("latin1") if isinstance(content, str) else content
    if not isinstance(content, (bytes, bytearray)) or len(content) != math.prod(shape) * dtype.itemsize:
        raise pickle.UnpicklingError("an array has not as many numbers as it claims")
    return np.frombuffer(bytes(content), dtype).reshape(shape, order=order)


def _reconstruct(kind, shape, code):
    return np.zeros(0, np.int8).view(_Array)


def _scalar(kind, content):
    return _filled(content, kind.dtype, ())[()]


def _frombuffer(content, kind, shape, order):
    return _filled(content, kind.dtype, shape, "F" if order == "F" else "C")


def _encode(text, encoding="latin1"):  # how old pickles spell bytes
    if encoding not in ("latin1", "latin-1"):
        raise pickle.UnpicklingError(f"it names the encoding {encoding!r:.40}")
    return text.encode("latin1")


_ADMITTED = {
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy.core.multiarray", "scalar"): _scalar,
    ("numpy.core.numeric", "_frombuffer"): _frombuffer,
    ("numpy", "ndarray"): "numpy.ndarray",  # is only handed to _reconstruct
    ("numpy", "dtype"): _Kind,
    ("_codecs", "encode"): _encode,
    ("__builtin__", "bytes"): lambda: b"",  # how old pickles spell no bytes
    ("collections", "OrderedDict"): collections.OrderedDict,
}


class ArraysOnly(pickle._Unpickler):
    """An unpickler that admits NumPy arrays, numbers, text, lists, tuples and dicts, and refuses all else."""

    def find_class(self, module, name):
        admitted = _ADMITTED.get((module.replace("numpy._core.", "numpy.core."), name))
        if admitted is None:
            raise pickle.UnpicklingError(f"it names {module}.{name}, which is no array")
        return admitted

    def load_build(self):
        state = self.stack.pop()
        if not isinstance(self.stack[-1], (_Array, _Kind)):
            raise pickle.UnpicklingError("it gives a state to what has none")
        self.stack[-1].__setstate__(state)

    dispatch: ClassVar[dict] = {**pickle._Unpickler.dispatch, pickle.BUILD[0]: load_build}


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
            most = min(MOST_BYTES, max(_SMALL, _MOST_RATIO * entry.compress_size))
            if entry.file_size > most:
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
