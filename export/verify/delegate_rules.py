"""What the GPU delegates of phones run, as rules about single operations.

All was measured: each operation and option was given to the GPU accelerator (ML Drift) of LiteRT 2.3 alone, its result compared
with the CPU's, and its version raised until it was refused. Some of what breaks a rule is accepted, and computed wrongly without
a word.
"""

# {operation: the highest version that runs}.
OPERATIONS = {
    **dict.fromkeys("ATAN2 CEIL ELU FLOOR HARD_SWISH LOGICAL_AND NEG POW REDUCE_ANY RELU_N1_TO_1 RESHAPE ROUND".split(), 1),
    **dict.fromkeys("SELECT SQUARE TOPK_V2".split(), 1),
    **dict.fromkeys("AVERAGE_POOL_2D COS DEPTH_TO_SPACE DIV EQUAL EXP FLOOR_MOD GREATER LEAKY_RELU LESS LOG".split(), 2),
    **dict.fromkeys("DEQUANTIZE LOGISTIC MAX_POOL_2D REDUCE_PROD RELU RELU6 RSQRT SIGN SIN SPACE_TO_DEPTH SQRT".split(), 2),
    **dict.fromkeys("SQUARED_DIFFERENCE STRIDED_SLICE SUB SUM TANH".split(), 2),
    **dict.fromkeys("ARG_MAX FLOOR_DIV GELU MEAN MIRROR_PAD REDUCE_MAX REDUCE_MIN RESIZE_BILINEAR".split(), 3),
    **dict.fromkeys("RESIZE_NEAREST_NEIGHBOR TILE TRANSPOSE_CONV".split(), 3),
    **dict.fromkeys("BATCH_MATMUL MAXIMUM MINIMUM REVERSE_V2 SOFTMAX".split(), 4),
    **dict.fromkeys("ABS PACK PAD PADV2".split(), 5),
    **dict.fromkeys("ADD CONCATENATION CONV_2D DEPTHWISE_CONV_2D".split(), 6),
    **dict.fromkeys("GATHER MUL SLICE".split(), 8),
    **dict.fromkeys("CAST TRANSPOSE".split(), 9),
    "FULLY_CONNECTED": 13,
    "CUSTOM:Resampler": 1,
}  # fmt: skip
TYPES = ("float32", "float16", "int32", "bool")
# {operation: more types}: pictures at the ends of a graph, and weights that are float wherever they are computed with. (int8
# weights without DEQUANTIZE are accepted, too, but then the CPU rounds activations and the GPU does not.)
TYPES_OF = {"CAST": ("uint8",), "DEQUANTIZE": ("int8",)}
EXACT_IN_HALF = 2048  # whole numbers beyond have gaps in half precision

_NO_ACTIVATION = 0
_SYMMETRIC = 1
_PASSES_ON = ("CONCATENATION", "RESHAPE", "STRIDED_SLICE")  # values as they are


def operation(node):
    """Known to run."""
    if node.operation not in OPERATIONS:
        name = node.operation.removeprefix("CUSTOM:")
        if node.operation != name:
            return f"{name} is a custom operation, and Resampler the only one that delegates know"
        return f"{name} is not run"
    return None


def version(node):
    """No newer than what was seen to run."""
    limit = OPERATIONS.get(node.operation)
    if limit is not None and node.version > limit:
        return f"version {node.version} is newer than {limit}, the last that runs"
    return None


def rank(node):
    """Four axes at most."""
    large = next((t for t in _tensors(node) if t.rank > 4), None)
    return f"{large.name} has {large.rank} axes {list(large.shape)}, more than 4" if large else None


def type_(node):
    """Of a type that delegates compute with."""
    types = (*TYPES, *TYPES_OF.get(node.operation, ()))
    foreign = next((t for t in _tensors(node) if t.type not in types), None)
    return f"{foreign.name} is of type {foreign.type}, none of {', '.join(types)}" if foreign else None


def shape(node):
    """Known before it runs."""
    is_open = next((t for t in _tensors(node) if t.is_open), None)
    return f"{is_open.name} has an open extent" if is_open else None


