"""What a .tflite is made for, the CPU, GPUs or both: by the lowering that its description names."""

from gfla_tf.errors import GflaError
from gfla_tf.litert.description import read_description

CPU, GPU = "cpu", "gpu"
TARGETS = {"gather": (CPU, GPU), "resampler": (GPU,), "litert": (CPU,), "cpu": (CPU,)}  # of each lowering


def targets_of(path):
    """The targets of a .tflite, both if nothing says otherwise.

    >>> targets_of("pose_quickstart_cpu.tflite")
    ('cpu',)
    """
    try:
        return TARGETS.get(read_description(path).get("lowering"), (CPU, GPU))
    except GflaError:  # there is no description; what is damaged is told by who reads on
        return CPU, GPU
