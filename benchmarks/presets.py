"""What the networks of all presets cost as files for CPUs: weights, multiplications, memory and milliseconds, in one table.

    python -m benchmarks.presets
    python -m benchmarks.presets people_256 people_128 --variants float32 float16 int8

Each is converted with its initial weights, which cost as much as trained ones, by `--lowering cpu`, split where something depends
on the source alone: `encode` runs once for a source, `generate` for every frame. Milliseconds are medians on two threads, one
file after the other, each in a process of its own; memory is what loading and running the file takes at most. int8 has its
ranges from random inputs, and nothing is kept in float.
"""

import argparse
import os
import tempfile
from pathlib import Path

HEAD = (
    "preset", "image", "M weights", "M multiplications, encode", "generate", "variant", "MB", "peak MB", "encode ms",
    "generate ms", "frames/s",
)  # fmt: skip


def rows_of(name, variants, folder):
    """The rows of a preset, one for each variant."""
    from gfla_tf.export.convert.graphs import tflite_flatbuffer
    from gfla_tf.export.convert.operations import multiply_adds
    from gfla_tf.export.convert.sample_inputs import model_inputs
    from gfla_tf.export.convert.signatures import Form
    from gfla_tf.export.convert.sources import Source
    from gfla_tf.export.quantize.cost import measure
    from gfla_tf.export.quantize.quantization import CALIBRATED, calibrate, quantize

    from gfla_tf.litert.runner import ENCODE, GENERATE, SIGNATURE, TFLiteModel
    from gfla_tf.models.presets import create_generator, preset
    from gfla_tf.training.tasks import task_named

    task, generator = preset(name)["task"], create_generator(name)
    source = Source(generator, task_named(task), name, folder, {})
    form = Form(lowering="cpu", split=hasattr(generator, "image_size"))
    path = folder / f"{name}.tflite"
    path.write_bytes(flatbuffer := tflite_flatbuffer(source, folder / name, form))
    model, products = TFLiteModel(path), multiply_adds(flatbuffer)
    size = " x ".join(map(str, getattr(generator, "image_size", ())))
    whole = products.get(GENERATE, products.get(SIGNATURE))
    about = [
        name,
        size,
        f"{generator.count_params() / 1e6:.2f}",
        _millions(products.get(ENCODE)),
        _millions(whole),
    ]
    for variant in variants:
        file = path if variant == "float32" else folder / f"{name}_{variant}.tflite"
        if variant != "float32":
            ranges = (
                calibrate(flatbuffer, variant, model, model_inputs(model)[:1])
                if variant in CALIBRATED
                else None
            )
            file.write_bytes(quantize(flatbuffer, variant, calibration=ranges))
        cost = measure(file)
        encode, frame = (1e3 * cost["seconds"].get(key, 0) for key in (ENCODE, GENERATE))
        frame = frame or 1e3 * cost["seconds"][SIGNATURE]
        peak = "" if cost["peak_bytes"] is None else f"{cost['peak_bytes'] / 1e6:.0f}"
        figures = [
            variant,
            f"{file.stat().st_size / 1e6:.1f}",
            peak,
            f"{encode:.1f}" if encode else "",
            f"{frame:.1f}",
        ]
        yield [*about, *figures, f"{1e3 / frame:.0f}"]


def _millions(count):
    return "" if count is None else f"{count / 1e6:.0f}"


def main(arguments=None):
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from gfla_tf.models.preset_table import presets

    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.presets",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "presets", nargs="*", default=list(presets()), metavar="PRESET", help="(default: all)"
    )
    parser.add_argument("--variants", nargs="+", default=["float32", "int8"], metavar="KIND")
    options = parser.parse_args(arguments)
    print(*(f"| {' | '.join(row)} |" for row in (HEAD, ["---"] * len(HEAD))), sep="\n", flush=True)
    for name in options.presets:
        with tempfile.TemporaryDirectory() as folder:
            for row in rows_of(name, options.variants, Path(folder)):
                print(f"| {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    main()
