"""Quantized networks: what becomes of their operations, what stays in float, and that it is measured, not guessed."""

import sys

import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert import schema_py_generated as schema
from gfla_tf.export.convert.conversion import convert
from gfla_tf.export.convert.operations import multiply_adds, operation_histogram, operation_names
from gfla_tf.export.convert.signatures import Form
from gfla_tf.export.convert.sources import Source
from gfla_tf.export.quantize.quantization import GOALS, HEADROOM, KINDS, calibrate, candidates, quantize
from gfla_tf.export.quantize.sensitivity import selective, squared_error
from gfla_tf.export.quantize.variants import NAMES, Variants, chosen

from gfla_tf.cli import convert as command_line
from gfla_tf.errors import GflaError
from gfla_tf.litert.runner import TFLiteModel
from gfla_tf.metrics.image import psnr
from gfla_tf.ops import channels
from gfla_tf.training.tasks import task_named
from tests.helpers.small_tflite import write_tflite

pytest.importorskip("ai_edge_quantizer")

SIZE, WIDTH = 16, 32


def random(shape, seed, scale=1.0):
    return (scale * np.random.default_rng(seed).normal(size=shape)).astype(np.float32)


class Network(tf.Module):
    """Three convolutions; what the second gives is too much for int8 activations: one channel is a thousand times the others.

    Also a flow, which is an output and is used further, as in our networks.
    """

    def __init__(self):
        self.first = tf.Variable(random((3, 3, 3, WIDTH), 0, 0.2))
        loud = random((3, 3, WIDTH, WIDTH), 1, 0.06)
        loud[..., 0] *= 1000
        self.loud = tf.Variable(loud)
        last = random((3, 3, WIDTH, 3), 2, 0.06)
        last[:, :, 0] /= 1000
        self.last = tf.Variable(last)
        self.head = tf.Variable(random((1, 1, WIDTH, 2), 3))
        self.swap = tf.constant(np.eye(WIDTH)[::-1, None, None].swapaxes(0, 2), tf.float32)

    @tf.function(input_signature=[tf.TensorSpec([1, SIZE, SIZE, 3], name="source_image")])
    def __call__(self, source_image):
        x = tf.nn.relu(tf.nn.conv2d(source_image, self.first, 1, "SAME", name="first"))
        flow = tf.nn.conv2d(x, self.head, 1, "SAME", name="head")
        for _ in range(2):
            x = tf.nn.relu(tf.nn.conv2d(x, self.swap, 1, "SAME", name="swap"))
        x = tf.nn.conv2d(x, self.loud, 1, "SAME", name="loud") + tf.reduce_mean(flow)
        return {"generated": tf.tanh(tf.nn.conv2d(x, self.last, 1, "SAME", name="last")), "flow_0": flow}


@pytest.fixture(scope="module")
def flatbuffer(folder):
    network = Network()
    tf.saved_model.save(network, str(folder / "graph"), signatures=network.__call__)
    return tf.lite.TFLiteConverter.from_saved_model(str(folder / "graph")).convert()


@pytest.fixture(scope="module")
def inputs():
    return [{"source_image": random((1, SIZE, SIZE, 3), seed, 0.4)} for seed in range(6)]


def run(flatbuffer, inputs, folder):
    path = folder / "run.tflite"
    path.write_bytes(flatbuffer)
    model = TFLiteModel(path)
    return [model(**arrays) for arrays in inputs]


def types(flatbuffer, operation):
    """{name of what an operation of this kind writes: type of its numbers}."""
    model = schema.ModelT.InitFromPackedBuf(flatbuffer, 0)
    names, (graph,) = operation_names(model), model.subgraphs
    return {
        graph.tensors[op.outputs[0]].name.decode().split(";")[0]: graph.tensors[op.inputs[0]].type
        for op in graph.operators if names[op.opcodeIndex] == operation
    }  # fmt: skip


