"""The process in which `gfla_tf.export.verify.accelerators` runs a .tflite; it needs NumPy and LiteRT alone.

    python worker.py MODEL ACCELERATOR SIGNATURE REPEATS FOLDER

reads FOLDER/N_inputs.npz for N = 0, 1, ..., runs each REPEATS times and writes FOLDER/N_outputs.npz; the last line it prints is
JSON, see `main`.
"""

import json
import re
import sys
import time
from pathlib import Path

import numpy as np
from ai_edge_litert.compiled_model import (
    CompiledModel,
    CpuOptions,
    GpuOptions,
    HardwareAccelerator,
    Options,
)

_FORCE_FP16 = 4  # XNNPACK's flag
_PATIENCE = 1800.0  # seconds: a software driver may compile shaders for minutes

OPTIONS = {
    "cpu": {"cpu_options": CpuOptions(num_threads=2)},
    "cpu_fp16": {"cpu_options": CpuOptions(num_threads=2, xnnpack_flags=_FORCE_FP16)},
    "gpu": {"gpu_options": GpuOptions(enforce_f32=True)},
    "gpu_fp16": {"gpu_options": GpuOptions(enforce_f32=False)},
}


def _run(model, signature, arrays, inputs, outputs):
    """Results of one run and its seconds."""
    end = time.monotonic() + _PATIENCE
    while True:
        buffers = {name: model.create_input_buffer_by_name(signature, name) for name in inputs}
        results = {name: model.create_output_buffer_by_name(signature, name) for name in outputs}
        for name, buffer in buffers.items():
            buffer.write(np.ascontiguousarray(arrays[name], inputs[name]["dtype"]))
        begin = time.perf_counter()
        try:
            model.run_by_name(signature, buffers, results)
            # It is over when the results are read: on a GPU, running is asynchronous.
            values = {name: _read(buffer, outputs[name]) for name, buffer in results.items()}
            return values, time.perf_counter() - begin
        except RuntimeError as error:
            # LiteRT waits for a minute, and a software driver may compile shaders for longer. What it has compiled it keeps.
            if "lock" not in str(error) or time.monotonic() > end:
                raise


def _read(buffer, detail):
    shape, dtype = tuple(detail["shape"]), np.dtype(detail["dtype"])
    return np.array(buffer.read(int(np.prod(shape)), dtype)).reshape(shape)


def _peak_bytes():
    """(getrusage counts the process that this one was started from, too.)"""
    try:
        return 1024 * int(re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())[1])
    except (OSError, TypeError):
        return None


def main(path, accelerator, signature, repeats, folder):
    """Prints {fully_accelerated, load_seconds, seconds: [[of each run] of each input], peak_bytes}."""
    begin = time.perf_counter()
    kind = HardwareAccelerator.GPU if accelerator.startswith("gpu") else HardwareAccelerator.CPU
    model = CompiledModel.from_file(path, options=Options(hardware_accelerators=kind, **OPTIONS[accelerator]))
    inputs, outputs = (
        details(signature) for details in (model.get_input_tensor_details, model.get_output_tensor_details)
    )
    loaded, seconds = time.perf_counter() - begin, []
    for file in sorted(Path(folder).glob("*_inputs.npz"), key=lambda file: int(file.stem.split("_")[0])):
        arrays, spent = dict(np.load(file)), []
        for _ in range(int(repeats)):
            values, taken = _run(model, signature, arrays, inputs, outputs)
            spent.append(taken)
        np.savez(file.with_name(file.name.replace("_inputs", "_outputs")), **values)
        seconds.append(spent)
    result = {
        "fully_accelerated": model.is_fully_accelerated(),
        "load_seconds": loaded,
        "seconds": seconds,
        "peak_bytes": _peak_bytes(),
    }
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
