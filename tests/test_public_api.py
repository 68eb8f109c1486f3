"""What a Keras user meets first: names, signatures, presets, and files that earlier versions wrote."""

import inspect
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

import gfla_tf
from gfla_tf import GflaError
from gfla_tf.keras_names import _CLASSES
from gfla_tf.models.checkpoint_import import state_dict
from tests.helpers.rule_weights import fill
from tests.helpers.tiny_networks import TINY_NETWORK

FIRST_FORMAT = Path(__file__).parent / "oracles" / "first_format"
TINY = {"image_size": (16, 16), **TINY_NETWORK}
NETWORKS = {
    "PoseGenerator": TINY,
    "DanceGenerator": TINY,
    "FaceGenerator": TINY,
    "ViewGenerator": {**TINY, "image_size": (32, 32)},
    "MotionExtraction": {"channels": 4, "dilations": (1, 2)},
    "PeopleGenerator": {
        **TINY,
        "image_size": (32, 32),
        "depth": 2,
        "attention_kernels": {2: 3},
        "flow_depth": 3,
    },
    "ResidualDiscriminator": {"image_size": (16, 16), "base_channels": 4, "depth": 2},
    "TemporalDiscriminator": {"image_size": (16, 16), "base_channels": 4, "depth": 2},
    "PatchDiscriminator": {"image_size": (32, 32), "base_channels": 4, "depth": 2},
}


