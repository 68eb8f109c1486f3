"""Runs a .tflite on LiteRT by the names of its inputs and outputs. Needs neither TensorFlow nor Keras."""

import functools
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from export.description import read_description
from gfla_tf.errors import GflaError

SIGNATURE = "serving_default"


class TFLiteModel:
    """A .tflite on LiteRT's CPU kernels, called with arrays by name.

    >>> model = TFLiteModel("model.tflite")
    >>> outputs = model(source_image=..., source_pose=..., target_pose=...)

    Args:
        path: the .tflite.
        num_threads: None leaves the choice to LiteRT.

    Raises:
        GflaError: the file is missing, truncated or not a .tflite, has no signature `serving_default`, or
        needs an
            operation that LiteRT's CPU kernels lack.
    """

    def __init__(self, path, num_threads=None):
        self.path = path
        if not Path(path).is_file():
            raise GflaError(f"There is no model file {path}.")
        try:
            self._interpreter = Interpreter(model_path=str(path), num_threads=num_threads)
            signatures = self._interpreter.get_signature_list()
            if SIGNATURE not in signatures:
                raise GflaError(
                    f"{path} has no signature {SIGNATURE} but {sorted(signatures)}; use convert.py."
                )
            self._interpreter.allocate_tensors()  # finds out whether there is a kernel for every operation
            self._run = self._interpreter.get_signature_runner(SIGNATURE)
        except (ValueError, RuntimeError) as error:
            raise GflaError(f"LiteRT cannot load {path}: {_one_line(error)}.") from error
        self.inputs = _shapes(self._run.get_input_details())
        self.outputs = _shapes(self._run.get_output_details())

    @functools.cached_property
    def description(self):
        """The embedded description, see `export.description.read_description`."""
        return read_description(self.path)

    def __call__(self, **arrays):
        """Runs the model once.

        Args:
            arrays: an array for every name in `inputs`, of its shape; converted to the input's type.

        Returns:
            {name: array}, copies that stay as they are when the model runs again.

        Raises:
            GflaError: an input is missing, unknown or of another shape.
        """
        if arrays.keys() != self.inputs.keys():
            raise GflaError(f"{self.path} takes the inputs {sorted(self.inputs)}, got {sorted(arrays)}.")
        details = self._run.get_input_details()
        for name, shape in self.inputs.items():
            arrays[name] = np.ascontiguousarray(arrays[name], details[name]["dtype"])
            got = arrays[name].shape
            if len(got) != len(shape) or any(size not in (-1, has) for size, has in zip(shape, got)):
                raise GflaError(f"{self.path} takes {name} of shape {shape}, got {got}.")
        try:
            outputs = self._run(**arrays)
        except (ValueError, RuntimeError) as error:
            raise GflaError(f"LiteRT cannot run {self.path}: {_one_line(error)}.") from error
        return {name: np.array(value) for name, value in outputs.items()}


def each_sample(model):
    """A `TFLiteModel`, whose batch is 1, as a function from named arrays of any batch to {name: array}."""

    def run(**arrays):
        count = len(next(iter(arrays.values())))
        runs = [model(**{name: value[i : i + 1] for name, value in arrays.items()}) for i in range(count)]
        return {name: np.concatenate([run[name] for run in runs]) for name in runs[0]}

    return run


def _shapes(details):
    """{name: shape} with -1 for sizes that are open."""
    return {
        name: tuple(
            int(size)
            for size in (detail["shape_signature"] if len(detail["shape_signature"]) else detail["shape"])
        )
        for name, detail in sorted(details.items())
    }


def _one_line(error):
    return " ".join(str(error).split()).rstrip(".")
