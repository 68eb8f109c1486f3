"""Where the time of a .tflite goes: by part of the network, by operation, and what XNNPACK does not take."""

import collections
import dataclasses
import itertools
import re
from pathlib import Path

from gfla_tf.litert.profiler import events_of, nodes_of

ELSEWHERE = "(elsewhere)"  # operators that XNNPACK adds, and names that no layer has
_LEVELS = 2  # of a layer's path that make a part
# Beginning of XNNPACK's names -> the operations that it makes of: the first one that fits wins.
_MAKES = (
    ("Mean Squared", ("MEAN",)), ("Mean", ("MEAN",)), ("Depthwise Convolution", ("DEPTHWISE_CONV_2D",)),
    ("Convolution", ("CONV_2D", "FULLY_CONNECTED")), ("Deconvolution", ("TRANSPOSE_CONV",)),
    ("Fully Connected", ("FULLY_CONNECTED", "CONV_2D")), ("Batch Matrix Multiply", ("BATCH_MATMUL",)),
    ("Multiply", ("MUL",)), ("Add", ("ADD",)), ("Subtract", ("SUB",)), ("Divide", ("DIV",)), ("Abs", ("ABS",)),
    ("Squared Difference", ("SQUARED_DIFFERENCE",)), ("Square Root", ("SQRT",)), ("Square", ("SQUARE",)),
    ("Reciprocal Square Root", ("RSQRT",)), ("Reduce Max", ("REDUCE_MAX",)), ("Reduce Min", ("REDUCE_MIN",)),
    ("Sum", ("SUM",)), ("Clamp", ("RELU", "RELU6", "MAXIMUM", "MINIMUM")), ("Maximum", ("MAXIMUM",)), ("Minimum", ("MINIMUM",)),
    ("LeakyReLU", ("LEAKY_RELU",)), ("TanH", ("TANH",)), ("Sigmoid", ("LOGISTIC",)), ("Softmax", ("SOFTMAX",)),
    ("Exp", ("EXP",)), ("Floor", ("FLOOR",)), ("Negate", ("NEG",)), ("Slice", ("STRIDED_SLICE", "SLICE", "SPLIT")),
    ("Static Reshape", ("RESHAPE",)), ("Copy", ("RESHAPE", "CONCATENATION")), ("Concatenate", ("CONCATENATION",)),
    ("Constant Pad", ("PAD", "PADV2")), ("Transpose", ("TRANSPOSE",)), ("Resize Bilinear", ("RESIZE_BILINEAR",)),
    ("Max Pooling", ("MAX_POOL_2D",)), ("Average Pooling", ("AVERAGE_POOL_2D", "MEAN")), ("Global Average", ("MEAN",)),
    ("Convert", ("QUANTIZE", "DEQUANTIZE", "CAST")), ("Depth To Space", ("DEPTH_TO_SPACE",)),
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Profile:
    """Milliseconds of one run, of each operation the least of all runs: what else the machine did meanwhile counts for little.

    Attributes:
        total: of all operations.
        parts: {part: {operation: ms}}; a part is the beginning of the layers' names.
        operations: {operation: (ms, how many)}, XNNPACK's by its own names.
        left: {operation: (ms, how many)} of those that XNNPACK does not take.
        partitions: runs of operations that XNNPACK takes at a time.
    """

    total: float
    parts: dict
    operations: dict
    left: dict
    partitions: int


def profile(path, runs=5):
    """{signature: `Profile`} of a .tflite on this machine's CPU; a `GflaError` says why there is none."""
    events = events_of(path, runs)
    content = Path(path).read_bytes()
    return {name: summarize(of_one, nodes_of(content, name)) for name, of_one in events.items()}


def summarize(events, nodes):
    """The `Profile` of what ran.

    XNNPACK says of its operators what they do, not of which nodes they are made. It keeps their order, so each is taken to be
    the next node of a kind that it is made of: exact for convolutions, near enough for the small operations between.

    Args:
        events: list of `gfla_tf.litert.profiler.Event`, of every run the same operations in the same order.
        nodes: list of `gfla_tf.litert.profiler.Node`, those of the graph.
    """
    parts = collections.defaultdict(lambda: collections.defaultdict(float))
    operations, left = collections.defaultdict(lambda: [0.0, 0]), collections.defaultdict(lambda: [0.0, 0])
    waiting = collections.defaultdict(collections.deque)
    for node in nodes:
        waiting[node.kind].append(node)
    runs = [list(run) for _, run in itertools.groupby(events, lambda event: event.run)]
    for each in zip(*runs, strict=True):
        event, took = each[0], min(event.microseconds for event in each) / 1000
        name = _plain(event.name)
        node = _made_of(name, waiting) if event.delegated else nodes[event.index]
        parts[part_of(node.name) if node else ELSEWHERE][name] += took
        for table in (operations,) if event.delegated else (operations, left):
            table[name][0] += took
            table[name][1] += 1
    partitions = sum(taken for taken, _ in itertools.groupby(runs[0], lambda event: event.delegated))
    total = sum(ms for ms, _ in operations.values())
    counted = [{name: tuple(row) for name, row in table.items()} for table in (operations, left)]
    return Profile(total, {part: dict(ms) for part, ms in parts.items()}, *counted, partitions)


def part_of(name):
    """The part of the network that a layer's path is of.

    >>> part_of("pose_deepfashion_1/source_encoder_1/block0_1/conv1_1/convolution1")
    'source_encoder/block0'
    """
    path = [re.sub(r"(_\d+)+$", "", layer) for layer in name.split(";")[0].split("/")[:-1]]
    return "/".join(path[1 : 1 + _LEVELS]) or ELSEWHERE


def table(found, most=25):
    """A `Profile` as Markdown: parts, then operations, then what XNNPACK does not take."""
    lines = [f"{found.total:.1f} ms of operations, {found.partitions} partitions on XNNPACK", ""]
    lines += ["| part | ms | share | mostly |", "|---|---|---|---|"]
    sums = {part: sum(ms.values()) for part, ms in found.parts.items()}
    for part in sorted(sums, key=sums.get, reverse=True)[:most]:
        name = max(found.parts[part], key=found.parts[part].get)
        lines.append(
            f"| {part} | {sums[part]:.2f} | {_share(sums[part], found.total)} | {name} {found.parts[part][name]:.2f} |"
        )
    for title, operations in (("operation", found.operations), ("not taken by XNNPACK", found.left)):
        lines += ["", f"| {title} | ms | share | count |", "|---|---|---|---|"]
        for name in sorted(operations, key=lambda name: operations[name][0], reverse=True)[:most]:
            ms, count = operations[name]
            lines.append(f"| {name} | {ms:.2f} | {_share(ms, found.total)} | {count} |")
    return "\n".join(lines)


def _share(ms, total):
    return f"{ms / total:.1%}" if total else ""


def _plain(name):
    """XNNPACK's name without layout and algorithm: "Convolution (NHWC, F32) IGEMM" -> "Convolution (F32)"."""
    known = re.match(r"([^(]+?) \(([^)]*)\)", name)
    if not known:
        return name
    kind = known[2].split(", ")[-1]
    return f"{known[1]} ({kind})" if re.fullmatch(r"Q\w+|F16", kind) else known[1]


def _made_of(name, waiting):
    """The next node that an operator of XNNPACK is made of, or None where it made the operator up."""
    kinds = next((kinds for start, kinds in _MAKES if name.startswith(start)), ())
    return next((waiting[kind].popleft() for kind in kinds if waiting[kind]), None)
