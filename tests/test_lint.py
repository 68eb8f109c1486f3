"""What GPU delegates refuse, or get wrong, is found in a file by its nodes; a damaged file is one sentence."""

import contextlib

import flatbuffers
import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert import schema_py_generated as schema
from gfla_tf.export.convert.operations import operation_histogram
from gfla_tf.export.quantize.quantization import quantize
from gfla_tf.export.verify.accelerators import run, why_not
from gfla_tf.export.verify.lint import lint

from gfla_tf.cli import lint as command
from gfla_tf.errors import GflaError
from gfla_tf.litert.description import write_description
from tests.helpers.small_tflite import write_tflite

MAP, KERNEL = (1, 8, 8, 4), np.random.default_rng(0).normal(size=(3, 3, 4, 4)).astype(np.float32)
DESCRIPTION = {"task": "pose", "weights": {}, "inputs": {}, "outputs": {}}


def index(x):
    return tf.cast(x, tf.int32)


def upsampled(x):
    return tf.nn.conv2d_transpose(x, KERNEL, (1, 17, 17, 4), 2, "VALID") + KERNEL[0, 0, 0]


def standardized(x):
    mean, variance = tf.nn.moments(x, (1, 2), keepdims=True)
    return (x - mean) * tf.math.rsqrt(variance + 1e-5)


# {case: (function, {input: shape}, rule, operation, words)}
BROKEN = {
    "an axis is sliced away": (lambda x: x[:, 3], {"x": MAP}, "slice", "STRIDED_SLICE", "takes an axis away"),
    "a slice runs backwards": (lambda x: x[:, ::-1], {"x": MAP}, "slice", "STRIDED_SLICE", "backwards"),
    "an index of several axes": (
        lambda x, i: tf.gather_nd(x, index(i)), {"x": (8, 4), "i": (12, 1)}, "operation", "GATHER_ND", "is not run",
    ),
    "indices of two axes": (
        lambda x, i: tf.gather(x, index(i)), {"x": (8, 4), "i": (3, 5)}, "gather", "GATHER", "2 axes instead of 1",
    ),
    "indices for each image": (
        lambda x, i: tf.gather(x, index(i), axis=1, batch_dims=1), {"x": (2, 8, 4), "i": (2, 5)},
        "gather", "GATHER", "1 batch axes",
    ),
    "indices beyond 2048 from floats": (
        lambda x, i: tf.gather(x, index(i * 64)), {"x": (4096, 4), "i": (9,)}, "flat index", "GATHER", "up to 4095",
    ),
    "a symmetric border": (
        lambda x: tf.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)], "SYMMETRIC"), {"x": MAP}, "padding", "MIRROR_PAD", "symmetrically",
    ),
    "positions as a batch of matrices": (
        lambda x: tf.pad(x, [(0, 0), (0, 1), (1, 0)]), {"x": (6, 3, 3)}, "padding", "PAD", "pads 6 tensors of 2 axes",
    ),
    "an activation in a transposed convolution": (
        lambda x: tf.nn.relu(upsampled(x)), {"x": MAP}, "activation", "TRANSPOSE_CONV", "fused activation",
    ),
    "five axes": (lambda x, y: x + y, dict.fromkeys("xy", (1, 2, 3, 4, 5)), "rank", "ADD", "5 axes [1, 2, 3, 4, 5]"),
    "a broadcast": (
        lambda x: tf.broadcast_to(x, MAP), {"x": (1, 1, 1, 4)}, "operation", "BROADCAST_TO", "BROADCAST_TO is not run",
    ),
    "an operation of somebody's own": (tf.math.erf, {"x": MAP}, "operation", "CUSTOM:", "is a custom operation"),
    "a convolution in small groups": (
        lambda x: tf.nn.conv2d(x, KERNEL[:, :, :2], 1, "SAME"), {"x": MAP}, "groups", "CONV_2D", "groups of 2 channels",
    ),
    "the last axis unpacked": (
        lambda x: {"generated": tf.stack(tf.unstack(x, axis=2)[::-1], 2)}, {"x": (1, 8, 4)}, "unpacking", "UNPACK", "last axis",
    ),
    "squares that overflow": (standardized, {"x": MAP}, "variance", "MEAN", "overflow half precision"),
    "numbers of 64 bits": (
        lambda x: tf.cast(tf.cast(x, tf.int64), tf.float32), {"x": MAP}, "type", "CAST", "type int64",
    ),
}  # fmt: skip


