"""Smaller numbers in a .tflite: float16 or int8 weights, and int8 arithmetic where the error allows it.

| kind | weights | arithmetic | needs samples |
|---|---|---|---|
| `float16` | float16 | float | no |
| `weights` | int8, a scale for each channel | float | no |
| `dynamic` | int8 | int8, activations scaled as they come | only to keep operations in float |
| `int8` | int8 | int8, activations scaled by what samples showed | yes |
| `int16` | int8 | int16, likewise | yes |

What is quantized are the operations with weights: convolutions, transposed convolutions and dense layers, which are nearly all of
a network's size and arithmetic. Instance norms, the samplers' coordinates and weights (also where a convolution with zeros and
ones spreads them), and softmax stay in float, and so do operations that write an output of the graph, flows above all. (LiteRT
2.3 on XNNPACK loses an output that other operations read too if it is dequantized.) Which others stay in float is measured, see
`gfla_tf.export.quantize.sensitivity`; their weights become float16.

The work is done by `ai-edge-quantizer`, on the float file: no graph is converted anew.
"""

import contextlib
import io
import re
import warnings

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from gfla_tf.export.convert.operations import WEIGHTED, operation_names

from gfla_tf.errors import GflaError
from gfla_tf.litert.runner import ENCODE, GENERATE, SIGNATURE

KINDS = ("float16", "weights", "dynamic", "int8", "int16")
CALIBRATED = ("int8", "int16")  # that cannot do without samples
# Activations beyond what samples showed are cut off. 16 bits have room for twice as much; of 8 it would cost more than it saves.
HEADROOM = {"int8": 1.0, "int16": 2.0}
GOALS = {"float16": 55.0, "weights": 45.0, "dynamic": 39.0, "int8": 36.0, "int16": 45.0}  # dB against float32

# What the quantizer calls the operations of `WEIGHTED`.
_ITS_NAMES = {"TRANSPOSE_CONV": "CONV_2D_TRANSPOSE"}


def candidates(flatbuffer):
    """Names of the operations that can be quantized, in the order of the graph.

    Args:
        flatbuffer: bytes of a float .tflite.

    Returns:
        {name of what the operation writes: its kind, one of `WEIGHTED`}.
    """
    model = schema.ModelT.InitFromPackedBuf(flatbuffer, 0)
    kinds, result = operation_names(model), {}
    for subgraph in model.subgraphs:
        for operator in subgraph.operators:
            kind, written = kinds[operator.opcodeIndex], operator.outputs[0]
            learned = kind in WEIGHTED and not _rearranges(model, subgraph.tensors[operator.inputs[1]])
            if learned and written not in subgraph.outputs:
                result[subgraph.tensors[written].name.decode()] = kind
    return result


def calibrate(flatbuffer, kind, model, inputs):
    """The ranges of all activations over samples, with headroom, for `quantize`.

    Args:
        flatbuffer: bytes of a float .tflite.
        kind: one of `CALIBRATED`.
        model: the same as an `gfla_tf.litert.runner.TFLiteModel`.
        inputs: list of {input name: array} of the whole network.

    Raises:
        GflaError: ai-edge-quantizer is not installed.
    """
    recipe = _quantizer(flatbuffer, kind, candidates(flatbuffer), {}).get_quantization_recipe()
    from ai_edge_quantizer import calibrator, recipe_manager
    from ai_edge_quantizer.utils.qsv_utils import min_max_update

    rules = recipe_manager.RecipeManager()
    rules.load_quantization_recipe(recipe)
    # The extremes of all samples: the quantizer's own choice, a moving average of them, cuts off what is rare.
    bench = calibrator.Calibrator(flatbuffer, num_threads=2, qsv_update_func=min_max_update)
    with _silence():
        for signature, arrays in _runs(
            model, inputs
        ):  # one by one: it makes a list of what it is given, to count it
            bench.calibrate({signature: [arrays]}, rules)
    return {
        tensor: {
            name: HEADROOM[kind] * value if name in ("min", "max") else value for name, value in seen.items()
        }
        for tensor, seen in bench.get_model_qsvs().items()
    }


