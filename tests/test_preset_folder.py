"""Folders that `save_to_preset` wrote and something damaged."""

import shutil

import pytest

import gfla_tf
from gfla_tf import GflaError
from tests.helpers.tiny_networks import TINY_NETWORK


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    network = gfla_tf.PoseGenerator.from_preset("pose_quickstart", image_size=(16, 16), **TINY_NETWORK)
    folder = tmp_path_factory.mktemp("preset") / "mine"
    network.save_to_preset(folder)
    return folder


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: "[" * 100_000,
        lambda text: text.replace('"arguments": {', '"arguments": {"colors": 3, '),
        lambda text: text.replace('"base_channels": ', '"base_channels": -'),
        lambda text: text.replace('"arguments": {', '"arguments": 7, "more": {'),
        lambda text: "\0" * len(text),
    ],
)
def test_a_damaged_configuration_of_a_preset_folder_is_one_sentence(damage, folder, tmp_path):
    path = shutil.copytree(folder, tmp_path / "mine") / "config.json"
    path.write_text(damage(path.read_text()))
    with pytest.raises(
        GflaError, match=r"config\.json .*(name a folder that save_to_preset wrote|get the folder again)\.$"
    ):
        gfla_tf.PoseGenerator.from_preset(tmp_path / "mine")
