"""LiteRT's own profile of a .tflite: how long each operation takes on the CPU, XNNPACK's operators included.

Python's interpreter does not offer it, so this speaks to the C interface of LiteRT 2's library. Its events have no stable layout
across versions: `VERSION` is the one that this was written for.
"""

import contextlib
import ctypes
import importlib.metadata
import importlib.util
import os
from typing import NamedTuple

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from gfla_tf.errors import GflaError
from gfla_tf.io.documents import read_bytes
from gfla_tf.litert.structure import require_structure

VERSION = "2.3"
_OPERATION, _DELEGATED = 2, 8  # kinds of events: of the interpreter, of a delegate
_FLOAT32, _CPU, _WRITE = 1, 1, 1
_CODES = {code: name for name, code in vars(schema.BuiltinOperator).items() if isinstance(code, int)}


class Event(NamedTuple):
    """One operation that ran.

    Attributes:
        run: number of the run, from 0.
        name: XNNPACK's, or the builtin's.
        delegated: whether XNNPACK ran it.
        index: of the node in the graph where it is not delegated; of the operator in its partition otherwise.
        microseconds: that it took.
    """

    run: int
    name: str
    delegated: bool
    index: int
    microseconds: int


class Node(NamedTuple):
    """An operation of the file.

    Attributes:
        kind: such as CONV_2D.
        name: of its first output, as the converter wrote it: a path of layers.
    """

    kind: str
    name: str


class _Layout(ctypes.Structure):
    _fields_ = (("bits", ctypes.c_uint32), ("sizes", ctypes.c_int32 * 8), ("strides", ctypes.c_uint32 * 8))


class _Type(ctypes.Structure):
    _fields_ = (("element", ctypes.c_int32), ("layout", _Layout))


class _Event(ctypes.Structure):
    _fields_ = (
        ("tag", ctypes.c_char_p),
        ("kind", ctypes.c_int32),
        ("start", ctypes.c_uint64),
        ("elapsed", ctypes.c_uint64),
        ("memory", ctypes.c_int64 * 6),
        ("index", ctypes.c_uint64),
        ("more", ctypes.c_uint64),
        ("source", ctypes.c_int32),
    )


def nodes_of(content, signature):
    """The `Node`s of a signature's graph of a flatbuffer, in order."""
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    graph = model.subgraphs[_signatures(model)[signature]]
    codes = [
        _CODES.get(max(code.builtinCode, code.deprecatedBuiltinCode), "CUSTOM")
        for code in model.operatorCodes
    ]
    return [
        Node(codes[node.opcodeIndex], graph.tensors[node.outputs[0]].name.decode(errors="replace"))
        for node in graph.operators
    ]


def _signatures(model):
    """{name: index of its graph} of a `ModelT`."""
    return {each.signatureKey.decode(): each.subgraphIndex for each in model.signatureDefs}


def events_of(path, runs=5):
    """{signature: list of `Event`s} of runs with random inputs, after one that is not counted.

    Args:
        path: of a .tflite.
        runs: how many.

    Raises:
        GflaError: it cannot be read or run, or this is another LiteRT than `VERSION`.
    """
    installed = importlib.metadata.version("ai-edge-litert")
    if not installed.startswith(f"{VERSION}."):
        raise GflaError(
            f"The profile knows the events of LiteRT {VERSION}, here is {installed}: pip install 'ai-edge-litert=={VERSION}.*'."
        )
    content = read_bytes(path, "model", remedy="name a .tflite")
    require_structure(content, path)
    names = _signatures(schema.ModelT.InitFromPackedBuf(content, 0))
    with _silence():
        return {name: _events(str(path).encode(), k, runs) for k, name in enumerate(names)}


def _events(path, which, runs):
    folder = importlib.util.find_spec("ai_edge_litert").submodule_search_locations[0]
    library = ctypes.CDLL(os.path.join(folder, "libLiteRt.so"))

    def call(name, *arguments):
        if status := getattr(library, name)(*arguments):
            raise GflaError(
                f"LiteRT cannot profile {path.decode()} ({name} says {status}): try gfla verify on it."
            )

    def made(name, *arguments):
        pointer = ctypes.c_void_p()
        call(name, *arguments, ctypes.byref(pointer))
        return pointer

    # === The model, told to keep a profile ===
    environment = made("LiteRtCreateEnvironment", 0, None)
    model = made("LiteRtCreateModelFromFile", environment, path)
    options = made("LiteRtCreateOptions")
    call("LiteRtSetOptionsHardwareAccelerators", options, _CPU)
    text = ctypes.create_string_buffer(b"enable_profiling = true\n")
    nothing = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(lambda pointer: None)
    given = ctypes.cast(text, ctypes.c_void_p)
    call(
        "LiteRtAddOpaqueOptions",
        options,
        made("LiteRtCreateOpaqueOptions", b"runtime_options_string", given, nothing),
    )
    compiled = made("LiteRtCreateCompiledModel", environment, model, options)

    # === Inputs and outputs ===
    place = ctypes.c_size_t(which)
    signature = made("LiteRtGetModelSignature", model, place)
    buffers, draw = {}, np.random.default_rng(0)
    for kind in ("Input", "Output"):
        count = ctypes.c_size_t()
        call(f"LiteRtGetNumSignature{kind}s", signature, ctypes.byref(count))
        buffers[kind] = (ctypes.c_void_p * count.value)()
        for k in range(count.value):
            number, of_type = ctypes.c_size_t(k), _Type()
            tensor = made(f"LiteRtGetSignature{kind}TensorByIndex", signature, number)
            call("LiteRtGetRankedTensorType", tensor, ctypes.byref(of_type))
            wanted = made(f"LiteRtGetCompiledModel{kind}BufferRequirements", compiled, place, number)
            buffer = made(
                "LiteRtCreateManagedTensorBufferFromRequirements", environment, ctypes.byref(of_type), wanted
            )
            buffers[kind][k] = buffer.value
            if kind == "Input" and of_type.element == _FLOAT32:
                _fill(call, buffer, of_type, draw)

    # === Runs ===
    def run():
        lists = [
            x for kind in ("Input", "Output") for x in (ctypes.c_size_t(len(buffers[kind])), buffers[kind])
        ]
        call("LiteRtRunCompiledModel", compiled, place, *lists)

    run()
    profiler = made("LiteRtCompiledModelGetProfiler", compiled)
    events = []
    for number in range(runs):
        call("LiteRtResetProfiler", profiler)
        call("LiteRtStartProfiler", profiler)
        run()
        call("LiteRtStopProfiler", profiler)
        count = ctypes.c_int()
        call("LiteRtGetNumProfilerEvents", profiler, ctypes.byref(count))
        found = (_Event * count.value)()
        call("LiteRtGetProfilerEvents", profiler, count, found)
        events += [
            Event(number, event.tag.decode(), event.kind == _DELEGATED, event.index, event.elapsed)
            for event in found
            if event.kind in (_OPERATION, _DELEGATED)
        ]
    return events


def _fill(call, buffer, of_type, draw):
    """Random numbers in [-1, 1] for an input of float32."""
    shape = of_type.layout.sizes[: of_type.layout.bits & 127]
    values = draw.uniform(-1, 1, shape).astype(np.float32)
    address = ctypes.c_void_p()
    call("LiteRtLockTensorBuffer", buffer, ctypes.byref(address), _WRITE)
    ctypes.memmove(address, values.ctypes.data, values.nbytes)
    call("LiteRtUnlockTensorBuffer", buffer)


@contextlib.contextmanager
def _silence():
    """Standard error without LiteRT's own words, which are many."""
    kept = os.dup(2)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
