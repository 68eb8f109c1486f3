"""Programs of tests that end in a process of their own, such as by a kill."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path


def run_python(code, *arguments, **kwargs):
    """Starts Python on indented code; the keyword arguments are those of `subprocess.Popen`."""
    command = [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)]
    path = str(Path(__file__).parents[2])
    environment = {**os.environ, "PYTHONPATH": path, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    return subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True, **kwargs)
