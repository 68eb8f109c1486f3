"""The description inside a .tflite, and running it on LiteRT."""

import subprocess
import sys
import zipfile

import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

from gfla_tf import __version__
from gfla_tf.errors import GflaError
from gfla_tf.keypoints.poses import JOINTS
from gfla_tf.litert.description import read_description, write_description
from gfla_tf.litert.runner import TFLiteModel
from tests.helpers.tiny_tflite import SIZE, network, write_tiny_tflite


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    return write_tiny_tflite(tmp_path_factory.mktemp("model") / "bare.tflite")


@pytest.fixture(scope="module")
def described(tmp_path_factory):
    return write_tiny_tflite(tmp_path_factory.mktemp("model") / "described.tflite", task="pose")


@pytest.fixture
def inputs():
    random = np.random.default_rng(0)
    return {
        "source_image": random.uniform(-1, 1, (1, *SIZE, 3)).astype(np.float32),
        "source_pose": random.uniform(0, 1, (1, *SIZE, 18)).astype(np.float32),
        "target_pose": random.uniform(0, 1, (1, *SIZE, 18)).astype(np.float32),
    }


def test_a_description_is_read_back_as_written(described):
    description = read_description(described)
    assert description["task"] == "pose"
    assert tuple(description["joints"]) == JOINTS
    assert description["attention"] == [{"level": 3, "kernel": 3}, {"level": 2, "kernel": 5}]
    assert description["inputs"]["source_pose"] == [1, *SIZE, 18]
    assert description["outputs"]["flow_2"] == [1, SIZE[0] // 4, SIZE[1] // 4, 2]
    assert description["gfla_tf"] == __version__


def test_litert_ignores_the_description(bare, described, inputs):
    assert described.read_bytes().startswith(bare.read_bytes())
    plain, carrying = TFLiteModel(bare)(**inputs), TFLiteModel(described)(**inputs)
    for name, value in plain.items():
        np.testing.assert_array_equal(carrying[name], value)
    # Also when LiteRT gets the file's bytes instead of mapping the file.
    Interpreter(model_content=described.read_bytes()).allocate_tensors()


def test_writing_again_replaces_the_description_and_keeps_other_files(described, tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(described.read_bytes())
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("labels.txt", "person")
    write_description(path, read_description(path) | {"variant": "int8"})
    assert read_description(path)["variant"] == "int8"
    with zipfile.ZipFile(path) as archive:
        assert sorted(archive.namelist()) == ["gfla.json", "labels.txt"]
        assert archive.read("labels.txt") == b"person"
    assert TFLiteModel(path).description["variant"] == "int8"


def test_equal_models_with_equal_descriptions_are_equal_files(bare, described, tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(bare.read_bytes())
    write_description(path, read_description(described))
    assert path.read_bytes() == described.read_bytes()


def test_a_tflite_without_description_runs_but_says_that_it_has_none(bare, inputs):
    model = TFLiteModel(bare)
    assert model(**inputs)["generated"].shape == (1, *SIZE, 3)
    with pytest.raises(GflaError, match=r"bare\.tflite has no embedded description"):
        _ = model.description


def test_a_description_needs_its_fields(bare):
    before = bare.read_bytes()
    with pytest.raises(GflaError, match=r"lacks weights, inputs, outputs"):
        write_description(bare, {"task": "pose"})
    assert bare.read_bytes() == before


def test_damaged_files_are_refused_in_one_sentence(described, tmp_path):
    content = described.read_bytes()
    path = tmp_path / "model.tflite"
    middle = bytearray(content)
    middle[len(content) // 3] ^= 0xFF
    cases = {
        b"": "not a TFLite model",
        b"no model at all": "not a TFLite model",
        content[: len(content) - 10]: "no embedded description, or its end was cut off",
        bytes(middle): "damaged",
    }
    for damaged, reason in cases.items():
        path.write_bytes(damaged)
        with pytest.raises(GflaError, match=reason) as raised:
            read_description(path)
        assert str(path) in str(raised.value) and "\n" not in str(raised.value)
    for damaged in (b"", b"no model at all", content[:1000], content[: len(content) // 3]):
        path.write_bytes(damaged)
        with pytest.raises(GflaError, match=r"is damaged|is not a TFLite model") as raised:
            TFLiteModel(path)
        assert str(path) in str(raised.value) and "\n" not in str(raised.value)
    with pytest.raises(GflaError, match=r"Cannot read the model .*: No such file"):
        TFLiteModel(tmp_path / "absent.tflite")


def test_inputs_and_outputs_go_by_name(described, inputs):
    model = TFLiteModel(described)
    assert model.inputs == {name: value.shape for name, value in inputs.items()}
    expected = network(**inputs)
    outputs = model(**dict(reversed(inputs.items())))
    assert outputs.keys() == model.outputs.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(outputs[name], value, atol=1e-6)
        assert outputs[name].shape == model.outputs[name]


def test_outputs_stay_when_the_model_runs_again(described, inputs):
    model = TFLiteModel(described)
    first = model(**inputs)
    kept = {name: value.copy() for name, value in first.items()}
    model(**{name: 0.5 * value for name, value in inputs.items()})
    for name, value in kept.items():
        np.testing.assert_array_equal(first[name], value)


def test_wrong_inputs_are_refused(described, inputs):
    model = TFLiteModel(described)
    with pytest.raises(GflaError, match="takes the inputs"):
        model(source_image=inputs["source_image"])
    with pytest.raises(GflaError, match="takes the inputs"):
        model(**inputs, extra=inputs["source_image"])
    wrong = inputs | {"source_pose": inputs["source_pose"][..., :17]}
    with pytest.raises(
        GflaError, match=r"takes source_pose of shape \(1, 64, 32, 18\), got \(1, 64, 32, 17\)"
    ):
        model(**wrong)
    assert np.isfinite(model(**inputs)["generated"]).all()


def test_operations_that_litert_lacks_are_named(tmp_path):
    marker = 'name: "Nowhere" attr {key: "tfl_fusable_op" value { b: true } }'

    @tf.function(experimental_implements=marker)
    def nowhere(x):
        return x * 2

    @tf.function(input_signature=[tf.TensorSpec([1, 4], name="x")])
    def function(x):
        return {"y": nowhere(x)}

    converter = tf.lite.TFLiteConverter.from_concrete_functions(
        [function.get_concrete_function()], tf.Module()
    )
    converter.allow_custom_ops = True
    path = tmp_path / "custom.tflite"
    path.write_bytes(converter.convert())
    with pytest.raises(GflaError, match="Nowhere"):
        TFLiteModel(path)


def test_neither_the_runner_nor_the_demo_imports_tensorflow():
    modules = "gfla_tf.inference.transfer, gfla_tf.litert.runner"
    code = f"import sys, {modules}; sys.exit(bool({{'tensorflow', 'keras'}} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
