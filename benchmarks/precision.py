"""What half precision does to the pose quickstart: the same training in float32, bfloat16 and float16, judged alike.

Run `python -m benchmarks.precision` in the repository; `full.steps=1500` and other settings can be added. Each training is
converted and judged on LiteRT as `make quickstart` does it, on people never seen in training. CPUs compute float16 several times
slower than float32.
"""

import argparse
import os
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

FIGURES = {
    "end-point error": lambda result: result["flow_error_pixels"],
    "L1 on the person": lambda result: result["person_l1"]["generated"],
    "SSIM": lambda result: result["ssim"]["generated"],
}


def judged(precision, overrides, runs):
    """{figure: value} of a training in a precision, and the minutes that it took."""
    from gfla_tf.export.convert.conversion import convert
    from gfla_tf.export.convert.sources import from_run

    from examples.quickstarts import pose
    from gfla_tf.litert.runner import TFLiteModel
    from gfla_tf.training.config_file import load_config
    from gfla_tf.training.runs import Run

    config = load_config(pose.CONFIG, [*overrides, f"precision={precision}", f"name=pose_{precision}"])
    run, start = Run(config, runs / config.name), time.monotonic()
    run.train()
    minutes = (time.monotonic() - start) / 60
    samples = pose.held_out(run)
    outputs = pose.generate(TFLiteModel(convert(from_run(run.directory), run.directory)[-1].path), samples)
    result = pose.scores(samples, outputs, {"no_attention": outputs})  # whose scores nobody looks at
    return {name: figure(result) for name, figure in FIGURES.items()}, minutes


def main():
    from gfla_tf.training.config import PRECISIONS

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("overrides", nargs="*", metavar="key=value", help="settings of all training runs")
    parser.add_argument("--runs", default="runs", help="where runs are kept (default: %(default)s)")
    arguments = parser.parse_intermixed_args()
    results = {}
    for precision in PRECISIONS:
        results[precision], minutes = judged(precision, arguments.overrides, Path(arguments.runs))
        cells = [
            f"{name} {value:.4f} ({value / results['float32'][name] - 1:+.1%})"
            for name, value in results[precision].items()
        ]
        print(f"\n{precision}: {', '.join(cells)}, {minutes:.1f} minutes\n", flush=True)


if __name__ == "__main__":
    main()
