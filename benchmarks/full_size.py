"""What the files of a published network weigh and whether the GPU accelerator runs them, for which no training is needed.

    python -m benchmarks.full_size pose_deepfashion --output /tmp/full

converts the preset in both lowerings, with weights by the rule of the tests, which make it draw with its whole range and flow by
many pixels; prints the size of every variant, what the lint finds, and how both lowerings do on LiteRT's GPU accelerator, alone,
on ordinary inputs and, the drawing part, under the stress of `gfla_tf.export.verify.stress`.
"""

import argparse
from pathlib import Path

from gfla_tf.export.convert.graphs import tflite_flatbuffer
from gfla_tf.export.convert.operations import multiply_adds
from gfla_tf.export.convert.sample_inputs import model_inputs
from gfla_tf.export.convert.signatures import Form
from gfla_tf.export.convert.sources import Source
from gfla_tf.export.quantize.quantization import CALIBRATED, KINDS, calibrate, quantize
from gfla_tf.export.verify.lint import lint
from gfla_tf.export.verify.stress import stress
from gfla_tf.export.verify.verification import table, verify

from gfla_tf.errors import user_errors
from gfla_tf.litert.runner import TFLiteModel
from gfla_tf.models.presets import create_generator, preset
from gfla_tf.training.tasks import task_named

LOWERINGS = ("gather", "resampler")
ON = ("gpu", "gpu_fp16")


def source_of(name):
    """A preset's network with the tests' weights."""
    from tests.helpers.rule_weights import fill

    generator = fill(create_generator(name))
    print(f"{name}: {generator.count_params() / 1e6:.2f} M weights", flush=True)
    return Source(generator, task_named(preset(name)["task"]), name, None, {})


def convert(source, lowering, folder):
    """Writes the float32 .tflite and prints what the lint finds; returns its path."""
    form = Form(lowering=lowering)
    path = folder / f"{source.name}{form.suffix}.tflite"
    path.write_bytes(tflite_flatbuffer(source, folder / f"graph{form.suffix}", form))
    findings = lint(path)
    print(
        f"{lowering}: {path.stat().st_size / 1e6:.2f} MB, {len(findings)} findings",
        *findings,
        sep="\n  ",
        flush=True,
    )
    return path


def sizes(path):
    """Prints the size of every variant of a float32 .tflite and whether it runs; int8 is calibrated on drawn inputs."""
    flatbuffer, model = path.read_bytes(), TFLiteModel(path)
    print(f"{sum(multiply_adds(flatbuffer).values()) / 1e9:.1f} G multiplications")
    inputs = model_inputs(model)
    for kind in KINDS:
        ranges = calibrate(flatbuffer, kind, model, inputs) if kind in CALIBRATED else None
        variant = path.with_name(f"{path.stem}_{kind}.tflite")
        variant.write_bytes(quantize(flatbuffer, kind, (), ranges))
        TFLiteModel(variant)(**inputs[0])
        print(f"{kind}: {variant.stat().st_size / 1e6:.2f} MB, runs", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("preset", nargs="?", default="pose_deepfashion")
    parser.add_argument("--output", type=Path, required=True, help="where the files go; must exist")
    options = parser.parse_args()
    with user_errors():
        source = source_of(options.preset)
        paths = {lowering: convert(source, lowering, options.output) for lowering in LOWERINGS}
        sizes(paths["gather"])
        for lowering, path in paths.items():
            print(f"\n{lowering}", table(verify(path, accelerators=ON)[1]), sep="\n", flush=True)
            findings, checks = stress(source, options.output, lowering, accelerators=ON)
            print(f"\n{lowering}, under stress", *findings, table(checks), sep="\n", flush=True)


if __name__ == "__main__":
    main()
