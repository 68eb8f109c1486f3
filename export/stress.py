"""Whether a network's drawing part survives on phones what training never showed it: far flows and large features.

    python -m export.stress --run runs/pose_quickstart
    python -m export.stress --checkpoint latest_net_G.pth --preset pose_deepfashion --lowering resampler

converts the target net alone, which takes flows and features as inputs, and verifies it as `export.verify` does: flows of up to
100 pixels of their own level in any direction, source features with a standard deviation of 300. All of them are numbers that
half precision has, so that what is measured is the network's arithmetic: flows of 100 pixels that are rounded to a 32nd of one
lose 32 dB by that alone, on features that differ from pixel to pixel.
"""

import argparse
import dataclasses
import os
import sys
import tempfile
from pathlib import Path

from gfla_tf.errors import GflaError, user_errors

FLOW = 100.0  # pixels
ACTIVATION = 300.0

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow's start-up messages


def stress_inputs(target_net, seed=0):
    """{input name: array}, a batch of one, for a target net: see the module."""
    import numpy as np

    random, inputs = np.random.default_rng(seed), {}
    for name, tensor in target_net.input.items():
        shape, kind = (1, *tensor.shape[1:]), name.split("_")[0]
        if kind == "flow":
            value = random.uniform(-FLOW, FLOW, shape)
        elif kind == "source":
            value = random.normal(0, ACTIVATION, shape)
        elif name.endswith("_view"):
            value = np.eye(1, shape[-1])
        else:
            value = random.uniform(0, 1, shape)
        inputs[name] = value.astype(np.float16).astype(np.float32)
    return inputs


def stress(source, directory, lowering="gather", **settings):
    """Converts the target net of a network and verifies it on `stress_inputs`.

    Args:
        source: `export.sources.Source` of a network that draws.
        directory: for the .tflite.
        lowering: see `export.forms`.
        settings: for `export.verification.verify`.

    Returns:
        findings and checks, as `export.verification.verify`.

    Raises:
        GflaError: the network draws nothing, or is not to be had in this lowering.
    """
    from export.forms import Form
    from export.graphs import tflite_flatbuffer
    from export.verification import verify

    target_net = getattr(source.generator, "target_net", None)
    if target_net is None:
        raise GflaError(f"{source.name} has no target net to put under stress: name a network that draws.")
    form = Form(lowering=lowering)
    drawing = dataclasses.replace(source, generator=target_net, name=f"{source.name}_target_net")
    path = Path(directory) / f"{drawing.name}{form.suffix}.tflite"
    path.write_bytes(tflite_flatbuffer(drawing, Path(directory) / f"graph{form.suffix}", form))
    return verify(path, [stress_inputs(target_net)], **settings)


def main(arguments=None):
    """Stresses the network on the command line."""
    title, _, rest = __doc__.partition("\n")
    parser = argparse.ArgumentParser(
        prog="python -m export.stress", description=title, epilog=rest.strip("\n"),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--run", type=Path, metavar="DIR", help="directory of a training, runs/NAME")
    source.add_argument(
        "--checkpoint", type=Path, metavar="FILE", help="published generator (.pth); needs --preset"
    )
    parser.add_argument("--preset", help="network of the checkpoint")
    parser.add_argument(
        "--lowering",
        nargs="+",
        choices=("gather", "resampler"),
        default=("gather", "resampler"),
        help="(default: both)",
    )
    options = parser.parse_args(arguments)
    if bool(options.checkpoint) != bool(options.preset):
        parser.error("--checkpoint and --preset go together")
    good = True
    with user_errors(), tempfile.TemporaryDirectory() as folder:
        from export.sources import from_checkpoint, from_run
        from export.verification import table

        source = from_run(options.run) if options.run else from_checkpoint(options.checkpoint, options.preset)
        for lowering in options.lowering:
            findings, checks = stress(source, folder, lowering)
            print(f"\n{source.name}, {lowering}", *findings, table(checks), sep="\n", flush=True)
            good &= not findings and not any(check.wrong for check in checks)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
