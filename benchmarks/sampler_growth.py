"""How the samplers' time and memory grow: with the pixels, and with the size n of the attended patch.

    python -m benchmarks.sampler_growth --picture docs/sampler_growth.png

Content-aware sampling alone (`attend`, 32 channels, forward with backward pass) of maps of 16 to 256 pixels a side, n = 3, and
of 64 pixels a side with n = 1 to 9: compiled, composed of keras.ops, and the literal version of the definition, which makes n * n
maps. Each version runs in a process of its own, one after the other, and has `--seconds` of processor: the largest cases, which
come last, are left out where that does not suffice. Its cases take turns in an order drawn anew for every round. Times are
processor seconds, the least of all rounds, which a busy machine disturbs little; memory is by how much the resident memory grows
at most in a call.
The table's exponent is the slope between the two largest cases on logarithmic axes: 1 is linear growth in pixels, or in n * n.
"""

import argparse
import io
import math
import multiprocessing
import os
import random
import time
from pathlib import Path

from benchmarks.compiled_sampler import PLAIN_MEMORY, VERSIONS, memory_of, subject_of

CHANNELS = 32
SIDES, KERNEL = (16, 32, 64, 128, 256), 3
KERNELS, SIDE = (1, 3, 5, 7, 9), 64


def cases():
    """(side, n) of everything that is measured, the cheapest first."""
    every = {*((side, KERNEL) for side in SIDES), *((SIDE, n) for n in KERNELS)}
    return sorted(every, key=lambda case: math.prod(case) ** 2)


def worker(version, rounds, limit, connection):
    """Sends {(side, n): (MiB, processor seconds)} of a version."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ["GFLA_SAMPLER"] = "compiled" if version == "compiled" else "composed"
    import tensorflow as tf

    def step_of(run):
        @tf.function
        def step(*arguments):
            with tf.GradientTape() as tape:
                tape.watch(arguments)
                loss = tf.reduce_sum(tf.square(run(*arguments)))
            return tape.gradient(loss, arguments)

        return step

    steps, memory, seconds = {}, {}, {}
    for case in cases():
        if steps and time.process_time() > limit:
            break
        run, arguments = subject_of(version, "sampling", (case[0], case[0], CHANNELS, case[1]))
        steps[case] = step_of(run), arguments
        steps[case][0](*arguments)
        memory[case] = memory_of(lambda call=steps[case]: call[0](*call[1]))
    for _ in range(rounds):
        for case in random.sample(list(steps), len(steps)):
            step, arguments = steps[case]
            before = time.process_time()
            step(*arguments)[0].numpy()
            seconds.setdefault(case, []).append(time.process_time() - before)
    connection.send({case: (memory[case], min(seconds[case])) for case in steps})


def measure(rounds, limit):
    """{version: {(side, n): (MiB, processor seconds)}}."""
    os.environ.update(PLAIN_MEMORY)
    context, found = multiprocessing.get_context("spawn"), {}
    for version in VERSIONS:
        receiver, sender = context.Pipe(duplex=False)
        process = context.Process(target=worker, args=(version, rounds, limit, sender), daemon=True)
        process.start()
        sender.close()
        found[version] = receiver.recv()
        process.join()
    return found


def exponent(rows, of):
    """Slope on logarithmic axes between the last two of [(extent, (MiB, seconds))]; `of` picks a figure."""
    if len(rows) < 2:
        return math.nan
    (a, first), (b, last) = rows[-2:]
    return math.log(last[of] / first[of]) / math.log(b / a) if first[of] > 0 and last[of] > 0 else math.nan


def series(found, version, axis):
    """[(pixels or n * n, (MiB, seconds))] of one axis."""
    if axis == "pixels":
        return [(side * side, row) for (side, n), row in sorted(found[version].items()) if n == KERNEL]
    return [(n * n, row) for (side, n), row in sorted(found[version].items()) if side == SIDE]


def table(found):
    """Markdown of everything that was measured."""
    lines = []
    for axis in ("pixels", "n * n"):
        extents = sorted({extent for version in VERSIONS for extent, _ in series(found, version, axis)})
        lines += [
            f"| {axis} | | {' | '.join(map(str, extents))} | exponent |",
            "|---" * (len(extents) + 3) + "|",
        ]
        for version in VERSIONS:
            rows = series(found, version, axis)
            for of, unit, scale in ((1, "ms", 1000), (0, "MiB", 1)):
                cells = [f"{scale * row[of]:.3g}" for _, row in rows] + [""] * (len(extents) - len(rows))
                lines.append(f"| {version} | {unit} | {' | '.join(cells)} | {exponent(rows, of):.2f} |")
        lines.append("")
    return "\n".join(lines)


def picture(found):
    """PNG bytes: time and memory against pixels and against n * n, logarithmic."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 6.5), layout="constrained")
    for place, (axis, of, unit, scale) in enumerate(
        (a, *b) for b in ((1, "processor ms", 1000), (0, "MiB", 1)) for a in ("pixels", "n * n")
    ):
        axes = figure.add_subplot(2, 2, place + 1, xlabel=axis, ylabel=unit, xscale="log", yscale="log")
        for version in VERSIONS:
            rows = [(extent, scale * row[of]) for extent, row in series(found, version, axis) if row[of] > 0]
            if rows:
                axes.plot(*zip(*rows), marker="o", label=version)
        axes.grid(alpha=0.3)
        axes.legend(fontsize="small")
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=80)
    return content.getvalue()


def main():
    parser = argparse.ArgumentParser(description="How the samplers' time and memory grow.")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of calls (default: %(default)s)")
    parser.add_argument(
        "--seconds", type=float, default=60, help="of processor for a version (default: %(default)s)"
    )
    parser.add_argument("--picture", type=Path, help=".png to draw it to")
    arguments = parser.parse_args()
    found = measure(arguments.rounds, arguments.seconds)
    print(table(found))
    if arguments.picture:
        arguments.picture.write_bytes(picture(found))


if __name__ == "__main__":
    main()
