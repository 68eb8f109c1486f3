"""Runs a .tflite as phones do: on the CPU, in half precision, and on LiteRT's GPU accelerator.

The accelerator is that of phones; where there is no GPU it runs on a software Vulkan driver. Mesa's `lavapipe`, of version 25 or
later, computes in float32 and in half precision, Chromium's SwiftShader in float32 whatever it is asked. `VK_ICD_FILENAMES` names
the driver to use; otherwise the usual folders are searched. docs/phone.md says how to install one.
"""

import ctypes.util
import dataclasses
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from gfla_tf.errors import GflaError
from gfla_tf.litert.runner import SIGNATURE

ACCELERATORS = ("cpu", "cpu_fp16", "gpu", "gpu_fp16")
WORKER = Path(__file__).with_name("worker.py")

_FOLDERS = (
    "/usr/share/vulkan/icd.d",
    "/etc/vulkan/icd.d",
    "/usr/local/share/vulkan/icd.d",
    "/usr/lib/chromium",
)
_DRIVERS = ("lvp_icd*.json", "vk_swiftshader_icd.json")
_OLDEST_MESA = (1, 4)  # version of Vulkan; that of Mesa 22 is 1.3, and LiteRT does not run on it


@dataclasses.dataclass(frozen=True)
class Ran:
    """What came of running a file.

    Attributes:
        outputs: {name: array} of each input.
        fully_accelerated: whether the accelerator ran every operation; means little of CPUs.
        seconds: of each run of each input, the first of which compiles.
        load_seconds: before.
        peak_bytes: memory of the process.
    """

    outputs: list
    fully_accelerated: bool
    seconds: list
    load_seconds: float
    peak_bytes: int


def vulkan_driver():
    """Path of the description of the Vulkan driver that is used; None if none is found."""
    named = os.environ.get("VK_ICD_FILENAMES") or os.environ.get("VK_DRIVER_FILES")
    if named:
        return Path(named.split(os.pathsep)[0])
    found = (path for folder in _FOLDERS for driver in _DRIVERS for path in sorted(Path(folder).glob(driver)))
    return next(found, None)


def why_not(accelerator):
    """Why an accelerator cannot be used here, in a few words; None if it can."""
    if accelerator not in ACCELERATORS:
        raise GflaError(f"There is no accelerator {accelerator!r}: choose from {', '.join(ACCELERATORS)}.")
    if accelerator.startswith("cpu"):
        return None
    driver = vulkan_driver()
    if driver is None or ctypes.util.find_library("vulkan") is None:
        return "no Vulkan driver is installed: see docs/phone.md"
    try:
        version = json.loads(driver.read_text())["ICD"]["api_version"]
        version = tuple(int(number) for number in version.split(".")[:2])
    except (OSError, ValueError, KeyError, TypeError) as error:
        return f"the Vulkan driver {driver} cannot be read ({error!r})"
    if driver.name.startswith("lvp_") and version < _OLDEST_MESA:
        return f"the Vulkan driver {driver} is too old, it has to be of Mesa 25 or later: see docs/phone.md"
    if accelerator == "gpu_fp16" and "swiftshader" in driver.name:
        return "SwiftShader has no half precision: install Mesa's lavapipe, see docs/phone.md"
    return None


def run(path, inputs, accelerator, signature=SIGNATURE, repeats=1):
    """Runs a .tflite in a process of its own, which a driver may crash without harm.

    Args:
        path: the .tflite.
        inputs: a list of {input name: array}, one after another.
        accelerator: one of ACCELERATORS: `cpu`; `cpu_fp16`, arithmetic forced to half precision; `gpu`, in float32 and the GPU
            alone; `gpu_fp16`.
        signature: to run.
        repeats: how often for each of `inputs`, for the time it takes.

    Returns:
        `Ran`.

    Raises:
        GflaError: the accelerator cannot be used here, or refuses the file; the message then lists the operations.
    """
    if reason := why_not(accelerator):
        raise GflaError(f"{path} cannot be run on {accelerator}: {reason}.")
    with tempfile.TemporaryDirectory() as folder:
        for i, arrays in enumerate(inputs):
            np.savez(Path(folder) / f"{i}_inputs.npz", **arrays)
        environment = {"XDG_RUNTIME_DIR": folder, **os.environ}
        if accelerator.startswith("gpu"):
            environment["VK_ICD_FILENAMES"] = str(vulkan_driver())
        done = subprocess.run(
            [sys.executable, WORKER, path, accelerator, signature, str(repeats), folder],
            capture_output=True, text=True, errors="replace", env=environment,
        )  # fmt: skip
        if done.returncode:
            raise GflaError(f"{path} does not run on {accelerator} ({_reason(done)}).")
        told = json.loads(done.stdout.splitlines()[-1])
        outputs = [dict(np.load(Path(folder) / f"{i}_outputs.npz")) for i in range(len(inputs))]
    return Ran(outputs, **told)


def _reason(done):
    """What a failed run says: the operations that the accelerator refuses, or its last error."""
    lines = [line.strip() for line in done.stderr.splitlines()]
    heading = next((i for i, line in enumerate(lines) if "not supported by GPU delegate" in line), None)
    if heading is not None:
        refused = []
        for line in lines[heading + 1 :]:
            if not line.partition(":")[0].replace("_", "").isupper():
                break
            refused.append(line.rstrip(". "))
        return "; ".join(refused)
    if done.returncode < 0:
        return f"its process was ended by signal {-done.returncode}"
    errors = [line for line in lines if "rror" in line and "INFO" not in line]
    return (errors or lines or ["no reason given"])[-1][:300]
