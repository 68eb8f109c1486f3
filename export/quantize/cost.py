"""What a .tflite costs on this machine's CPU: time and memory, in a process of its own.

    python -m gfla_tf.export.quantize.cost MODEL.tflite

prints one line of JSON: {"seconds": {signature: median of a call}, "peak_bytes": what loading and running took at most}, null
where no Linux tells it.
"""

import argparse
import json
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from gfla_tf.errors import GflaError, user_errors
from gfla_tf.litert.runner import TFLiteModel

THREADS = 2
REPEATS = 7
RESET = Path("/proc/self/clear_refs")  # Linux's own, to count the peak of memory anew


def measure(path):
    """The costs of a .tflite, measured in a new process: a dict, see the module.

    Raises:
        GflaError: the file cannot be run.
    """
    result = subprocess.run(
        [sys.executable, "-m", "gfla_tf.export.quantize.cost", str(path)], capture_output=True, text=True
    )
    if result.returncode:
        reason = (result.stderr.strip().splitlines() or ["it was killed"])[-1].removeprefix("error: ")
        raise GflaError(reason)
    return json.loads(result.stdout.splitlines()[-1])


def _zeros(signature):
    return {name: np.zeros(shape, signature.types[name]) for name, shape in signature.inputs.items()}


class _Memory:
    """Measures how much more memory this process takes at most than when this was made.

    By Linux's own peak, which can be reset; `getrusage` would give that of the process which started this one, if it was larger.
    Elsewhere, or where it may not be reset, `more` is None.
    """

    def __init__(self):
        try:
            RESET.write_text("5")
            self._before = self._peak()
        except OSError:
            self._before = None

    def more(self):
        return None if self._before is None else self._peak() - self._before

    @staticmethod
    def _peak():
        status = Path("/proc/self/status").read_text()
        return 1024 * int(re.search(r"VmHWM:\s*(\d+) kB", status).group(1))


def main(path):
    """Measures in this process and prints."""
    memory = _Memory()
    model = TFLiteModel(path, num_threads=THREADS)
    seconds = {}
    for name, signature in model.signatures.items():
        inputs = _zeros(signature)
        signature(**inputs)  # the first call prepares weights
        times = []
        for _ in range(REPEATS):
            begin = time.perf_counter()
            signature(**inputs)
            times.append(time.perf_counter() - begin)
        seconds[name] = statistics.median(times)
    print(json.dumps({"seconds": seconds, "peak_bytes": memory.more()}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        prog="python -m gfla_tf.export.quantize.cost", description=__doc__.splitlines()[0]
    )
    parser.add_argument("file", metavar="FILE", help="a .tflite")
    with user_errors():
        main(parser.parse_args().file)
