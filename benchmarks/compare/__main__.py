"""How fast we are beside what anyone would pick instead, in one run: Markdown tables.

    python -m benchmarks.compare
    python -m benchmarks.compare --only picture --rounds 30

- picture: the full-size `pose_deepfashion` on LiteRT, in Keras, in PyTorch (eager, compiled) and on ONNX Runtime. The peer draws
  what ours does; `smart` has our commuted sampler, `literal` samples as the published network does. Files of `--lowering cpu` are
  split; `generate alone` is a frame whose source is encoded. Beside them the machine's limit: its best rate of multiplying
  matrices in the same run, for the network's multiplications.
- training: a step of the generator, ours beside PyTorch's; sampler: content-aware sampling forward and backward, likewise.
- pipeline: pairs per second that a folder of own pictures delivers beside those that the whole training step takes.

Every contender has a process of its own and is left out with a sentence if it does not run or draws something else. Then they
take turns in an order drawn anew for every round, so that a machine whose speed drifts is unfair to nobody: ratios are medians
over rounds. Peaks are of the whole process, libraries included, while it draws; the first answer's seconds count from its start.
"""

import argparse
import multiprocessing
import os
import tempfile
from pathlib import Path

from benchmarks.compare import picture, training
from benchmarks.compare.contenders import measured, table

SECTIONS = ("picture", "training", "sampler", "pipeline")


def draw(folder, options, settings):
    """The section picture."""
    files, expected, products = picture.prepared(folder, options.variants, settings)
    for form in options.forms:
        process = multiprocessing.get_context("spawn").Process(target=picture.write_onnx, args=(folder, form))
        process.start()
        process.join()
    contenders = {"matrices": (picture.matrices, ())} | picture.contenders(
        folder, files, options.threads, settings, options.forms
    )

    def wrong(name, answer):
        return None if name == "matrices" else picture.wrong(name, answer, expected)

    found = measured(contenders, options.rounds, wrong)
    fastest = min(found.pop("matrices").seconds) / picture.MATRIX**3
    print(table(found, picture.PEER, products * fastest), flush=True)
    print(f"\n{products / 1e9:.1f} G multiplications", flush=True)


def main(arguments=None):
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.compare",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--only", nargs="+", choices=SECTIONS, default=SECTIONS, help="sections (default: all)"
    )
    parser.add_argument(
        "--rounds", type=int, default=11, help="of pictures; of steps a third (default: %(default)s)"
    )
    parser.add_argument("--threads", type=int, default=2, help="(default: %(default)s)")
    parser.add_argument("--variants", nargs="*", default=["float16", "int8"], metavar="KIND")
    parser.add_argument(
        "--forms",
        nargs="+",
        choices=picture.FORMS,
        default=picture.FORMS,
        help="of PyTorch's network (default: both)",
    )
    parser.add_argument("--image-size", type=int, nargs=2, metavar=("H", "W"), help="another than 256 256")
    options = parser.parse_args(arguments)
    # For this process' children, which read it when they load their libraries.
    threads = {name: str(options.threads) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
    os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", **threads}
    settings = {"image_size": tuple(options.image_size)} if options.image_size else {}
    few = max(1, options.rounds // 3)
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        if "picture" in options.only:
            print("\n## A picture\n", flush=True)
            draw(folder, options, settings)
        if "training" in options.only:
            print("\n## A training step of the generator\n", flush=True)
            if not (folder / picture.INPUTS).exists():
                picture.written_weights(folder, settings)
            steps = training.steps(folder, settings, options.threads, options.forms)
            print(
                table(
                    measured(steps, few, training.same_losses()),
                    "torch eager, smart",
                )
            )
        if "sampler" in options.only:
            print("\n## The sampler, forward and backward\n", flush=True)
            samplers = training.samplers(options.threads)
            print(
                table(
                    measured(samplers, few, training.same_losses()),
                    "torch, grid_sample",
                )
            )
    if "pipeline" in options.only:
        from benchmarks.input_pipeline import main as pipeline

        print("\n## Data beside the whole training step\n", flush=True)
        pipeline(["--batch-size", "2", "--rounds", "1"])


if __name__ == "__main__":
    main()
