"""Converts a trained run or a published checkpoint to SavedModel and TFLite, and checks both against Keras.

    python convert.py --run runs/pose_quickstart
    python convert.py --checkpoint latest_net_G.pth --preset pose_deepfashion --output models/deepfashion
    python convert.py --checkpoint latest_net_G.pth --preset pose_market --image-size 256 128 --output models/market_256

writes DIR/NAME_saved_model (any batch size) and DIR/NAME.tflite (batch 1, float32, LiteRT builtins only), where NAME is the
run's or the preset's; docs/checkpoints.md has the inputs and outputs of every task. Of a dance or a face network that is one
step: the generated image and the target structure are the next step's previous ones. Nothing is written if an output differs
from Keras by more than 1e-4, of animations over a sequence of frames; otherwise earlier files of these names are replaced.
"""

import argparse
import os
from pathlib import Path

from gfla_tf.errors import user_errors

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow's start-up messages


def parse_arguments(arguments=None):
    """The command line; see `python convert.py --help`."""
    title, _, rest = __doc__.partition("\n")
    parser = argparse.ArgumentParser(
        prog="python convert.py",
        description=title,
        epilog=rest.strip("\n"),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--run", type=Path, metavar="DIR", help="directory of a finished training, runs/NAME")
    source.add_argument(
        "--checkpoint",
        type=Path,
        metavar="FILE",
        help="published generator (.pth); needs --preset and PyTorch, see docs/checkpoints.md",
    )
    parser.add_argument(
        "--preset", help="network of the checkpoint, such as pose_deepfashion or dance_fashionvideo"
    )
    parser.add_argument(
        "--best",
        action="store_true",
        help="of a run, also an unfinished one: the weights that were best on held-out samples",
    )
    parser.add_argument(
        "--output", type=Path, metavar="DIR", help="where to write (default: beside the source)"
    )
    parser.add_argument(
        "--image-size",
        type=int,
        nargs=2,
        metavar=("H", "W"),
        help="rebuild the network for images of this size, with the same weights",
    )
    options = parser.parse_args(arguments)
    if options.checkpoint and not options.preset:
        parser.error("--checkpoint needs --preset: a .pth file does not say which network it belongs to")
    if options.checkpoint and options.best:
        parser.error("--best goes with --run: a checkpoint has one set of weights")
    if options.run and options.preset:
        parser.error("--preset goes with --checkpoint: a run knows its own network")
    return options


def main(arguments=None):
    """Converts as the command line says and prints sizes, operations and differences."""
    options = parse_arguments(arguments)
    with user_errors():
        # TensorFlow takes seconds to import: --help and mistyped options need not wait for it.
        from export.conversion import convert, report
        from export.sources import from_checkpoint, from_run

        source = (
            from_run(options.run, options.best)
            if options.run
            else from_checkpoint(options.checkpoint, options.preset)
        )
        if options.image_size:
            source = source.at_size(options.image_size)
        size = getattr(source.generator, "image_size", None)
        images = f" for images of {size[0]} x {size[1]} (height x width)" if size else ""
        print(f"converting {source.name}{images} ...", flush=True)
        print(report(convert(source, options.output or source.directory)))


if __name__ == "__main__":
    main()
