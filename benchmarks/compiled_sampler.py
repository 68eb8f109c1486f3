"""Time and memory of the samplers' versions: compiled, composed of keras.ops, and the literal version of the definition.

Run `python -m benchmarks.compiled_sampler` in the repository. Two things are measured, each forward and forward with backward
pass under `tf.function`: the sampling alone (`attend`), and the whole layer `LocalAttention`, most of whose time goes into
convolutions that all versions but the literal one share. Each version runs in a process of its own. Memory is by how much the
resident memory of the process grows at most in a call, inputs and weights in place (Linux only). Times are the best of several
calls, the versions taking turns; processor time adds up all threads and says more on a machine that has other things to do.
"""

import argparse
import ctypes
import gc
import os
import time
from pathlib import Path

from benchmarks.in_turns import in_turns
from benchmarks.sampler_memory import CASES

VERSIONS = ("compiled", "composed", "literal")
SUBJECTS = ("sampling", "layer")
PASSES = ("forward", "both")
# Tensors straight from the system, and back to it: TensorFlow's own allocator would keep what earlier calls took, uncounted.
PLAIN_MEMORY = {"TF_ONEDNN_USE_SYSTEM_ALLOCATOR": "1", "MALLOC_MMAP_THRESHOLD_": "65536"}


def memory_of(call):
    """By how many MiB the resident memory grows at most while `call` runs."""

    def resident(entry):
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(entry))

    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
    before = resident("VmRSS")
    call()
    return resident("VmHWM") - before


def subject_of(version, subject, case):
    """The function to measure and its arguments: (image, flow, coefficients), or (target, source, flow)."""
    import numpy as np
    import tensorflow as tf

    from gfla_tf.layers.attention import LocalAttention
    from gfla_tf.ops.local_attention import attend
    from tests.helpers import literal

    height, width, channels, n = case
    draw = np.random.default_rng(0)
    target, source = (
        tf.constant(draw.normal(size=(1, height, width, channels)), tf.float32) for _ in range(2)
    )
    flow = tf.constant(draw.normal(0, 5, (1, height, width, 2)), tf.float32)
    if subject == "layer":
        layer = LocalAttention(n)
        layer.build(target.shape, source.shape, flow.shape)
        weights = [layer.patch_kernel, layer.patch_bias, layer.coefficient_kernel, layer.coefficient_bias]

        def run(target, source, flow):
            if version == "literal":
                return literal.local_attention(target, source, flow, *(w.value for w in weights))[0]
            return layer(target, source, flow)[0]

        return run, [target, source, flow]
    coefficients = tf.constant(draw.dirichlet(np.ones(n * n), (1, height, width)), tf.float32)

    def run(source, flow, coefficients):
        if version != "literal":
            return attend(source, flow, coefficients)
        patches = literal.patches(lambda dy, dx: literal.bilinear(source, flow, dy, dx), n)
        return tf.reduce_sum(coefficients[..., None] * patches, axis=3) / n**2

    return run, [source, flow, coefficients]


def worker(version, subject, which, case, calls, connection):
    """Sends the MiB that a call takes, then (wall, processor) seconds of `calls` calls, one by one."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ["GFLA_SAMPLER"] = "compiled" if version == "compiled" else "composed"
    import tensorflow as tf

    run, arguments = subject_of(version, subject, case)

    @tf.function
    def step(*arguments):
        if which == "forward":
            return [run(*arguments)]
        with tf.GradientTape() as tape:
            tape.watch(arguments)
            loss = tf.reduce_sum(tf.square(run(*arguments)))
        return tape.gradient(loss, arguments)

    # Kernels and threads are set up on a corner of the inputs, which is not what is measured.
    for _ in range(2):
        step(*(x[:, :8, :8] for x in arguments))
    step(*arguments)
    connection.send(memory_of(lambda: step(*arguments)))
    for _ in range(calls):
        connection.recv()
        wall, processor = time.perf_counter(), time.process_time()
        step(*arguments)[0].numpy()
        connection.send((time.perf_counter() - wall, time.process_time() - processor))


def measure(subject, which, case, calls):
    """{version: (MiB, best wall seconds, best processor seconds)}."""
    os.environ.update(PLAIN_MEMORY)
    measured = in_turns(
        worker, {version: (version, subject, which, case, calls) for version in VERSIONS}, calls
    )
    return {
        version: (memory, *map(min, zip(*seconds, strict=True)))
        for version, (memory, seconds, _) in measured.items()
    }


def main():
    parser = argparse.ArgumentParser(description="Time and memory of the versions of the samplers.")
    parser.add_argument("--calls", type=int, default=7, help="calls to time (default: %(default)s)")
    arguments = parser.parse_args()
    header = ("case", "what", "pass", "version", "memory", "wall", "processor")
    print("{:20} {:9} {:8} {:9} {:>10} {:>10} {:>10}".format(*header))
    for case in CASES:
        name = "{}x{}x{}, kernel {}".format(*case)
        for subject in SUBJECTS:
            for which in PASSES:
                result = measure(subject, which, case, arguments.calls)
                for version, (mib, wall, processor) in result.items():
                    print(f"{name:20} {subject:9} {which:8} {version:9} {mib:6.1f} MiB "
                          f"{1000 * wall:7.1f} ms {1000 * processor:7.1f} ms")  # fmt: skip
                for other in VERSIONS[1:]:
                    ratios = [a / b for a, b in zip(result[other], result["compiled"], strict=True)]
                    print(f"{'':20} {'':9} {other + ' / compiled':>18} {ratios[0]:9.1f}x {ratios[1]:9.1f}x "
                          f"{ratios[2]:9.1f}x", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
