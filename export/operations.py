"""Which operations a TFLite flatbuffer is made of."""

import collections

from ai_edge_litert import schema_py_generated as schema

from gfla_tf.errors import GflaError

_BUILTINS = {code: name for name, code in vars(schema.BuiltinOperator).items() if isinstance(code, int)}


def operation_histogram(flatbuffer):
    """{operation: how often}, most frequent first, over all subgraphs; custom operations as `CUSTOM:name`.

    Args:
        flatbuffer: bytes of a .tflite.
    """
    model = schema.ModelT.InitFromPackedBuf(flatbuffer, 0)
    names = [_name(code) for code in model.operatorCodes]
    count = collections.Counter(
        names[operator.opcodeIndex] for subgraph in model.subgraphs for operator in subgraph.operators
    )
    return dict(count.most_common())


def require_builtins(histogram, name):
    """Raises a `GflaError` that lists what in `histogram` is not a TFLite builtin, Flex operations included."""
    foreign = sorted(operation for operation in histogram if operation.startswith("CUSTOM:"))
    if foreign:
        listed = ", ".join(operation.removeprefix("CUSTOM:") for operation in foreign)
        raise GflaError(
            f"{name} needs operations that plain LiteRT does not have ({listed}): "
            "build the network from operations with a TFLite builtin."
        )


def _name(code):
    # Files for old runtimes keep codes up to 127 in the older, one-byte field.
    builtin = max(code.builtinCode, code.deprecatedBuiltinCode)
    if builtin == schema.BuiltinOperator.CUSTOM:
        return f"CUSTOM:{(code.customCode or b'').decode()}"
    return _BUILTINS[builtin]
