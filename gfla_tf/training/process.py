"""Settings of a process that trains on CPUs, which have to be made before TensorFlow is imported."""

import ctypes
import os
import sys

# Of glibc's malloc.h. Each number is the name of a parameter of `mallopt`.
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_MAX, _ARENA_MAX = -1, -2, -4, -8
_MOST = 2**31 - 1


def prepare_process():
    """Twice as many steps a second: keeps memory that a step frees for the next one, and lets oneDNN compute convolutions.

    By default glibc gives every large tensor back to the kernel, which clears its pages anew in the next step: half of a small
    network's processor time. TensorFlow uses oneDNN by default on some processors only; TF_ENABLE_ONEDNN_OPTS=0 keeps it away.
    `python -m benchmarks.training_process` measures both.
    """
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    if not sys.platform.startswith("linux"):
        return
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)  # other C libraries have none
    if set_option is not None:
        for option, value in ((_MMAP_MAX, 0), (_TRIM_THRESHOLD, _MOST), (_TOP_PAD, 2**28), (_ARENA_MAX, 1)):
            set_option(option, value)
