"""Runs a .tflite on LiteRT by the names of its inputs and outputs. Needs neither TensorFlow nor Keras."""

import functools

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from gfla_tf.errors import GflaError
from gfla_tf.litert.claims import require_agreement
from gfla_tf.litert.description import flatbuffer_of, read_description
from gfla_tf.ops.native.litert_delegate import delegates_for

SIGNATURE = "serving_default"
ENCODE, GENERATE = (
    "encode",
    "generate",
)  # instead of it, in a network that is split, see `gfla_tf.export.convert.signatures`


class Signature:
    """One signature of a loaded .tflite, called with arrays by name.

    Args:
        interpreter: LiteRT's.
        name: of the signature.
        path: of the file, for errors.

    Attributes:
        inputs, outputs: {name: shape}, with -1 for sizes that are open.
        types: {name of an input or output: NumPy type}.
    """

    def __init__(self, interpreter, name, path):
        self.path = path
        self._run = interpreter.get_signature_runner(name)
        takes, gives = self._run.get_input_details(), self._run.get_output_details()
        self.inputs, self.outputs = _shapes(takes), _shapes(gives)
        self.types = {name: np.dtype(detail["dtype"]) for name, detail in (takes | gives).items()}

    def __call__(self, **arrays):
        """Runs the signature once.

        Args:
            arrays: an array for every name in `inputs`, of its shape; converted to the input's type.

        Returns:
            {name: array}, copies that stay as they are when the model runs again.

        Raises:
            GflaError: an input is missing, unknown or of another shape.
        """
        if arrays.keys() != self.inputs.keys():
            raise GflaError(f"{self.path} takes the inputs {sorted(self.inputs)}, got {sorted(arrays)}.")
        for name, shape in self.inputs.items():
            arrays[name] = np.ascontiguousarray(arrays[name], self.types[name])
            got = arrays[name].shape
            if len(got) != len(shape) or any(size not in (-1, has) for size, has in zip(shape, got)):
                raise GflaError(f"{self.path} takes {name} of shape {shape}, got {got}.")
        try:
            outputs = self._run(**arrays)
        except (ValueError, RuntimeError) as error:
            raise GflaError(f"LiteRT cannot run {self.path}: {_one_line(error)}.") from error
        return {name: np.array(value) for name, value in outputs.items()}


class TFLiteModel:
    """A .tflite on LiteRT's CPU kernels, called with arrays by name.

    >>> model = TFLiteModel("model.tflite")
    >>> outputs = model(source_image=..., source_pose=..., target_pose=...)

    One that is split into `encode` and `generate` is called alike and runs both; for many targets of one source, call
    `model.signatures["encode"]` once and `model.signatures["generate"]` for each target.

    Args:
        path: the .tflite.
        num_threads: None leaves the choice to LiteRT.

    Raises:
        GflaError: the file is missing, truncated or not a .tflite, has neither the signature `serving_default` nor those of a
            split network, or needs an operation that LiteRT's CPU kernels lack.

    Attributes:
        signatures: {name: `Signature`}.
        inputs, outputs: {name: shape} of the whole network.
        types: {name: NumPy type} of these.
    """

    def __init__(self, path, num_threads=None):
        self.path = path
        self._content = content = flatbuffer_of(
            path
        )  # checked before native code follows it; LiteRT keeps no copy
        try:
            interpreter = Interpreter(
                model_content=content, num_threads=num_threads, experimental_delegates=delegates_for(path)
            )
            names = interpreter.get_signature_list()
            if SIGNATURE not in names and not {ENCODE, GENERATE} <= names.keys():
                raise GflaError(f"{path} has no signature {SIGNATURE} but {sorted(names)}; use gfla convert.")
            interpreter.allocate_tensors()  # finds out whether there is a kernel for every operation
            self.signatures = {name: Signature(interpreter, name, path) for name in names}
        except (ValueError, RuntimeError) as error:
            raise GflaError(f"LiteRT cannot load {path}: {_one_line(error)}.") from error
        if SIGNATURE in self.signatures:
            whole = self.signatures[SIGNATURE]
            self.inputs, self.outputs, self.types = whole.inputs, whole.outputs, whole.types
            return
        encode, generate = self.signatures[ENCODE], self.signatures[GENERATE]
        rest = {name: shape for name, shape in generate.inputs.items() if name not in encode.outputs}
        self.inputs, self.outputs = dict(sorted((encode.inputs | rest).items())), generate.outputs
        self.types = encode.types | generate.types

    @functools.cached_property
    def description(self):
        """The embedded description, see `gfla_tf.litert.description.read_description`."""
        description = read_description(self.path)
        require_agreement(description, self.inputs, self.path)
        return description

    def __call__(self, **arrays):
        """Runs the network once, as `Signature` does."""
        if SIGNATURE in self.signatures:
            return self.signatures[SIGNATURE](**arrays)
        if arrays.keys() != self.inputs.keys():
            raise GflaError(f"{self.path} takes the inputs {sorted(self.inputs)}, got {sorted(arrays)}.")
        encode, generate = self.signatures[ENCODE], self.signatures[GENERATE]
        encoded = encode(**{name: arrays[name] for name in encode.inputs})
        return generate(**{name: (arrays | encoded)[name] for name in generate.inputs})


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
