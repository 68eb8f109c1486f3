"""Weights that changed on a disk are refused, and the right ones are found in whatever container they come."""

import collections

import h5py
import keras
import numpy as np
import pytest

from gfla_tf.errors import GflaError
from gfla_tf.models.checkpoint_import import read_pth
from gfla_tf.models.weight_files import DIGEST, load_weights, save_weights_atomically
from tests.fuzz.hostile import checkpoint

torch = pytest.importorskip("torch")


def small():
    return keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(3, name="a"), keras.layers.Dense(2, name="b")]
    )


@pytest.fixture
def saved(tmp_path):
    save_weights_atomically(small(), tmp_path / "w.weights.h5")
    return tmp_path / "w.weights.h5"


def edit(path, how):
    with h5py.File(path, "r+") as file:
        arrays = []
        file.visititems(lambda name, item: arrays.append(item) if isinstance(item, h5py.Dataset) else None)
        how(file, arrays)


def flip(file, arrays):
    value = arrays[0][()]
    value.reshape(-1).view(np.uint32)[0] ^= 1 << 24  # of the exponent
    arrays[0][...] = value


def test_weights_come_back_and_files_of_others_without_a_digest_load(saved):
    load_weights(small(), saved)
    edit(saved, lambda file, arrays: file.attrs.pop(DIGEST))
    load_weights(small(), saved)


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        (flip, "not those that were written"),
        (lambda file, arrays: arrays[0].__setitem__(..., np.nan), "values that are no numbers"),
        (lambda file, arrays: arrays[0].__setitem__(..., np.inf), "values that are no numbers"),
        (
            lambda file, arrays: file.create_dataset("more", data=[1.0]),
            "5 weights in the file, 4 in the model",
        ),
    ],
)
def test_what_changed_is_refused_and_named(how, reason, saved):
    edit(saved, how)
    with pytest.raises(GflaError, match=rf"w\.weights\.h5 .*{reason}"):
        load_weights(small(), saved)


def test_claims_of_size_and_circles_in_hdf5_are_refused_before_they_are_read(saved):
    def huge(file, arrays):
        name = arrays[0].name
        del file[name]
        file.create_dataset(name, (100_000, 100_000), "f4", chunks=(1000, 1000), compression="gzip")

    edit(saved, lambda file, arrays: file.__setitem__("circle", file["/"]))
    load_weights(small(), saved)
    edit(saved, huge)
    with pytest.raises(GflaError, match="numbers in the file"):
        load_weights(small(), saved)


STATE = {"conv.weight": torch.arange(6.0).reshape(2, 3), "conv.bias": torch.ones(2)}


def prefixed(prefix):
    return {prefix + name: value for name, value in STATE.items()}


@pytest.mark.parametrize(
    "content",
    [
        STATE,
        collections.OrderedDict(STATE),
        {"state_dict": STATE},
        {"model": STATE, "optimizer": {"lr": 1.0}, "epoch": 3},
        {"net_G": STATE, "net_D": {"x": torch.ones(3)}},
        {"state_dict": {"net_G": STATE}},
        prefixed("module."),
        prefixed("_orig_mod."),
        prefixed("module._orig_mod."),
        prefixed("net_G."),
        {**STATE, "steps": 7},
        {**STATE, "num_batches_tracked": torch.tensor(5)},
        {name: value.bfloat16() for name, value in STATE.items()},
        {name: value.half() for name, value in STATE.items()},
        {name: torch.nn.Parameter(value) for name, value in STATE.items()},
    ],
    ids=lambda content: ", ".join(map(str, list(content)[:2])),
)
def test_the_right_weights_are_found_in_any_container(content, tmp_path):
    torch.save(content, tmp_path / "a.pth")
    arrays = read_pth(tmp_path / "a.pth")
    assert arrays.keys() == STATE.keys()
    for name, value in arrays.items():
        assert value.dtype == np.float32
        np.testing.assert_array_equal(value, STATE[name].numpy())


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({**STATE, **prefixed("module.")}, "holds conv.weight twice"),
        (
            {**STATE, "conv.bias": torch.tensor([1.0, float("nan")])},
            "conv.bias holds values that are no numbers",
        ),
        ({**STATE, "conv.bias": torch.ones(2, dtype=torch.complex64)}, "complex64"),
        ({**STATE, "conv.bias": torch.ones(2, dtype=torch.bool)}, "torch.bool"),
        ({"epoch": 3, "history": [1, 2]}, r"holds no weights of a generator \(but epoch, history\)"),
        ([1, 2], "holds no weights of a generator"),
        ({}, "holds no weights"),
        (torch.nn.Linear(2, 2), "whole program object"),
    ],
)
def test_what_is_the_matter_is_said(content, reason, tmp_path):
    torch.save(content, tmp_path / "a.pth")
    with pytest.raises(GflaError, match=rf"a\.pth .*{reason}"):
        read_pth(tmp_path / "a.pth")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"<!DOCTYPE html><html>sign in", "is a web page"),
        (b"version https://git-lfs.github.com/spec/v1", "git lfs pull"),
        ((64).to_bytes(8, "little") + b'{"a": 1}' + bytes(64), "safetensors"),
        (b"PK" + bytes(300), "damaged or of another format"),
    ],
)
def test_files_that_are_no_checkpoint_are_told_apart(content, reason, tmp_path):
    (tmp_path / "a.pth").write_bytes(content)
    with pytest.raises(GflaError, match=rf"a\.pth .*{reason}"):
        read_pth(tmp_path / "a.pth")


def test_a_checkpoint_that_unpacks_to_gigabytes_is_refused_before(tmp_path):
    (tmp_path / "bomb.pth").write_bytes(checkpoint(100))
    with pytest.raises(GflaError, match=r"bomb\.pth unpacks to 100 MiB"):
        read_pth(tmp_path / "bomb.pth")
    (tmp_path / "small.pth").write_bytes(checkpoint(1))
    assert read_pth(tmp_path / "small.pth")["a"].shape == (2**18,)