def test_operations_with_weights_that_write_no_output_can_be_quantized(flatbuffer):
    assert set(candidates(flatbuffer).values()) == {"CONV_2D"}
    names = [name.split(";")[0] for name in candidates(flatbuffer)]
    assert len(names) == 3 and operation_histogram(flatbuffer)["CONV_2D"] == 6
    assert not any("head" in name or "StatefulPartitionedCall" in name for name in names)
    assert not any("swap" in name for name in names), "a convolution that only moves channels, twice"


def test_operations_that_spread_a_channel_stay_in_float(folder):
    def spread_channels(x):
        return channels.spread(x[..., :1], 0, 3) + channels.spread(x, 1, 3) + channels.softmax(x)

    path = write_tflite(folder / "spread.tflite", spread_channels, x=(1, 8, 8, 3))
    assert candidates(path.read_bytes()) == {}


def test_multiplications_are_counted(flatbuffer):
    per_pixel = 9 * (3 * WIDTH + WIDTH * WIDTH + WIDTH * 3) + WIDTH * 2 + 2 * WIDTH * WIDTH
    assert multiply_adds(flatbuffer) == {"serving_default": per_pixel * SIZE * SIZE}


def test_multiplications_of_a_dense_layer_are_counted(folder):
    kernel = tf.constant(random((8, 4), 0))
    path = write_tflite(folder / "dense.tflite", lambda x: tf.matmul(x, kernel), x=(3, 8))
    assert operation_histogram(path.read_bytes()) == {"FULLY_CONNECTED": 1}
    assert multiply_adds(path.read_bytes()) == {"serving_default": 3 * 8 * 4}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_smaller_and_gives_every_output(kind, flatbuffer, inputs, folder):
    model_file = folder / "float.tflite"
    model_file.write_bytes(flatbuffer)
    ranges = calibrate(flatbuffer, kind, TFLiteModel(model_file), inputs) if kind.startswith("int") else None
    keep = [name for name in candidates(flatbuffer) if "first" not in name] if kind == "int8" else ()
    quantized = quantize(flatbuffer, kind, keep, ranges)
    share = len(quantized) / len(flatbuffer)
    assert share < (0.75 if kind == "float16" else 0.7 if kind == "int8" else 0.45)
    expected, found = (run(content, inputs, folder) for content in (flatbuffer, quantized))
    assert all(outputs.keys() == {"generated", "flow_0"} for outputs in found)
    least = {"float16": 60, "weights": 30, "dynamic": 10, "int8": 20, "int16": 30}[kind]
    assert least < psnr(squared_error(found, expected)) < 110


def test_int8_computes_in_int8_except_where_told(flatbuffer, inputs, folder):
    model_file = folder / "float.tflite"
    model_file.write_bytes(flatbuffer)
    ranges = calibrate(flatbuffer, "int8", TFLiteModel(model_file), inputs)
    loud = [name for name in candidates(flatbuffer) if "loud" in name]
    quantized = types(quantize(flatbuffer, "int8", loud, ranges), "CONV_2D")
    in_int8 = {name for name, type_ in quantized.items() if type_ == schema.TensorType.INT8}
    assert len(quantized) == 6 and len(in_int8) == 2
    assert not any("loud" in name for name in in_int8)


def test_int16_has_headroom_beyond_what_samples_showed(flatbuffer, inputs, folder, monkeypatch):
    model_file = folder / "float.tflite"
    model_file.write_bytes(flatbuffer)
    keep = [name for name in candidates(flatbuffer) if "first" not in name]
    louder = [{"source_image": 1.8 * arrays["source_image"]} for arrays in inputs]
    expected, errors = run(flatbuffer, louder, folder), {}
    for headroom in (1.0, HEADROOM["int16"]):
        monkeypatch.setitem(HEADROOM, "int16", headroom)
        ranges = calibrate(flatbuffer, "int16", TFLiteModel(model_file), inputs)
        quantized = quantize(flatbuffer, "int16", keep, ranges)
        errors[headroom] = squared_error(run(quantized, louder, folder), expected)
    assert errors[2.0] < errors[1.0] / 10


