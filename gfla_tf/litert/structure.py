"""Whether the parts of a .tflite's flatbuffer refer to each other as they should, before native code follows them.

LiteRT 2.3 does not check all of it: a signature of subgraph 1000 ends its process with SIGSEGV.
"""

import math
import struct

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from gfla_tf.errors import GflaError

_DAMAGE = (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError, struct.error)
_MOST_ELEMENTS = 2**31
_BITS = {"FLOAT32": 32, "FLOAT16": 16, "INT32": 32, "UINT8": 8, "INT64": 64, "BOOL": 8, "INT16": 16, "INT8": 8, "FLOAT64": 64,
         "UINT32": 32, "UINT64": 64, "UINT16": 16}  # fmt: skip
_TYPES = {code: name for name, code in vars(schema.TensorType).items() if isinstance(code, int)}
_BRANCHES = {
    "IF": (schema.IfOptions, ("ThenSubgraphIndex", "ElseSubgraphIndex")),
    "WHILE": (schema.WhileOptions, ("CondSubgraphIndex", "BodySubgraphIndex")),
    "CALL_ONCE": (schema.CallOnceOptions, ("InitSubgraphIndex",)),
    "CALL": (schema.CallOptions, ("Subgraph",)),
}
# {operation: the first of its inputs that may be left out}; of others none may.
_OPTIONAL = {"FULLY_CONNECTED": 2, "CONV_2D": 2, "DEPTHWISE_CONV_2D": 2, "TRANSPOSE_CONV": 3, "CONV_3D": 2, "CUSTOM": 0,
             "LSTM": 1, "UNIDIRECTIONAL_SEQUENCE_LSTM": 1, "BIDIRECTIONAL_SEQUENCE_LSTM": 1, "SVDF": 3}  # fmt: skip
_CODES = {code: name for name, code in vars(schema.BuiltinOperator).items() if isinstance(code, int)}


def require_structure(content, path, remedy="convert the model again", signed=True):
    """Raises a `GflaError` that names `path` unless the flatbuffer `content` (bytes) can be handed to LiteRT.

    It must have signatures; subgraphs, tensors, buffers and operations must refer to what there is; constants must have as many
    bytes as their shapes and types need; and the signatures' inputs and outputs must have sizes.

    Args:
        content: of the file.
        path: of it, for the sentence.
        remedy: ends the sentence.
        signed: False where a file without signatures will do.
    """
    try:
        _check(schema.Model.GetRootAs(content, 0), len(content), signed)
    except MemoryError:
        raise
    except _DAMAGE as error:
        reason = str(error) if type(error) is ValueError else "its parts do not fit together"
        raise GflaError(f"{path} is damaged ({reason}): {remedy}.") from error


def _require(works, reason):
    if not works:
        raise ValueError(reason)


def _check(model, size, signed):
    counts = [
        model.SubgraphsLength(),
        model.OperatorCodesLength(),
        model.BuffersLength(),
        model.SignatureDefsLength(),
    ]
    _require(all(0 <= count <= size for count in counts), "lists that are longer than the file")
    _require(counts[0] > 0, "it has no graph")
    _require(counts[3] > 0 or not signed, "it has no signature")
    codes = [_code(model.OperatorCodes(i)) for i in range(counts[1])]
    buffers = [_buffer(model.Buffers(i), size) for i in range(counts[2])]
    tensors = [_graph(model.Subgraphs(i), codes, buffers, counts[0], size) for i in range(counts[0])]
    names = set()
    for i in range(counts[3]):
        signature = model.SignatureDefs(i)
        name, graph = signature.SignatureKey(), signature.SubgraphIndex()
        _require(name is not None and name not in names, "signatures without names of their own")
        _require(0 <= graph < counts[0], f"a signature of graph {graph}, which there is not")
        names.add(name.decode())
        _signature(signature, tensors[graph], size)


def _signature(signature, tensors, size):
    for length, at in (
        (signature.InputsLength(), signature.Inputs),
        (signature.OutputsLength(), signature.Outputs),
    ):
        _require(0 < length <= size, "a signature without inputs or outputs")
        names = set()
        for i in range(length):
            entry = at(i)
            index = entry.TensorIndex()
            _require(0 <= index < len(tensors), f"a signature with tensor {index}, which there is not")
            _require(entry.Name() is not None, "a signature with an array without a name")
            entry.Name().decode()
            names.add(entry.Name())
            shape, kind = tensors[index]
            _require(kind in _BITS, f"an input or output of type {kind}")
            _require(all(extent > 0 for extent in shape), f"an input or output of shape {list(shape)}")
        _require(len(names) == length, "a signature whose arrays share a name")