def quantize(flatbuffer, kind, keep=(), calibration=None):
    """A quantized .tflite.

    Args:
        flatbuffer: bytes of a float one.
        kind: one of KINDS.
        keep: names of operations, see `candidates`, that compute in float, with weights in float16 (float32 for kind float16).
        calibration: what `calibrate` gives, for int8 and int16.

    Returns:
        bytes.

    Raises:
        GflaError: ai-edge-quantizer is not installed.
    """
    operations = candidates(flatbuffer)
    kept = {name: kind_ for name, kind_ in operations.items() if name in set(keep)}
    quantized = {name: kind_ for name, kind_ in operations.items() if name not in kept}
    quantizer = _quantizer(flatbuffer, kind, quantized, kept)
    with _silence():
        return bytes(quantizer.quantize(calibration, enable_progress_report=False).quantized_model)


def _rearranges(model, weights):
    """Whether an operation's weights are zeros and ones, or ones: it moves and adds numbers, and nobody has learned it."""
    data = model.buffers[weights.buffer].data
    if data is None or weights.type != schema.TensorType.FLOAT32:
        return False
    numbers = set(np.unique(np.asarray(data, np.uint8).view(np.float32)))
    return 1.0 in numbers and numbers <= {0.0, 1.0}


@contextlib.contextmanager
def _silence():
    """Without the quantizer's bars and LiteRT's warnings about looking at intermediate results."""
    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        yield


def _runs(model, inputs):
    """Signatures and what each takes, sample by sample; of a split network `generate` gets what `encode` gave."""
    if SIGNATURE in model.signatures:
        yield from ((SIGNATURE, arrays) for arrays in inputs)
        return
    encode, generate = model.signatures[ENCODE], model.signatures[GENERATE]
    for arrays in inputs:
        given = {name: arrays[name] for name in encode.inputs}
        yield ENCODE, given
        encoded = encode(**given)
        yield GENERATE, {name: (arrays | encoded)[name] for name in generate.inputs}


def _quantizer(flatbuffer, kind, quantized, kept):
    """The quantizer with the recipe that quantizes some operations {name: kind} and keeps others in float."""
    try:
        from ai_edge_quantizer import quantizer
    except ImportError as error:
        raise GflaError(
            f'Quantization needs ai-edge-quantizer ({error}): pip install -e ".[quantize]".'
        ) from error
    # What is kept from float16 is float32.
    recipe = [*(_rules("float16", kept) if kind != "float16" else ()), *_rules(kind, quantized)]
    return quantizer.Quantizer(flatbuffer, recipe)


def _rules(kind, operations):
    """Rules of a recipe for operations {name: kind}: one for each kind of operation, with all their names."""
    for operation in sorted(set(operations.values())):
        names = "|".join(re.escape(name) for name in operations if operations[name] == operation)
        yield {
            "regex": f"^({names});?$",
            "operation": _ITS_NAMES.get(operation, operation),
            "algorithm_key": "float_casting" if kind == "float16" else "min_max_uniform_quantize",
            "op_config": _configuration(kind),
        }


def _configuration(kind):
    """How the quantizer is to treat an operation; see its `qtyping.OpQuantizationConfig`."""
    if kind == "float16":
        weights = {"num_bits": 16, "symmetric": True, "granularity": "TENSORWISE", "dtype": "FLOAT"}
        return {"weight_tensor_config": weights, "compute_precision": "FLOAT", "explicit_dequantize": True}
    weights = {"num_bits": 8, "symmetric": True, "granularity": "CHANNELWISE", "dtype": "INT"}
    if kind == "weights":
        return {"weight_tensor_config": weights, "compute_precision": "FLOAT", "explicit_dequantize": True}
    result = {"weight_tensor_config": weights, "compute_precision": "INTEGER", "explicit_dequantize": False}
    if kind == "dynamic":
        return result
    bits = {"int8": 8, "int16": 16}[kind]
    # LiteRT's kernels take int16 activations without a zero point only.
    activations = {"num_bits": bits, "symmetric": bits == 16, "granularity": "TENSORWISE", "dtype": "INT"}
    return {**result, "activation_tensor_config": activations}
