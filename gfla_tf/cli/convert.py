"""Converts a trained run or a published checkpoint to SavedModel and TFLite, and checks both against Keras.

    gfla convert --run runs/pose_quickstart
    gfla convert --checkpoint latest_net_G.pth --preset pose_deepfashion --output models/deepfashion
    gfla convert --checkpoint latest_net_G.pth --preset pose_market --image-size 256 128 --output models/market_256
    gfla convert --run runs/pose_quickstart --keypoints --uint8 --split
    gfla convert --run runs/pose_quickstart --variants all --report report

writes DIR/NAME_saved_model (any batch size) and DIR/NAME.tflite (batch 1, float32, LiteRT builtins only), where NAME is the
run's or the preset's, with _HxW behind it for another --image-size; docs/checkpoints.md has the inputs and outputs of every
task. Of a dance or a face network that is one step: the generated image and the target structure are the next step's previous
ones. Nothing is written if an output differs from Keras by more than 1e-4, of animations over a sequence of frames; otherwise
earlier files of these names are replaced.

--keypoints, --uint8 and --split make the form that a phone wants, NAME_keypoints_uint8_split.tflite; --variants quantizes, into
NAME_int8.tflite and so on. docs/phone.md has both.
"""

import functools
from pathlib import Path

from gfla_tf.cli.parser import command_parser
from gfla_tf.errors import user_errors


def parse_arguments(arguments=None):
    """The command line; see `gfla convert --help`."""
    parser = command_parser("convert", __doc__)
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
    form = parser.add_argument_group("form, see docs/phone.md")
    form.add_argument(
        "--keypoints",
        action="store_true",
        help="take joints (x, y, confidence) and draw the maps in the graph",
    )
    form.add_argument("--uint8", action="store_true", help="take and give images as uint8")
    form.add_argument(
        "--split",
        action="store_true",
        help="two signatures: encode, once for a source, and generate, for each target",
    )
    form.add_argument(
        "--lowering",
        choices=("gather", "resampler", "litert", "cpu"),
        default="gather",
        help="builtin operations for CPUs and GPUs (default), the GPU delegates' Resampler, compiled samplers, or "
        "what is fastest on CPUs and runs only there",
    )
    quantized = parser.add_argument_group("quantization, see docs/phone.md")
    quantized.add_argument(
        "--variants",
        nargs="+",
        default=["float32"],
        metavar="KIND",
        help="all, or some of float32, float16, weights, dynamic, int8 and int16",
    )
    quantized.add_argument(
        "--goal",
        nargs="+",
        default=[],
        metavar="KIND=DB",
        help="PSNR against float32 that a variant has to reach (default: float16=55 weights=45 dynamic=39 int8=36 int16=45)",
    )
    quantized.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help="folder of pictures to calibrate and to score on (default: the data of the run)",
    )
    quantized.add_argument(
        "--report", type=Path, metavar="DIR", help="compare the variants on held-out samples"
    )
    quantized.add_argument(
        "--samples", type=int, default=100, metavar="N", help="how many (default: %(default)s)"
    )
    options = parser.parse_args(arguments)
    if options.checkpoint and not options.preset:
        parser.error("--checkpoint needs --preset: a .pth file does not say which network it belongs to")
    if options.checkpoint and options.best:
        parser.error("--best goes with --run: a checkpoint has one set of weights")
    if options.report and not {"float32", "all"} & set(options.variants):
        parser.error("--report compares with float32: name it among the --variants, too")
    if options.samples < 1:
        parser.error("--samples has to be at least 1")
    if options.run and options.preset:
        parser.error("--preset goes with --checkpoint: a run knows its own network")
    return options


def main(arguments=None):
    """Converts as the command line says and prints sizes, operations and differences."""
    options = parse_arguments(arguments)
    with user_errors():
        # TensorFlow takes seconds to import: --help and mistyped options need not wait for it.
        from gfla_tf.export.convert.conversion import convert, report
        from gfla_tf.export.convert.signatures import Form
        from gfla_tf.export.convert.sources import from_checkpoint, from_run

        source = (
            from_run(options.run, options.best)
            if options.run
            else from_checkpoint(options.checkpoint, options.preset)
        )
        if options.image_size:
            source = source.at_size(options.image_size)
        form = Form(options.keypoints, options.uint8, options.split, options.lowering)
        variants = _variants(options, source)
        size = getattr(source.generator, "image_size", None)
        images = f" for images of {size[0]} x {size[1]} (height x width)" if size else ""
        print(f"converting {source.name}{images} ...", flush=True)
        results = convert(source, options.output or source.directory, form, variants)
        print(report(results))
        if options.report:
            _report(options, source, results, variants)


def _variants(options, source):
    """The `Variants` that the command line asks for."""
    from gfla_tf.export.quantize.representative import from_training
    from gfla_tf.export.quantize.variants import chosen

    data = None
    if options.data:
        from gfla_tf.export.quantize.folder import from_folder

        data = functools.partial(from_folder, source, options.data)
    elif source.has_data:
        data = functools.partial(from_training, source)
    return chosen(options.variants, options.goal, data, functools.partial(print, flush=True))


def _report(options, source, results, variants):
    from gfla_tf.errors import GflaError
    from gfla_tf.export.quantize.scores import score, table, write_report
    from gfla_tf.metrics.lpips import load_lpips

    if variants.data is None:
        raise GflaError(
            f"{source.name} comes without its training's data: name a folder of pictures with --data."
        )
    print(f"scoring on {options.samples} held-out samples ...", flush=True)
    scored = score(source, results, variants.data("test", options.samples), load_lpips())
    write_report(scored, options.report)
    print(table(scored), *scored.notes, f"written: {options.report}", sep="\n")
