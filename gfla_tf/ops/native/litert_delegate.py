"""Runs files that hold the custom operations GflaSample or Resampler on LiteRT. Needs neither TensorFlow nor Keras."""

import functools
import mmap

from ai_edge_litert.interpreter import load_delegate

from gfla_tf.ops.native.build import build_library, forget_library

OPERATIONS = (b"GflaSample", b"Resampler")


def delegates_for(path):
    """Delegates that LiteRT's `Interpreter` needs to run a .tflite: ours if the file holds one of its operations, else none.

    Raises:
        GflaError: the delegate cannot be compiled.
    """
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return [sampler_delegate()] if any(content.find(name) >= 0 for name in OPERATIONS) else []


@functools.cache
def sampler_delegate():
    """The delegate that runs these operations, compiled on first use; may serve any number of interpreters."""
    library = build_library("litert_delegate.cc", ["-pthread"])
    try:
        return load_delegate(str(library))
    except (ValueError, OSError):  # made for another machine, or for another LiteRT
        forget_library(library)
        return load_delegate(str(build_library("litert_delegate.cc", ["-pthread"])))
