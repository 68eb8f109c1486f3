"""Files that native code could not survive are refused in a sentence before it sees them; what they claim is checked."""

import json
import os
import zipfile

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from gfla_tf.export.verify.lint import lint

from gfla_tf.errors import GflaError
from gfla_tf.litert.description import flatbuffer_of, read_description, write_description
from gfla_tf.litert.runner import TFLiteModel
from gfla_tf.ops.native import build
from tests.helpers.tiny_tflite import write_tiny_tflite


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    return write_tiny_tflite(tmp_path_factory.mktemp("model") / "good.tflite", task="pose")


@pytest.fixture
def changed(good, tmp_path):
    """A function that gives the good file after a change of its model, with a description and a digest that fit."""

    def change(how):
        model = schema.ModelT.InitFromPackedBuf(flatbuffer_of(good), 0)
        how(model)
        builder = flatbuffers.Builder(1024)
        builder.Finish(model.Pack(builder), b"TFL3")
        path = tmp_path / "changed.tflite"
        path.write_bytes(bytes(builder.Output()))
        write_description(path, {k: v for k, v in read_description(good).items() if k != "flatbuffer"})
        return path

    return change


def first(model):
    return model.subgraphs[0]


CHANGES = {
    "a signature of graph 1000": lambda model: setattr(model.signatureDefs[0], "subgraphIndex", 1000),
    "a signature with tensor 100000": lambda model: setattr(
        model.signatureDefs[0].inputs[0], "tensorIndex", 100_000
    ),
    "no signature": lambda model: setattr(model, "signatureDefs", []),
    "without inputs": lambda model: setattr(model.signatureDefs[0], "inputs", []),
    "share a name": lambda model: setattr(
        model.signatureDefs[0].inputs[0], "name", model.signatureDefs[0].inputs[1].name
    ),
    "no graph": lambda model: setattr(model, "subgraphs", []),
    "an operation of no code": lambda model: setattr(first(model).operators[0], "opcodeIndex", 99),
    "on tensors that there are not": lambda model: setattr(
        first(model).operators[0], "inputs", np.int32([5000])
    ),
    "that gives tensors that there are not": lambda model: setattr(
        first(model).operators[0], "outputs", np.int32([-7])
    ),
    "made twice": lambda model: setattr(
        first(model).operators[1], "outputs", first(model).operators[0].outputs
    ),
    "a tensor of no buffer": lambda model: setattr(first(model).tensors[0], "buffer", 4000),
    "a tensor of no size": lambda model: setattr(first(model).tensors[0], "shape", np.int32([1, -5])),
    "of shape": lambda model: setattr(
        first(model).tensors[model.signatureDefs[0].inputs[0].tensorIndex], "shape", np.int32([1, 0, 0, 3])
    ),
    "a graph of tensors": lambda model: setattr(first(model), "inputs", np.int32([12345])),
    "of code": lambda model: setattr(model.operatorCodes[0], "builtinCode", 30_000),
}


@pytest.mark.parametrize("reason", CHANGES)
def test_parts_that_refer_to_what_there_is_not_are_refused_by_every_command(reason, changed):
    path = changed(CHANGES[reason])
    for use in (TFLiteModel, lint, flatbuffer_of):
        with pytest.raises(GflaError, match=rf"changed.tflite is damaged \(.*{reason}"):
            use(path)


@pytest.mark.parametrize("seed", range(4))
def test_no_damage_ends_the_process(seed, good, tmp_path):
    """Bytes of the flatbuffer change, without a description to betray it."""
    random, content = np.random.default_rng(seed), flatbuffer_of(good)
    path, refused = tmp_path / "damaged.tflite", 0
    for _ in range(150):
        damaged = bytearray(content)
        for place in random.integers(8, len(content), random.integers(1, 6)):
            damaged[place] = random.integers(256)
        path.write_bytes(bytes(damaged))
        try:
            lint(path)
        except GflaError as error:
            refused += 1
            assert "damaged.tflite" in str(error) and "\n" not in str(error)
    assert refused > 20