def packed(model):
    """A `schema.ModelT` as bytes."""
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return builder.Output()


@pytest.fixture(scope="module")
def good(folder):
    def function(x, i):
        x = tf.nn.leaky_relu(upsampled(tf.nn.conv2d(x, KERNEL, 1, "SAME")), 0.1)[:, 1:, 1:]
        return tf.gather(tf.reshape(x, (256, 4)), index(i))

    return write_tflite(folder / "good.tflite", function, x=MAP, i=(12,))


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_rule_is_found_with_its_node(case, folder):
    function, shapes, rule, operation, words = BROKEN[case]
    path = write_tflite(folder / "broken.tflite", function, **shapes)
    findings = [finding for finding in lint(path) if finding.rule == rule]
    assert findings, [str(finding) for finding in lint(path)]
    assert all(finding.node.operation.startswith(operation) for finding in findings)
    assert words in findings[0].reason
    text = str(findings[0])
    assert (
        text.startswith(f"node {findings[0].node.index} of serving_default, {operation}")
        and f"(rule: {rule})" in text
    )


def test_browsers_refuse_a_gather_by_constants_that_delegates_run(tmp_path):
    path = write_tflite(tmp_path / "m.tflite", lambda x: tf.gather(x * 2, [3, 0, 2], axis=3), x=MAP)
    assert lint(path) == []
    (finding,) = lint(path, browser=True)
    assert finding.rule == "constant index" and "multiply by a matrix" in finding.reason


def test_what_keeps_the_rules_has_no_findings(good):
    assert lint(good) == []


def test_small_weights_that_are_float_where_they_are_computed_with_keep_the_rules(good, folder):
    pytest.importorskip("ai_edge_quantizer")
    found = {}
    for kind in ("float16", "weights", "dynamic"):
        path = folder / f"good_{kind}.tflite"
        path.write_bytes(quantize(good.read_bytes(), kind))
        assert "DEQUANTIZE" in operation_histogram(path.read_bytes()) or kind == "dynamic"
        found[kind] = lint(path)
    assert found["float16"] == found["weights"] == []
    assert {finding.rule for finding in found["dynamic"]} == {"type"}, "its activations are int8 on CPUs"


def test_pictures_in_uint8_keep_the_rules(folder):
    path = write_tflite(
        folder / "uint8.tflite",
        lambda x: tf.cast(tf.round(tf.cast(tf.cast(x, tf.uint8), tf.float32)), tf.uint8),
        x=MAP,
    )
    assert lint(path) == []


def test_a_version_that_delegates_do_not_know_is_found(good, folder):
    model = schema.ModelT.InitFromPackedBuf(good.read_bytes(), 0)
    code = next(c for c in model.operatorCodes if c.builtinCode == schema.BuiltinOperator.LEAKY_RELU)
    code.version = 9
    newer = folder / "newer.tflite"
    newer.write_bytes(packed(model))
    (finding,) = lint(newer)
    assert (finding.rule, finding.node.operation) == ("version", "LEAKY_RELU")
    assert "version 9 is newer than 2" in finding.reason


@pytest.mark.skipif(why_not("gpu") is not None, reason=f"no GPU accelerator here: {why_not('gpu')}")
@pytest.mark.parametrize(
    "case", ["an axis is sliced away", "an index of several axes", "a symmetric border", "five axes"]
)
def test_what_the_lint_finds_the_accelerator_refuses(case, folder):
    function, shapes, _, operation, _ = BROKEN[case]
    path = write_tflite(folder / "refused.tflite", function, **shapes)
    inputs = {name: np.zeros(shape, np.float32) for name, shape in shapes.items()}
    with pytest.raises(GflaError, match=rf"refused\.tflite does not run on gpu \({operation}: "):
        run(path, [inputs], "gpu")


