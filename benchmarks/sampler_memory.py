"""Memory and time of local attention, forward and backward, against the literal version of its definition.

Run `python -m benchmarks.sampler_memory` in the repository. Each version runs in a process of its own under `tf.function`; what
counts is by how much the largest resident memory of the process grows in the first call at full size, inputs and weights in
place (with `--compiled` that contains XLA's compilation). Times are the best of several calls, the versions taking turns.
"""

import argparse
import os
import resource
import time

from benchmarks.in_turns import in_turns

CASES = ((64, 64, 128, 5), (32, 32, 256, 3))  # height, width, channels, kernel; batch 1
VERSIONS = ("literal", "ours")


def resident_peak():
    """Largest resident memory of this process so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def worker(version, case, compiled, calls, connection):
    """Sends the growth of the resident peak in one call, then the seconds of `calls` calls, one for each message."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import numpy as np
    import tensorflow as tf

    from gfla_tf.layers.attention import LocalAttention
    from tests.helpers import literal

    height, width, channels, n = case
    draw = np.random.default_rng(0)
    target, source = (
        tf.constant(draw.normal(size=(1, height, width, channels)), tf.float32) for _ in range(2)
    )
    flow = tf.constant(draw.normal(0, 5, (1, height, width, 2)), tf.float32)
    layer = LocalAttention(n)
    layer.build(target.shape, source.shape, flow.shape)
    weights = [layer.patch_kernel, layer.patch_bias, layer.coefficient_kernel, layer.coefficient_bias]

    def forward(target, source, flow):
        if version == "ours":
            return layer(target, source, flow)
        return literal.local_attention(target, source, flow, *(weight.value for weight in weights))

    @tf.function(jit_compile=compiled)
    def step(target, source, flow):
        with tf.GradientTape() as tape:
            tape.watch([target, source, flow])
            attended, _ = forward(target, source, flow)
            loss = tf.reduce_sum(tf.square(attended))
        return tape.gradient(loss, [target, source, flow, *(weight.value for weight in weights)])

    for _ in range(
        2
    ):  # kernels and threads are set up on a corner of the inputs, which is not what is measured
        step(*(x[:, :8, :8] for x in (target, source, flow)))
    step.get_concrete_function(target, source, flow)
    before = resident_peak()
    step(target, source, flow)
    connection.send(resident_peak() - before)
    for _ in range(calls):
        connection.recv()
        start = time.perf_counter()
        step(target, source, flow)[0].numpy()
        connection.send(time.perf_counter() - start)


def measure(case, compiled, calls):
    """{version: (MiB, seconds)} of one case."""
    measured = in_turns(worker, {version: (version, case, compiled, calls) for version in VERSIONS}, calls)
    return {version: (memory, min(seconds)) for version, (memory, seconds, _) in measured.items()}


def main():
    parser = argparse.ArgumentParser(
        description="Memory and time of local attention against its literal version."
    )
    parser.add_argument("--compiled", action="store_true", help="compile with XLA")
    parser.add_argument("--calls", type=int, default=5, help="calls to time")
    arguments = parser.parse_args()
    print(f"{'case':>20} {'version':>8} {'memory':>10} {'time':>9}")
    for case in CASES:
        result = measure(case, arguments.compiled, arguments.calls)
        name = "{}x{}x{}, kernel {}".format(*case)
        for version, (mib, seconds) in result.items():
            print(f"{name:>20} {version:>8} {mib:>6.0f} MiB {1000 * seconds:>6.0f} ms")
        ratios = [ours / literal for ours, literal in zip(result["ours"], result["literal"], strict=True)]
        print(f"{'':>20} {'ratio':>8} {ratios[0]:>10.3f} {ratios[1]:>9.3f}")


if __name__ == "__main__":
    main()