def test_the_operations_that_cost_most_are_found_and_kept_in_float(flatbuffer, inputs, folder):
    said = []
    plain, none = selective(flatbuffer, "int8", inputs, 5.0, folder)
    quantized, kept = selective(flatbuffer, "int8", inputs, 30.0, folder, said.append)
    expected = run(flatbuffer, inputs, folder)
    without, with_ = (psnr(squared_error(run(q, inputs, folder), expected)) for q in (plain, quantized))
    assert none == {} and without < 30 <= with_
    # The loud channel ruins the operation that writes it and the one that reads it.
    assert sorted(name[:4] for name in kept) == ["last", "loud"]
    assert list(kept.values()) == sorted(kept.values())
    assert "the goal is 30: measuring 3 operations" in said[0]


def test_errors_that_add_up_to_more_than_their_sum_keep_more_in_float(
    flatbuffer, inputs, folder, monkeypatch
):
    operations = list(candidates(flatbuffer))
    attempts = []

    def measure(bench, kept):  # each alone costs nothing, two together are too much
        attempts.append(list(kept))
        return list(kept), 0.0 if len(operations) - len(kept) < 2 else 1.0

    monkeypatch.setattr("gfla_tf.export.quantize.sensitivity._Bench.measure", measure)
    made, kept = selective(flatbuffer, "weights", inputs, 30.0, folder)
    assert made == list(kept) == attempts[-1] and len(kept) == len(operations) - 1


def test_a_goal_out_of_reach_is_one_sentence(flatbuffer, inputs, folder):
    with pytest.raises(GflaError, match=r"weights reaches .* dB, below the goal of 300 dB.*lower --goal"):
        selective(flatbuffer, "weights", inputs, 300.0, folder)


def test_without_the_quantizer_there_is_one_sentence(flatbuffer, monkeypatch):
    monkeypatch.setitem(sys.modules, "ai_edge_quantizer", None)
    with pytest.raises(GflaError, match=r"Quantization needs ai-edge-quantizer .*\[quantize\]"):
        quantize(flatbuffer, "weights")


def test_what_needs_samples_and_has_none_is_one_sentence(flatbuffer, folder):
    source = Source(None, task_named("pose"), "mine", None, {})
    with pytest.raises(GflaError, match=r"int8 needs samples, and mine comes without .* --data"):
        list(Variants(("float16", "int8")).of(source, flatbuffer, folder))
    made = list(Variants(("float32", "float16", "dynamic")).of(source, flatbuffer, folder))
    assert [name for name, *_ in made] == ["float32", "float16", "dynamic"] and made[0][1] == flatbuffer


def test_variants_that_a_lowering_cannot_have_are_one_sentence(tmp_path):
    source = Source(None, task_named("pose"), "mine", None, {})
    with pytest.raises(
        GflaError, match=r"int8 and int16 cannot be made with Resampler, .* leave out --lowering"
    ):
        convert(source, tmp_path / "new", Form(lowering="resampler"), Variants(NAMES))
    assert not (tmp_path / "new").exists()


def test_help_tells_the_goals(capsys):
    with pytest.raises(SystemExit):
        command_line.parse_arguments(["--help"])
    goals = " ".join(f"{kind}={goal:g}" for kind, goal in GOALS.items())
    assert f"(default: {goals})" in " ".join(capsys.readouterr().out.split())


def test_the_command_line_names_variants_and_goals():
    assert chosen(["all"], [], None, print).names == NAMES
    some = chosen(["int8", "float32", "int8"], ["int8=28.5"], None, print)
    assert some.names == ("int8", "float32") and (some.goals["int8"], some.goals["float16"]) == (28.5, 55)
    with pytest.raises(GflaError, match="There is no variant 'int4': choose all, or some of float32"):
        chosen(["int4"], [], None, print)
    for goal in ("int8", "int8=high", "int4=30", "int8=nan", "int8=-5", "int8=inf"):
        with pytest.raises(GflaError, match="is no goal: write KIND=DB, such as int8=33"):
            chosen(["int8"], [goal], None, print)