def run(code, cwd=None, **environment):
    """What a fresh process prints."""
    ended = subprocess.run(
        [sys.executable, "-c", code],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr[-3000:]
    return ended.stdout


@pytest.fixture(scope="module")
def generator():
    return fill(gfla_tf.PoseGenerator.from_preset("pose_quickstart", **TINY))


def first_arrays():
    arrays = dict(np.load(FIRST_FORMAT / "arrays.npz"))
    inputs = {name: value for name, value in arrays.items() if not name.startswith("out_")}
    return inputs, {name.removeprefix("out_"): value for name, value in arrays.items() if name not in inputs}


def test_importing_the_package_imports_neither_keras_nor_tensorflow_and_no_command_does_to_explain_itself():
    code = """
import contextlib, io, sys
import gfla_tf
from gfla_tf.cli import COMMANDS, main
for command in COMMANDS:
    with contextlib.redirect_stdout(io.StringIO()) as told, contextlib.suppress(SystemExit):
        main([command, "--help"])
    assert "usage: gfla " + command in told.getvalue(), command
    assert not {"tensorflow", "keras"} & set(sys.modules), command
print(len(COMMANDS))
"""
    assert int(run(code)) >= 11


def test_every_public_name_is_there_documented_and_listed():
    for name in gfla_tf.__all__:
        assert inspect.getdoc(getattr(gfla_tf, name)), name
        assert name in dir(gfla_tf)
    with pytest.raises(AttributeError, match="no attribute 'PoseNetwork'"):
        gfla_tf.PoseNetwork  # noqa: B018


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_spell_every_argument_and_their_configuration_has_them_all(name):
    cls = getattr(gfla_tf, name)
    parameters = inspect.signature(cls).parameters
    assert not [p for p in parameters.values() if p.kind in (p.VAR_KEYWORD, p.VAR_POSITIONAL)]
    for parameter in parameters.values():
        assert parameter.annotation is not parameter.empty, parameter
        assert parameter.name in (*inspect.getdoc(cls).replace(",", " ").replace(":", " ").split(), "name"), (
            parameter
        )
    network = cls(**NETWORKS[name])
    config = json.loads(json.dumps(network.get_config()))
    assert config.keys() == parameters.keys()
    again = cls.from_config(config)
    assert again.get_config() == network.get_config() and again.count_params() == network.count_params()


def test_presets_are_listed_by_task():
    assert {"pose_deepfashion", "pose_market", "pose_quickstart"} <= gfla_tf.presets("pose").keys()
    assert {entry["task"] for entry in gfla_tf.presets().values()} == {
        "pose",
        "dance",
        "face",
        "view",
        "motion",
    }


def test_a_preset_folder_holds_the_network_and_a_card(generator, tmp_path):
    generator.card = {"origin": "drawn by a rule", "license": "free", "data": {"heat_map_sigma": 9.0}}
    generator.save_to_preset(tmp_path / "mine")
    generator.card = {}
    again = gfla_tf.PoseGenerator.from_preset(tmp_path / "mine")
    assert all(map(np.array_equal, generator.get_weights(), again.get_weights()))
    assert again.card["data"] == {"heat_map_sigma": 9.0}
    card = (tmp_path / "mine" / "README.md").read_text()
    assert (
        card.startswith("---\nlibrary_name: keras")
        and "drawn by a rule" in card
        and "license_name: free" in card
    )
    larger = gfla_tf.PoseGenerator.from_preset(tmp_path / "mine", image_size=(32, 16))
    assert larger.image_size == (32, 16)
    assert all(map(np.array_equal, generator.get_weights(), larger.get_weights()))


def test_a_published_checkpoint_is_a_presets_weights(generator, tmp_path):
    import torch

    torch.save({name: torch.tensor(x) for name, x in state_dict(generator).items()}, tmp_path / "G.pth")
    again = gfla_tf.PoseGenerator.from_preset("pose_quickstart", weights=tmp_path / "G.pth", **TINY)
    assert all(map(np.array_equal, generator.get_weights(), again.get_weights()))
    assert "non-commercial" in again.card["license"] and "G.pth" in again.card["origin"]


def test_a_repository_of_a_hub_is_a_preset_folder_that_is_downloaded(generator, tmp_path, monkeypatch):
    generator.save_to_preset(tmp_path / "there")
    asked = []

    class Hub:
        @staticmethod
        def snapshot_download(name, allow_patterns):
            asked.append(name)
            return str(tmp_path / "there")

    monkeypatch.setitem(sys.modules, "huggingface_hub", Hub)
    again = gfla_tf.PoseGenerator.from_preset("hf://somebody/network")
    assert asked == ["somebody/network"]
    assert all(map(np.array_equal, generator.get_weights(), again.get_weights()))


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (
            lambda: gfla_tf.PoseGenerator.from_preset("pose_paris"),
            "There is no network pose_paris: name a run",
        ),
        (
            lambda: gfla_tf.DanceGenerator.from_preset("pose_market"),
            "is a PoseGenerator: use gfla_tf.PoseGenerator",
        ),
        (lambda: gfla_tf.TemporalDiscriminator.from_preset("pose_market"), "has no TemporalDiscriminator"),
        (lambda: gfla_tf.load("pose_market"), "pose_market comes without weights"),
        (lambda: gfla_tf.load("nowhere", best=True), "not a training run"),
        (lambda: gfla_tf.convert(keras.Sequential(), "out"), "Sequential is no generator of gfla_tf"),
        (lambda: gfla_tf.GFLA(keras.Sequential()), "Sequential is no generator of gfla_tf"),
    ],
)
def test_what_cannot_be_is_one_sentence(call, says):
    with pytest.raises(GflaError, match=says):
        call()


def test_files_of_the_first_format_load_and_draw_what_they_drew():
    inputs, expected = first_arrays()
    for network in (
        keras.saving.load_model(FIRST_FORMAT / "generator.keras"),
        gfla_tf.load(FIRST_FORMAT / "run"),
    ):
        for name, value in network(inputs).items():
            np.testing.assert_allclose(value, expected[name], atol=1e-5)
    model = gfla_tf.TFLiteModel(FIRST_FORMAT / "run.tflite")
    for name, value in model(**inputs).items():
        np.testing.assert_allclose(value, expected[name], atol=1e-4)
    assert model.description["task"] == "pose"
    discriminator = keras.saving.load_model(FIRST_FORMAT / "discriminator.keras")
    assert isinstance(discriminator, gfla_tf.ResidualDiscriminator)


def test_every_class_of_a_file_can_be_found_before_its_module_is_imported():
    registers = re.compile(r'register_keras_serializable\("gfla_tf"\)\nclass (\w+)')
    files = Path(gfla_tf.__file__).parent.rglob("*.py")
    written = {name for file in files for name in registers.findall(file.read_text())}
    assert written == {name for names in _CLASSES.values() for name in names.split()}


