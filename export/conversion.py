"""From a generator in Keras to the files that others run: SavedModel and .tflite, checked against each other."""

import dataclasses
import textwrap
from pathlib import Path

import numpy as np

from export.agreement import differences, require_agreement, sample_inputs
from export.description import write_description
from export.graphs import load_saved_model, tflite_flatbuffer, write_saved_model
from export.operations import operation_histogram, require_builtins
from export.runner import TFLiteModel
from export.staging import staged
from gfla_tf.data.poses import JOINTS
from gfla_tf.errors import GflaError

SAVED_MODEL = "saved_model"


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


def convert(generator, directory, name, heat_map_sigma, weights, limb_sigma=None):
    """Writes `directory/saved_model` and `directory/NAME.tflite`, after checking both against Keras on sample inputs.

    Either both are written or none; earlier ones are replaced only at the end.

    Args:
        generator: a pose generator.
        directory: where to write; made if missing.
        name: of the .tflite.
        heat_map_sigma: of the poses that the network was trained on, in pixels.
        weights: {"origin": where they come from, "licence": theirs}, for the embedded description.
        limb_sigma: of the limb maps that follow the heat maps in a pose; None for none.

    Returns:
        two `Converted`: the SavedModel's and the .tflite's.

    Raises:
        GflaError: an operation is no TFLite builtin, an output differs from Keras by more than the tolerance, or the
            directory cannot be written.
    """
    directory, file = Path(directory), f"{name}.tflite"
    samples = sample_inputs(generator, heat_map_sigma, limb_sigma)
    expected = _numpy(generator(samples, training=False))
    with staged(directory, (SAVED_MODEL, file)) as temporary:
        write_saved_model(generator, temporary / SAVED_MODEL)
        flatbuffer = tflite_flatbuffer(generator, temporary / "batch_1")
        try:
            (temporary / file).write_bytes(flatbuffer)
        except OSError as error:
            raise GflaError(f"cannot write to {directory}: {error.strerror}.") from error
        operations = operation_histogram(flatbuffer)
        require_builtins(operations, file)
        model = TFLiteModel(temporary / file)
        write_description(
            temporary / file,
            describe(generator, heat_map_sigma, limb_sigma, weights, model.inputs, model.outputs),
        )
        found = {
            SAVED_MODEL: _numpy(load_saved_model(temporary / SAVED_MODEL)(**samples)),
            file: run_each(TFLiteModel(temporary / file), samples),
        }
        results = []
        for written, outputs in found.items():
            difference = differences(expected, outputs)
            require_agreement(difference, written)
            size = _size(temporary / written)
            results.append(
                Converted(directory / written, size, difference, operations if written == file else {})
            )
    return results


def describe(generator, heat_map_sigma, limb_sigma, weights, inputs, outputs):
    """The description that is embedded into a pose generator's .tflite, see `export.description`."""
    levels = sorted(generator.attention_kernels, reverse=True) if generator.attention != "none" else []
    attention = [{"level": level} for level in levels]
    if generator.attention == "local":
        for entry in attention:
            entry["kernel"] = generator.attention_kernels[entry["level"]]
    return {
        "task": "pose",
        "image_size": list(generator.image_size),
        "value_range": [-1, 1],
        "joints": JOINTS,
        "heat_map_sigma": heat_map_sigma,
        "limb_sigma": limb_sigma,
        "attention_kind": generator.attention,
        "attention": attention,
        "weights": weights,
        "inputs": inputs,
        "outputs": outputs,
    }


def run_each(model, samples):
    """Outputs {name: array} of a `TFLiteModel`, whose batch is 1, for a batch of samples {name: array}."""
    count = len(next(iter(samples.values())))
    runs = [model(**{name: value[i : i + 1] for name, value in samples.items()}) for i in range(count)]
    return {name: np.concatenate([run[name] for run in runs]) for name in runs[0]}


def report(results):
    """The text table of what `convert` wrote."""
    outputs = list(results[0].differences)
    rows = [("file", "MB", "operations", *outputs)]
    for result in results:
        operations = sum(result.operations.values())
        values = (f"{result.differences[output]:.1e}" for output in outputs)
        rows.append((str(result.path), f"{result.bytes / 1e6:.1f}", str(operations or "-"), *values))
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["largest differences from Keras (of flows: relative to the largest flow)"]
    lines += ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]
    for result in results:
        if result.operations:
            histogram = ", ".join(f"{operation} {count}" for operation, count in result.operations.items())
            lines += textwrap.wrap(f"operations: {histogram}", 110)
    return "\n".join(lines)


def _numpy(outputs):
    return {name: np.asarray(value) for name, value in outputs.items()}


def _size(path):
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())