def _code(code):
    # Files for old runtimes keep codes up to 127 in the older, one-byte field.
    number = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
    _require(number in _CODES, f"an operation of code {number}, which there is not")
    if _CODES[number] == "CUSTOM":
        _require(bool(code.CustomCode()), "a custom operation without a name")
    return _CODES[number]


def _buffer(buffer, size):
    """Number of bytes of a constant; 0 of what is computed, -1 where they lie outside of the flatbuffer."""
    if buffer.Offset() > 1:
        return -1
    length = buffer.DataLength()
    _require(0 <= length <= size, "a constant that is longer than the file")
    if length:
        buffer.Data(length - 1)
    return length


def _graph(graph, codes, buffers, graphs, size):
    """[(shape, type)] of a subgraph's tensors."""
    count, operations = graph.TensorsLength(), graph.OperatorsLength()
    _require(0 < count <= size and 0 <= operations <= size, "lists that are longer than the file")
    tensors = [_tensor(graph.Tensors(i), buffers, size) for i in range(count)]
    for length, at in ((graph.InputsLength(), graph.Inputs), (graph.OutputsLength(), graph.Outputs)):
        _require(0 <= length <= size, "lists that are longer than the file")
        _require(all(0 <= at(i) < count for i in range(length)), "a graph of tensors that there are not")
    made = set()
    for i in range(operations):
        operator = graph.Operators(i)
        index, taken, given = operator.OpcodeIndex(), operator.InputsLength(), operator.OutputsLength()
        _require(0 <= index < len(codes), "an operation of no code")
        _require(0 <= taken <= size and 0 <= given <= size, "lists that are longer than the file")
        inputs, optional = [operator.Inputs(k) for k in range(taken)], _OPTIONAL.get(codes[index], taken)
        _require(
            all((-1 if k >= optional else 0) <= tensor < count for k, tensor in enumerate(inputs)),
            "an operation on tensors that there are not",
        )
        outputs = [operator.Outputs(k) for k in range(given)]
        _require(all(0 <= k < count for k in outputs), "an operation that gives tensors that there are not")
        _require(
            made.isdisjoint(outputs) and len(set(outputs)) == len(outputs), "a tensor that is made twice"
        )
        made.update(outputs)
        _branches(operator, codes[index], graphs)
    return tensors


def _tensor(tensor, buffers, size):
    _require(
        0 <= tensor.ShapeLength() <= 16 and tensor.ShapeSignatureLength() <= 16, "a tensor of too many axes"
    )
    shape = tuple(int(tensor.Shape(i)) for i in range(tensor.ShapeLength()))
    _require(
        all(extent >= 0 for extent in shape) and math.prod(shape) <= _MOST_ELEMENTS, "a tensor of no size"
    )
    _require(
        all(tensor.ShapeSignature(i) >= -1 for i in range(tensor.ShapeSignatureLength())),
        "a tensor of no size",
    )
    _require(tensor.Type() in _TYPES, "a tensor of no type")
    kind = _TYPES[tensor.Type()]
    _require(0 <= tensor.Buffer() < len(buffers), "a tensor of no buffer")
    stored = buffers[tensor.Buffer()]
    if stored > 0 and kind in _BITS and tensor.Sparsity() is None:
        _require(
            stored == math.prod(shape) * _BITS[kind] // 8,
            "a constant of another number of bytes than its shape takes",
        )
    _quantization(tensor.Quantization(), shape, size)
    return shape, kind


def _quantization(found, shape, size):
    if found is None:
        return
    scales, zeros, axis = found.ScaleLength(), found.ZeroPointLength(), found.QuantizedDimension()
    _require(0 <= scales <= size and 0 <= zeros <= size, "lists that are longer than the file")
    if scales:
        _require(zeros in (0, 1, scales), "a quantized tensor of other numbers of scales and zero points")
        if scales > 1:
            _require(
                0 <= axis < len(shape) and shape[axis] == scales,
                "a quantized tensor of another number of scales",
            )
        _require(bool(np.isfinite(found.ScaleAsNumpy()).all()), "a scale that is no number")


def _branches(operator, code, graphs):
    if code not in _BRANCHES:
        return
    kind, names = _BRANCHES[code]
    table = operator.BuiltinOptions()
    _require(table is not None, "a branch without graphs")
    options = kind()
    options.Init(table.Bytes, table.Pos)
    _require(
        all(0 <= getattr(options, name)() < graphs for name in names), "a branch to a graph that there is not"
    )