def gather(node):
    """By a vector of indices, without batch axes."""
    if node.operation != "GATHER":
        return None
    if node.options is not None and node.options.batchDims:
        return f"has {node.options.batchDims} batch axes"
    index = node.inputs[1]
    return f"its indices {index.name} have {index.rank} axes instead of 1" if index.rank != 1 else None


def constant_index(node):
    """Gathered by indices that are computed: LiteRT.js 2.5 on WebGPU refuses constant ones, along any axis."""
    if node.operation == "GATHER" and node.inputs[1].constant is not None:
        return "its indices are constant: slice, or multiply by a matrix of zeros and ones"
    return None


def slice_(node):
    """Strided forwards, keeping every axis."""
    if node.operation != "STRIDED_SLICE":
        return None
    if node.options.shrinkAxisMask:
        return "takes an axis away: slice 0:1 and reshape"
    if node.options.newAxisMask or node.options.ellipsisMask:
        return "adds axes: reshape"
    strides = node.inputs[3].constant
    return "runs backwards" if strides is not None and (strides < 0).any() else None


def padding(node):
    """By zeros or by reflection, of maps."""
    if node.operation == "MIRROR_PAD" and node.options.mode == _SYMMETRIC:
        return "pads symmetrically: reflect, or concatenate the border"
    if node.operation in ("PAD", "PADV2", "MIRROR_PAD"):
        axes, batch = node.inputs[0].rank, node.inputs[0].shape[:1]
        if axes == 2:
            return "pads a tensor of 2 axes"
        if axes == 3 and batch != (1,):
            return f"pads {batch[0]} tensors of 2 axes at once, which gives wrong numbers: give them 4 axes"
    return None


def activation(node):
    """Not fused into a transposed convolution."""
    if node.operation == "TRANSPOSE_CONV" and _fused(node) != _NO_ACTIVATION:
        return "has a fused activation: leave it to an operation of its own"
    return None


def groups(node):
    """Of at least four channels."""
    if node.operation != "CONV_2D":
        return None
    own, all_ = node.inputs[1].shape[-1], node.inputs[0].shape[-1]
    if own != all_ and own % 4:
        return f"has groups of {own} channels, which gives wrong numbers: a multiple of 4 is needed"
    return None


def unpacking(node):
    """Not along the last axis."""
    if node.operation == "UNPACK" and node.options.axis in (-1, node.inputs[0].rank - 1):
        return "unpacks the last axis, which gives wrong numbers: slice it"
    return None


def flat_index(node):
    """Whole numbers that half precision has: an index beyond 2048 has to come from integers."""
    if node.operation != "GATHER":
        return None
    axis = node.options.axis if node.options is not None else 0
    extent = node.inputs[0].shape[axis]
    maker = node.sources[1]
    while maker is not None and maker.operation in _PASSES_ON:
        maker = maker.sources[0]
    if (
        extent > EXACT_IN_HALF
        and maker is not None
        and maker.operation == "CAST"
        and maker.inputs[0].type == "float32"
    ):
        return f"its indices up to {extent - 1} are computed as floats, and half precision rounds those beyond {EXACT_IN_HALF}"
    return None


def variance(node):
    """Of differences that were scaled: the squares of those beyond 255 overflow half precision."""
    if node.operation in ("MEAN", "SUM") and node.sources[0] is not None:
        if node.sources[0].operation == "SQUARED_DIFFERENCE":
            return "averages squared differences, which overflow half precision from 256 on: scale them before squaring"
    return None


RULES = {
    "operation": operation,
    "version": version,
    "rank": rank,
    "type": type_,
    "shape": shape,
    "gather": gather,
    "slice": slice_,
    "padding": padding,
    "activation": activation,
    "groups": groups,
    "unpacking": unpacking,
    "flat index": flat_index,
    "variance": variance,
}

# Of WebGPU in browsers besides, measured with LiteRT.js 2.5.3 in Chromium.
BROWSER_RULES = {"constant index": constant_index}


def _tensors(node):
    return [t for t in (*node.inputs, *node.outputs) if t is not None]


def _fused(node):
    return getattr(node.options, "fusedActivationFunction", _NO_ACTIVATION)
