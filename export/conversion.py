"""From a generator in Keras to the files that others run: SavedModel and .tflite, checked against each other."""

import dataclasses
import textwrap
from pathlib import Path

import numpy as np

from export.agreement import (
    TOLERANCE,
    differences,
    magnified_limits,
    outputs_for,
    require_agreement,
)
from export.description import write_description
from export.graphs import load_saved_model, tflite_flatbuffer, write_saved_model
from export.operations import operation_histogram, require_builtins
from export.runner import TFLiteModel, each_sample
from export.samples import sample_inputs
from export.staging import staged
from export.tasks import describe
from gfla_tf.errors import GflaError


@dataclasses.dataclass(frozen=True)
class Converted:
    """A file that was written.

    Attributes:
        path: of the SavedModel directory or the .tflite.
        bytes: its size.
        differences: {output: largest difference from Keras}, see `export.agreement.differences`.
        operations: {operation: how often} of a .tflite, empty for a SavedModel.
    """

    path: Path
    bytes: int
    differences: dict
    operations: dict


def convert(source, directory):
    """Writes `directory/NAME_saved_model` and `directory/NAME.tflite`, after checking both against Keras on sample inputs.

    Either both are written or none; earlier ones are replaced only at the end. Of an animation, one step is converted and a
    sequence is checked, in which each file goes on from its own frames.

    Args:
        source: `export.sources.Source`, of any task.
        directory: where to write; made if missing.

    Returns:
        two `Converted`: the SavedModel's and the .tflite's.

    Raises:
        GflaError: an operation is no TFLite builtin, an output differs from Keras by more than the tolerance, or the
            directory cannot be written.
    """
    directory, generator = Path(directory), source.generator
    graph, file = f"{source.name}_saved_model", f"{source.name}.tflite"
    with staged(directory, (graph, file)) as temporary:
        write_saved_model(generator, temporary / graph)
        flatbuffer = tflite_flatbuffer(generator, temporary / "batch_1")
        try:
            (temporary / file).write_bytes(flatbuffer)
        except OSError as error:
            raise GflaError(f"cannot write to {directory}: {error.strerror}.") from error
        operations = operation_histogram(flatbuffer)
        require_builtins(operations, file)
        model = TFLiteModel(temporary / file)
        write_description(temporary / file, describe(source, model.inputs, model.outputs))
        converted = {
            graph: _arrays(load_saved_model(temporary / graph)),
            file: each_sample(TFLiteModel(temporary / file)),
        }
        found = _agreeing(generator, converted)
        return [
            Converted(
                directory / written,
                _size(temporary / written),
                found[written],
                operations if written == file else {},
            )
            for written in converted
        ]


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
        if result.operations:
            histogram = ", ".join(f"{operation} {count}" for operation, count in result.operations.items())
            lines += textwrap.wrap(f"operations: {histogram}", 110)
    return "\n".join(lines)


def _kind(output):
    """generated, flow, mask or clean: the first word of an output's name."""
    return output.split("_")[0]


def _agreeing(generator, converted):
    """{name: differences} of converted networks {name: function} that agree with Keras; a `GflaError` if one does not."""
    samples = sample_inputs(generator)
    original = _arrays(lambda **arrays: generator(arrays, training=False))
    expected = outputs_for(original, samples)
    result = {}
    for name, run in converted.items():
        found = outputs_for(run, samples)
        result[name], limits = differences(expected, found), None
        if "target_structures" in samples and max(result[name].values()) > TOLERANCE:
            limits = magnified_limits(original, samples, expected, found)
        require_agreement(result[name], name, limits)
    return result


def _arrays(run):
    """A function that gives {name: tensor} as one that gives {name: array}."""
    return lambda **arrays: {name: np.asarray(value) for name, value in run(**arrays).items()}


def _size(path):
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())
