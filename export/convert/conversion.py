"""From a generator in Keras to the files that others run: SavedModel and .tflite, checked against Keras."""

import dataclasses
import textwrap
from pathlib import Path

import numpy as np
from gfla_tf.export.convert.describe import describe
from gfla_tf.export.convert.graphs import load_saved_model, tflite_flatbuffer, write_saved_model
from gfla_tf.export.convert.keras_check import (
    TOLERANCE,
    differences,
    magnified_limits,
    outputs_for,
    require_agreement,
    rounding_limits,
)
from gfla_tf.export.convert.operations import operation_histogram, require_builtins
from gfla_tf.export.convert.sample_inputs import form_inputs, sample_inputs
from gfla_tf.export.convert.signatures import PLAIN
from gfla_tf.export.convert.staging import staged
from gfla_tf.export.quantize.quantization import CALIBRATED
from gfla_tf.export.quantize.variants import FLOAT32, Variants

from gfla_tf.errors import GflaError
from gfla_tf.litert.description import write_description
from gfla_tf.litert.runner import TFLiteModel, each_sample


@dataclasses.dataclass(frozen=True)
class Converted:
    """A file that was written.

    Attributes:
        path: of the SavedModel directory or the .tflite.
        bytes: its size.
        differences: {output: largest difference from Keras}, see `gfla_tf.export.convert.keras_check.differences`.
        operations: {operation: how often} of a .tflite, empty for a SavedModel.
        variant: `float32` or one of `gfla_tf.export.quantize.quantization.KINDS`.
        kept: {operation kept in float: PSNR in dB if it alone is quantized}.
    """

    path: Path
    bytes: int
    differences: dict
    operations: dict
    variant: str = FLOAT32
    kept: dict = dataclasses.field(default_factory=dict)


def convert(source, directory, form=PLAIN, variants=None):
    """Writes a network's files into `directory`, after checking them against Keras on sample inputs.

    A .tflite for each variant: `NAME.tflite` for the plain form in float32, otherwise with the form and the variant behind the
    name; with the plain form in float32 also `NAME_saved_model`. Either all are written or none; earlier ones are replaced only
    at the end. Of an animation, one step is converted and a sequence is checked, each file continuing from its own frames.

    Args:
        source: `gfla_tf.export.convert.sources.Source`, of any task.
        directory: where to write; made if missing.
        form: `gfla_tf.export.convert.signatures.Form`.
        variants: `gfla_tf.export.quantize.variants.Variants`; float32 alone if None.

    Returns:
        a `Converted` for each file, the SavedModel's first.

    Raises:
        GflaError: an operation is no TFLite builtin, a float32 output differs from Keras by more than the tolerance, the network
            has no such form or this form no such variant, a variant misses its goal, or the directory cannot be written.
    """
    directory, variants = Path(directory), variants or Variants()
    if form.custom_operations and (integer := [name for name in variants.names if name in CALIBRATED]):
        raise GflaError(
            f"{' and '.join(integer)} cannot be made with {form.custom_operations[0]}, for which the quantizer has no kernel: "
            "leave out --lowering, or name other --variants."
        )
    files = {variant: file_name(source.name, form, variant) for variant in variants.names}
    graph = f"{source.name}_saved_model" if form == PLAIN and FLOAT32 in files else None
    with staged(directory, [*filter(None, [graph]), *files.values()]) as temporary:
        if graph:
            write_saved_model(source.generator, temporary / graph)
        flatbuffer = tflite_flatbuffer(source, temporary / "batch_1", form)
        name = f"{source.name}{form.suffix}.tflite"
        require_builtins(operation_histogram(flatbuffer), name, form.custom_operations)
        check, written = _Check(source, form), []
        if graph:
            found = check(_arrays(load_saved_model(temporary / graph)), graph)
            written.append(Converted(directory / graph, _size(temporary / graph), found, {}))
        for variant, content, kept in variants.of(source, flatbuffer, temporary):
            path = temporary / files[variant]
            path.write_bytes(content)
            write_description(path, describe(source, TFLiteModel(path), form, variant, kept))
            found = check(each_sample(TFLiteModel(path)), path.name, variant)
            operations = operation_histogram(content)
            written.append(
                Converted(directory / path.name, path.stat().st_size, found, operations, variant, kept)
            )
        return written


def file_name(name, form, variant):
    """Name of the .tflite of a network in a form and a variant."""
    return f"{name}{form.suffix}{'' if variant == FLOAT32 else f'_{variant}'}.tflite"


def report(results):
    """The text table of what `convert` wrote."""
    kinds = list(dict.fromkeys(_kind(output) for output in results[0].differences))
    rows = [("file", "MB", "operations", *kinds)]
    for result in results:
        operations = sum(result.operations.values())
        largest = (
            max(value for output, value in result.differences.items() if _kind(output) == kind)
            for kind in kinds
        )
        values = (f"{value:.1e}" for value in largest)
        rows.append((str(result.path), f"{result.bytes / 1e6:.1f}", str(operations or "-"), *values))
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["largest differences from Keras (of flows: relative to the largest flow)"]
    lines += ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]
    for result in results:
        if result.operations and result.variant == FLOAT32:
            histogram = ", ".join(f"{operation} {count}" for operation, count in result.operations.items())
            lines += textwrap.wrap(f"operations: {histogram}", 110)
        if result.kept:
            lines += [f"{result.path.name} keeps {len(result.kept)} operations in float, by their error"]
    return "\n".join(lines)


class _Check:
    """Compares converted networks with Keras.

    Args:
        source, form: as for `convert`.
    """

    def __init__(self, source, form):
        generator = source.generator
        self._keras = _arrays(lambda **arrays: generator(arrays, training=False))
        if form == PLAIN:
            self._given = plain = sample_inputs(generator)
        else:
            self._given, plain = form_inputs(source, form)
        self._expected = outputs_for(self._keras, plain)

    def __call__(self, run, name, variant=FLOAT32):
        """{output: difference} of a network; a `GflaError` if it is of float32 and differs, or gives what is no number."""
        found = outputs_for(run, self._given)
        result = differences(self._expected, found)
        limits = dict.fromkeys(result, np.finfo(np.float64).max)  # of what is quantized, the variants' goals
        if variant == FLOAT32:
            limits = rounding_limits(found)
            if "target_structures" in self._given and max(result.values()) > TOLERANCE:
                limits = magnified_limits(self._keras, self._given, self._expected, found)
        require_agreement(result, name, limits)
        return result


def _kind(output):
    """generated, flow, mask or clean: the first word of an output's name."""
    return output.split("_")[0]


def _arrays(run):
    """A function that gives {name: tensor} as one that gives {name: array}."""
    return lambda **arrays: {name: np.asarray(value) for name, value in run(**arrays).items()}


def _size(path):
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())