def test_the_program_names_node_and_rule_and_its_status_tells(good, folder, capsys):
    broken = write_tflite(folder / "sliced.tflite", BROKEN["an axis is sliced away"][0], x=MAP)
    with pytest.raises(SystemExit) as status:
        command.main([str(good), str(broken)])
    output = capsys.readouterr().out
    assert status.value.code == 1
    assert f"{good}: fit for GPU delegates" in output and f"{broken}: 1 findings" in output
    assert "node 0 of serving_default, STRIDED_SLICE -> " in output and "(rule: slice)" in output
    with pytest.raises(SystemExit) as status:
        command.main([str(good)])
    assert status.value.code == 0


@pytest.mark.parametrize("described", [True, False])
def test_a_damaged_file_is_one_sentence(described, good, folder, capsys):
    damaged = folder / "damaged.tflite"
    damaged.write_bytes(good.read_bytes())
    if described:
        write_description(damaged, DESCRIPTION)
    content = damaged.read_bytes()
    damaged.write_bytes(content[: len(content) // 2])
    with pytest.raises(SystemExit) as status:
        command.main([str(damaged)])
    lines = capsys.readouterr().err.strip().splitlines()
    assert status.value.code == 2 and len(lines) == 1
    assert lines[0].startswith("error: ") and str(damaged) in lines[0] and "damaged" in lines[0]


def test_no_damage_is_anything_but_a_sentence(good, folder):
    draw, content = np.random.default_rng(0), np.frombuffer(good.read_bytes(), np.uint8)
    damaged, sentences = folder / "bytes.tflite", 0
    for _ in range(300):
        bytes_ = content.copy()
        at = draw.integers(8, len(bytes_), 4)
        bytes_[at] = draw.integers(0, 256, 4)
        damaged.write_bytes(bytes_.tobytes())
        with contextlib.suppress(GflaError):
            lint(damaged)
            continue
        sentences += 1
    assert sentences > 30


def no_options(model):
    (operator,) = (
        o for o in model.subgraphs[0].operators if isinstance(o.builtinOptions, schema.MirrorPadOptionsT)
    )
    operator.builtinOptions, operator.builtinOptionsType = None, schema.BuiltinOptions.NONE


def axis_of_none(model):
    (operator,) = (
        o for o in model.subgraphs[0].operators if isinstance(o.builtinOptions, schema.GatherOptionsT)
    )
    operator.builtinOptions.axis = 9


@pytest.mark.parametrize("damage", [no_options, axis_of_none])
def test_damage_that_only_rules_come_upon_is_one_sentence(damage, folder, capsys):
    def function(x, i):
        x = tf.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)], "REFLECT")
        return tf.gather(tf.reshape(x, (100, 4)), index(i))

    path = write_tflite(folder / "parts.tflite", function, x=MAP, i=(12,))
    assert lint(path) == []
    model = schema.ModelT.InitFromPackedBuf(path.read_bytes(), 0)
    damage(model)
    path.write_bytes(packed(model))
    with pytest.raises(SystemExit) as status:
        command.main([str(path)])
    lines = capsys.readouterr().err.strip().splitlines()
    assert status.value.code == 2 and len(lines) == 1
    assert lines[0].startswith(f"error: {path} is damaged: ")


@pytest.mark.parametrize("changed", [100, 1000])
def test_one_changed_byte_of_a_described_file_is_noticed(changed, good, folder):
    path = folder / "changed.tflite"
    path.write_bytes(good.read_bytes())
    write_description(path, DESCRIPTION)
    assert lint(path) == []
    content = bytearray(path.read_bytes())
    content[changed] ^= 1
    path.write_bytes(content)
    with pytest.raises(GflaError, match=r"changed\.tflite is damaged"):
        lint(path)


def test_what_is_no_model_is_one_sentence(folder):
    with pytest.raises(GflaError, match=r"Cannot read the model .*missing\.tflite"):
        lint(folder / "missing.tflite")
    (folder / "text.tflite").write_text("not a model at all")
    with pytest.raises(GflaError, match=r"text\.tflite is not a TFLite model"):
        lint(folder / "text.tflite")