LOADED = """
{imports}
import numpy as np
arrays = dict(np.load("arrays.npz"))
inputs = {{name: value for name, value in arrays.items() if not name.startswith("out_")}}
generator = keras.saving.load_model("generator.keras")
outputs = {{name: keras.ops.convert_to_numpy(value) for name, value in generator(inputs).items()}}
print(keras.backend.backend(), max(float(np.abs(outputs[name] - arrays["out_" + name]).max()) for name in outputs))
"""


@pytest.mark.parametrize("backend", ["tensorflow", "jax", "torch"])
def test_keras_files_load_in_a_fresh_process_and_every_backend_draws_the_same(backend):
    imports = "import gfla_tf, keras" if backend == "tensorflow" else "import keras, gfla_tf"
    printed = run(LOADED.format(imports=imports), cwd=FIRST_FORMAT, KERAS_BACKEND=backend)
    used, difference = printed.split()[-2:]
    assert used == backend and float(difference) < 1e-4


def test_layers_are_part_of_functional_models_of_ones_own(tmp_path):
    target, source = keras.Input((8, 8, 4)), keras.Input((8, 8, 4))
    flow = keras.layers.Conv2D(2, 3, padding="same")(keras.layers.Concatenate()([target, source]))
    attended, _ = gfla_tf.LocalAttention(3, units=4)(target, source, flow)
    model = keras.Model([target, source], keras.layers.Conv2D(3, 1)(attended))
    model.compile("adam", "mse")
    draw = np.random.default_rng(0)
    arrays = [draw.normal(size=(4, 8, 8, 4)).astype(np.float32) for _ in range(2)]
    history = model.fit(arrays, np.zeros((4, 8, 8, 3), np.float32), epochs=3, verbose=0).history["loss"]
    assert history[-1] < history[0]
    model.save(tmp_path / "own.keras")
    again = keras.saving.load_model(tmp_path / "own.keras")
    np.testing.assert_allclose(again.predict(arrays, verbose=0), model.predict(arrays, verbose=0), atol=1e-6)


def test_export_writes_each_format_or_says_what_it_needs(generator, tmp_path):
    draw = np.random.default_rng(0)
    inputs = {
        name: draw.uniform(0, 1, (1, *tensor.shape[1:])).astype(np.float32)
        for name, tensor in generator.input.items()
    }
    expected = np.asarray(generator(inputs)["generated"])
    generator.export(tmp_path / "network.tflite", format="litert")
    drawn = gfla_tf.TFLiteModel(tmp_path / "network.tflite")(**inputs)["generated"]
    np.testing.assert_allclose(drawn, expected, atol=1e-4)
    generator.export(tmp_path / "network")
    served = keras.layers.TFSMLayer(tmp_path / "network", call_endpoint="serve")(inputs)["generated"]
    np.testing.assert_allclose(served, expected, atol=1e-4)
    try:
        generator.export(tmp_path / "network.onnx", format="onnx")
        assert (tmp_path / "network.onnx").stat().st_size
    except GflaError as error:
        assert "needs the package" in str(error) and "tf_saved_model" in str(error)
    with pytest.raises(GflaError, match="no format 'coreml': choose one of tf_saved_model, litert, onnx"):
        generator.export(tmp_path / "x", format="coreml")


def test_a_generator_is_converted_with_samples_of_ones_own(generator, tmp_path):
    draw = np.random.default_rng(0)
    data = [
        {name: draw.uniform(0, 1, (4, *tensor.shape[1:])) for name, tensor in generator.input.items()}
        for _ in range(2)
    ]
    results = gfla_tf.convert(
        generator,
        tmp_path,
        ["float32", "int8"],
        data,
        name="mine",
        goals={"int8": 10},
        data_settings={"heat_map_sigma": 9.0},
    )
    assert [result.path.name for result in results] == ["mine_saved_model", "mine.tflite", "mine_int8.tflite"]
    assert gfla_tf.TFLiteModel(results[1].path).description["heat_map_sigma"] == 9.0
    assert results[2].bytes < results[1].bytes
    with pytest.raises(GflaError, match="Data has batches of picture, and the network takes source_image"):
        gfla_tf.convert(generator, tmp_path / "none", ["int8"], [{"picture": np.zeros(3)}])
    assert not (tmp_path / "none").exists()
