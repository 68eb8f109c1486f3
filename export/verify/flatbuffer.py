"""The nodes of a .tflite with all that rules ask about: operation, version, options, shapes, types and constants of tensors."""

import contextlib
import dataclasses
import math
import struct

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from gfla_tf.export.convert.operations import operation_names

from gfla_tf.errors import GflaError
from gfla_tf.litert.description import flatbuffer_of

_TYPES = {code: name.lower() for name, code in vars(schema.TensorType).items() if isinstance(code, int)}
_NUMPY = {
    "float32": "<f4",
    "float16": "<f2",
    "int32": "<i4",
    "int64": "<i8",
    "int8": "i1",
    "uint8": "u1",
    "bool": "?",
}
# What damaged offsets and lengths end in.
_DAMAGE = (
    AttributeError,
    IndexError,
    KeyError,
    MemoryError,
    OverflowError,
    RecursionError,
    TypeError,
    ValueError,
    struct.error,
)


@dataclasses.dataclass(frozen=True, eq=False)
class Tensor:
    """Attributes: name, shape, type (as `float32`), constant (array or None), is_open (whether an extent is free)."""

    name: str
    shape: tuple
    type: str
    constant: np.ndarray | None
    is_open: bool

    @property
    def rank(self):
        """Number of axes."""
        return len(self.shape)


@dataclasses.dataclass(frozen=True, eq=False)
class Node:
    """One operation of a file.

    Attributes:
        signature: that it belongs to.
        index: its position there.
        operation: its name, as `CUSTOM:name` if it is no builtin.
        version: of the operation.
        options: its builtin options, of `schema`, or None.
        inputs, outputs: `Tensor`; None for an optional one that is left out.
        sources: the nodes that make the inputs, None for those that no node makes.
    """

    signature: str
    index: int
    operation: str
    version: int
    options: object
    inputs: list
    outputs: list
    sources: list

    def __str__(self):
        result = self.outputs[0].name if self.outputs and self.outputs[0] else "nothing"
        return f"node {self.index} of {self.signature}, {self.operation} -> {result}"


@contextlib.contextmanager
def damage_named(path):
    """Turns what a damaged .tflite makes reading it end in into a `GflaError` that names the file."""
    try:
        yield
    except _DAMAGE as error:
        raise GflaError(f"{path} is damaged: it is no complete TFLite model; convert it again.") from error


def read_nodes(path):
    """The nodes of a .tflite, in the order in which they run.

    Raises:
        GflaError: the file cannot be read, is no .tflite, or is damaged.
    """
    content = flatbuffer_of(path)
    with damage_named(path):
        model = schema.ModelT.InitFromPackedBuf(content, 0)
        names = operation_names(model)
        called = {entry.subgraphIndex: entry.signatureKey.decode() for entry in model.signatureDefs or []}
        if not model.subgraphs:
            raise ValueError("no graph")
        nodes = []
        for i, subgraph in enumerate(model.subgraphs):
            nodes += _nodes(model, subgraph, called.get(i, f"graph {i}"), names)
        return nodes


def _nodes(model, subgraph, signature, names):
    tensors = [_tensor(model, tensor) for tensor in _list(subgraph.tensors)]
    made, nodes = {}, []
    for index, operator in enumerate(_list(subgraph.operators)):
        if operator.opcodeIndex < 0:
            raise ValueError("an operation of no code")
        code = model.operatorCodes[operator.opcodeIndex]
        taken, given = _list(operator.inputs), _list(operator.outputs)
        if min([0, *taken, *given]) < -1:
            raise ValueError("a tensor of no number")
        node = Node(
            signature,
            index,
            names[operator.opcodeIndex],
            code.version,
            operator.builtinOptions,
            [None if at == -1 else tensors[at] for at in taken],
            [None if at == -1 else tensors[at] for at in given],
            [made.get(int(at)) for at in taken],
        )
        made |= {int(at): node for at in given}
        nodes.append(node)
    return nodes


def _tensor(model, tensor):
    shape = tuple(int(size) for size in _list(tensor.shape))
    type_, data = _TYPES[tensor.type], model.buffers[tensor.buffer].data
    if min(shape, default=0) < 0 or tensor.buffer < 0:
        raise ValueError("a tensor of no size")
    constant = None
    if data is not None and len(data):
        content = np.asarray(data, np.uint8).tobytes()
        if type_ in _NUMPY and tensor.sparsity is None:
            constant = np.frombuffer(content, _NUMPY[type_]).reshape(shape)
        else:
            constant = np.frombuffer(content, np.uint8)
    is_open = any(int(size) < 0 for size in _list(tensor.shapeSignature))
    if constant is None and math.prod(shape) > 2**40:
        raise ValueError("a tensor without end")
    return Tensor((tensor.name or b"").decode("utf-8", "replace"), shape, type_, constant, is_open)


def _list(values):
    return [] if values is None else list(values)