CLAIMS = {
    "image_size": [[0, 0], [64], "64", [64.0, 32], [10**9, 10**9], [-64, 32], [True, 32]],
    "heat_map_sigma": [float("nan"), -1, 0, "6", None, True, 1e300, [6]],
    "limb_sigma": [float("inf"), -2, "1"],
    "joints": [[], 18, ["nose"] * 1000, [1, 2], {"nose": 1}],
    "task": ["", None, 3, ["pose"]],
    "weights": ["mine", None],
    "azimuths": [["0"], 18, [1e9]],
    "frames": [0, -1, 2.5, 10**12],
    "attention": ["all", [3]],
}


@pytest.mark.parametrize(
    ("field", "value"), [(field, value) for field, values in CLAIMS.items() for value in values]
)
def test_claims_that_cannot_be_are_named(field, value, good, tmp_path):
    path = tmp_path / "claims.tflite"
    path.write_bytes(good.read_bytes())
    write_description(path, read_description(good) | {field: value})
    with pytest.raises(GflaError, match=rf"claims.tflite is damaged \({field} is "):
        TFLiteModel(path)


@pytest.mark.parametrize("claim", [{"image_size": [64, 64]}, {"joints": ["nose"] * 17}, {"limb_sigma": 2.0}])
def test_claims_that_are_not_the_models_own_are_refused(claim, good, tmp_path):
    path = tmp_path / "claims.tflite"
    path.write_bytes(good.read_bytes())
    write_description(path, read_description(good) | claim)
    with pytest.raises(GflaError, match="says another"):
        _ = TFLiteModel(path).description


def test_a_description_without_end_and_a_bomb_beside_it_are_refused(good, tmp_path):
    path = tmp_path / "bomb.tflite"
    path.write_bytes(flatbuffer_of(good))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("labels.txt", "w") as file:
        for _ in range(80):
            file.write(bytes(2**20))
    with pytest.raises(GflaError, match="unpacks to gigabytes"):
        read_description(path)
    path.write_bytes(flatbuffer_of(good))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("gfla.json", "[" * 100_000)
    with pytest.raises(GflaError, match=r"The description in .* is damaged"):
        TFLiteModel(path)
    path.write_bytes(flatbuffer_of(good))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("gfla.json", json.dumps(["pose"]))
    with pytest.raises(GflaError, match=r"The description in .* is damaged"):
        TFLiteModel(path)


@pytest.fixture
def native(monkeypatch, tmp_path):
    monkeypatch.setattr(build, "library_folder", lambda: tmp_path / "native")
    try:
        return build.build_library("litert_delegate.cc", ["-pthread"])
    except GflaError as error:
        pytest.skip(str(error))


def test_a_library_that_was_cut_or_changed_is_compiled_again(native):
    whole = native.read_bytes()
    for damaged in (whole[:5000], whole[:-1] + b"x", b""):
        native.write_bytes(damaged)
        assert build.build_library("litert_delegate.cc", ["-pthread"]) == native
        assert native.read_bytes() == whole or len(native.read_bytes()) > 5000
    build._digest_file(native).unlink()
    build.build_library("litert_delegate.cc", ["-pthread"])
    assert build._is_whole(native)


def test_a_folder_that_others_can_write_is_closed_and_a_strangers_is_refused(native, monkeypatch):
    native.parent.chmod(0o777)
    build.build_library("litert_delegate.cc", ["-pthread"])
    assert native.parent.stat().st_mode & 0o077 == 0
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    with pytest.raises(GflaError, match="belongs to someone else"):
        build.build_library("litert_delegate.cc", ["-pthread"])


def test_what_a_killed_compilation_leaves_is_swept(native):
    left = native.parent / "litert_delegate-0-killed"
    left.mkdir()
    os.utime(left, (0, 0))
    native.unlink()
    build.build_library("litert_delegate.cc", ["-pthread"])
    assert not left.exists() and len(list(native.parent.iterdir())) == 2
