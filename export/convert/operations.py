"""Which operations a TFLite flatbuffer is made of."""

import collections
import math

from ai_edge_litert import schema_py_generated as schema

from gfla_tf.errors import GflaError

WEIGHTED = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV")  # that come with weights

_BUILTINS = {code: name for name, code in vars(schema.BuiltinOperator).items() if isinstance(code, int)}


def operation_histogram(flatbuffer):
    """{operation: how often}, most frequent first, over all subgraphs; custom operations as `CUSTOM:name`.

    Args:
        flatbuffer: bytes of a .tflite.
    """
    model = schema.ModelT.InitFromPackedBuf(flatbuffer, 0)
    names = operation_names(model)
    count = collections.Counter(
        names[operator.opcodeIndex] for subgraph in model.subgraphs for operator in subgraph.operators
    )
    return dict(count.most_common())


def operation_names(model):
    """Names of a model's operator codes, a `ModelT`, in their order; custom operations as `CUSTOM:name`."""
    return [_name(code) for code in model.operatorCodes]


def multiply_adds(flatbuffer):
    """Multiplications of the operations with weights, of each subgraph: {name of its signature: count}.

    Args:
        flatbuffer: bytes of a .tflite.
    """
    model = schema.ModelT.InitFromPackedBuf(flatbuffer, 0)
    names, result = operation_names(model), {}
    for signature in model.signatureDefs:
        graph, total = model.subgraphs[signature.subgraphIndex], 0
        for operator in graph.operators:
            kind = names[operator.opcodeIndex]
            if kind in WEIGHTED:
                weights = graph.tensors[operator.inputs[1]].shape
                # A transposed convolution spreads each of its inputs; the others gather for each of their outputs.
                place = operator.inputs[2] if kind == "TRANSPOSE_CONV" else operator.outputs[0]
                channels = weights[3 if kind in ("TRANSPOSE_CONV", "DEPTHWISE_CONV_2D") else 0]
                places = math.prod(map(int, graph.tensors[place].shape)) // int(channels)
                total += places * math.prod(map(int, weights))
        result[signature.signatureKey.decode()] = total
    return result


def require_builtins(histogram, name, custom=()):
    """Raises a `GflaError` that lists what is not a TFLite builtin, Flex operations included.

    Args:
        histogram: see `operation_histogram`.
        name: of the file.
        custom: names of custom operations that it may hold.
    """
    foreign = sorted(
        operation.removeprefix("CUSTOM:") for operation in histogram if operation.startswith("CUSTOM:")
    )
    if foreign := [operation for operation in foreign if operation not in custom]:
        raise GflaError(
            f"{name} needs operations that plain LiteRT does not have ({', '.join(foreign)}): "
            "build the network from operations with a TFLite builtin."
        )


def _name(code):
    # Files for old runtimes keep codes up to 127 in the older, one-byte field.
    builtin = max(code.builtinCode, code.deprecatedBuiltinCode)
    if builtin == schema.BuiltinOperator.CUSTOM:
        return f"CUSTOM:{(code.customCode or b'').decode()}"
    return _BUILTINS[builtin]
