"""Whether a .tflite is what a phone needs: by its nodes, and by running it on CPU, in half precision and on the GPU accelerator.

    gfla verify model.tflite
    gfla verify model.tflite model_resampler.tflite --run runs/pose_quickstart --json verified.json

Nodes are checked by the rules of `gfla_tf.export.verify.delegate_rules`. Then the file runs wherever it can here, see
`gfla_tf.export.verify.accelerators`, and is compared with float32 on the CPU: in float32 no output may differ by more than 1e-3
(flows relative to the largest), in half precision the picture has to have 35 dB, and the GPU accelerator has to run everything
alone. Of a file that is for the CPU alone, by `gfla convert --lowering cpu`, nothing of that is asked: it runs with `--on cpu`.
The exit status is 1 if anything is wrong, and 2 if a file cannot be read.
"""

import dataclasses
import json
import sys
from pathlib import Path

from gfla_tf.cli.parser import command_parser
from gfla_tf.errors import GflaError, user_errors
from gfla_tf.export.verify.accelerators import ACCELERATORS
from gfla_tf.files import write_whole


def main(arguments=None):
    """Prints findings and checks of the files on the command line."""
    parser = command_parser("verify", __doc__)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a .tflite")
    parser.add_argument(
        "--run",
        type=Path,
        metavar="DIR",
        help="compare on held-out samples of this run's data (default: on waves and noise)",
    )
    parser.add_argument(
        "--samples", type=int, default=4, metavar="N", help="how many of these (default: %(default)s)"
    )
    parser.add_argument(
        "--on",
        nargs="+",
        choices=ACCELERATORS,
        default=ACCELERATORS[1:],
        metavar="WHERE",
        help="some of %(choices)s (default: all but cpu)",
    )
    parser.add_argument(
        "--repeats",
        type=int,
        default=1,
        metavar="N",
        help="runs of each, the fastest counts (default: %(default)s)",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the outcome there, too")
    options = parser.parse_args(arguments)
    for name in ("samples", "repeats"):
        if getattr(options, name) < 1:
            parser.error(f"--{name} is {getattr(options, name)}: it must be at least 1")
    with user_errors():
        # TensorFlow takes seconds to import.
        from gfla_tf.export.verify.targets import GPU, targets_of
        from gfla_tf.export.verify.verification import table, verify

        document, good = {}, True
        for path in options.files:
            findings, checks = verify(path, _held_out(options, path), options.on, options.repeats)
            fit = "fit for GPU delegates by its nodes" if GPU in targets_of(path) else "for the CPU alone"
            print(f"\n{path}: {f'{len(findings)} findings' if findings else fit}")
            print(*(f"  {finding}" for finding in findings), sep="\n", end="\n" if findings else "")
            print(table(checks), flush=True)
            good &= not findings and not any(check.wrong for check in checks)
            document[str(path)] = {
                "findings": [{"node": str(f.node), "rule": f.rule, "reason": f.reason} for f in findings],
                "checks": [dataclasses.asdict(check) for check in checks],
            }
        if options.json:
            _write(options.json, json.dumps(document, indent=1) + "\n")
    sys.exit(0 if good else 1)


def _held_out(options, path):
    """Samples of the run's data as the file takes them, or None."""
    if options.run is None:
        return None
    from gfla_tf.export.convert.sources import from_run
    from gfla_tf.export.quantize.representative import from_training, taken
    from gfla_tf.litert.runner import TFLiteModel

    model, source = TFLiteModel(path), from_run(options.run)
    task = model.description["task"]
    if task != source.task.name:
        raise GflaError(
            f"{path} is of the task {task} and the run {options.run} of {source.task.name}: "
            f"name a run of the task {task}, or leave out --run."
        )
    return [taken(sample, model, source) for sample in from_training(source, "test", options.samples)]


def _write(path, text):
    try:
        write_whole(path, text.encode())
    except OSError as error:
        raise GflaError(f"Cannot write {path}: {error.strerror}; name another path.") from error
