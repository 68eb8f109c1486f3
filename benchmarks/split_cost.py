"""What animating one photo costs per frame if the source is encoded once: `generate` against the whole network, on LiteRT.

    python benchmarks/split_cost.py pose_deepfashion --image-size 256 256

converts the preset with its initial weights, which cost as much as trained ones, in the plain form and split, and prints the
medians of both in one run and their ratio, and that of the multiplications, which no busy machine changes.
"""

import argparse
import tempfile
from pathlib import Path

from gfla_tf.export.convert.graphs import tflite_flatbuffer
from gfla_tf.export.convert.operations import multiply_adds
from gfla_tf.export.convert.signatures import Form
from gfla_tf.export.convert.sources import Source
from gfla_tf.export.quantize.cost import measure

from gfla_tf.errors import user_errors
from gfla_tf.litert.runner import ENCODE, GENERATE, SIGNATURE
from gfla_tf.models.presets import create_generator, preset
from gfla_tf.training.tasks import task_named


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("preset", nargs="?", default="pose_deepfashion")
    parser.add_argument("--image-size", type=int, nargs=2, metavar=("H", "W"))
    options = parser.parse_args()
    with user_errors(), tempfile.TemporaryDirectory() as folder:
        size = {"image_size": tuple(options.image_size)} if options.image_size else {}
        generator, task = create_generator(options.preset, **size), preset(options.preset)["task"]
        source = Source(generator, task_named(task), options.preset, Path(folder), {})
        seconds, products = {}, {}
        for form in (Form(), Form(split=True)):
            file = Path(folder) / f"model{form.suffix}.tflite"
            file.write_bytes(tflite_flatbuffer(source, Path(folder) / f"graph{form.suffix}", form))
            cost = measure(file)
            seconds |= cost["seconds"]
            products |= multiply_adds(file.read_bytes())
            peak = "" if cost["peak_bytes"] is None else f", peak {cost['peak_bytes'] / 1e6:.0f} MB"
            print(f"{form.suffix or '_plain'}: {file.stat().st_size / 1e6:.1f} MB{peak}")
    whole, encode, generate = (1e3 * seconds[name] for name in (SIGNATURE, ENCODE, GENERATE))
    print(f"{options.preset} {' x '.join(map(str, generator.image_size))}: whole {whole:.1f} ms, encode {encode:.1f} ms, "
          f"generate {generate:.1f} ms")  # fmt: skip
    share, total = products[GENERATE] / products[SIGNATURE], products[SIGNATURE] / 1e9
    print(
        f"per frame: {generate / whole:.2f} of the whole's time, {share:.2f} of its {total:.1f} G multiplications"
    )


if __name__ == "__main__":
    main()
