"""The wheel, and an editable installation, do everything from a directory that has no checkout."""

import json
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from gfla_tf.keypoints.pose_files import write_openpose
from tests.helpers.own_pictures import figure

REPOSITORY = Path(__file__).parents[1]
PARTS = ("gfla_tf", "export", "configs", "web", "pyproject.toml", "README.md", "LICENSE")
TINY = [
    "batch_size=2", "steps_per_epoch=2", "checkpoint_every=2", "flow.steps=2", "full.steps=2", "data.identities=2",
    "data.frames=2", "model.generator.image_size=[32,32]", "model.generator.base_channels=4",
    "model.generator.max_channels=8", "model.generator.flow_base_channels=4", "model.generator.flow_max_channels=8",
]  # fmt: skip


def call(*command, cwd):
    ended = subprocess.run([*map(str, command)], cwd=cwd, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr[-3000:]
    return ended.stdout


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """What is built: a copy, for builds leave folders behind."""
    folder = tmp_path_factory.mktemp("checkout")
    for part in PARTS:
        path = REPOSITORY / part
        if path.is_dir():
            shutil.copytree(path, folder / part, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
        elif path.is_file():
            shutil.copy(path, folder / part)
    return folder


def environment(folder, *install):
    """An environment that sees the packages of this one, but for ours, and has ours installed."""
    venv.create(folder, with_pip=False)
    (site,) = folder.glob("lib/python*/site-packages")
    shared = [path for path in sys.path if path.endswith("site-packages")]
    (site / "shared.pth").write_text("\n".join(shared))
    pip = [sys.executable, "-m", "pip", "--python", folder / "bin" / "python", "install", "--quiet"]
    call(*pip, "--no-deps", "--no-build-isolation", "--ignore-installed", *install, cwd=folder)
    return folder / "bin"


@pytest.mark.slow
def test_the_wheel_trains_converts_and_draws_from_another_directory(checkout, tmp_path):
    build = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        tmp_path,
    ]
    call(*build, checkout, cwd=tmp_path)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        (top,) = (name for name in archive.namelist() if name.endswith("top_level.txt"))
        assert archive.read(top).decode().split() == ["gfla_tf"]
    gfla = environment(tmp_path / "venv", wheel) / "gfla"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    assert "trained: runs/pose_quickstart" in call(gfla, "train", "pose_quickstart", *TINY, cwd=elsewhere)
    assert ".tflite" in call(gfla, "convert", "--run", "runs/pose_quickstart", cwd=elsewhere)
    model = elsewhere / "runs/pose_quickstart/pose_quickstart.tflite"
    assert model.is_file()
    for number, name in enumerate(("me", "dancer")):
        picture, keypoints, _ = figure(number)
        Image.fromarray(picture).save(elsewhere / f"{name}.png")
        write_openpose(elsewhere / f"{name}.json", keypoints)
    options = [
        "--source",
        "me.png",
        "--source-pose",
        "me.json",
        "--pose",
        "dancer.json",
        "--output",
        "out.png",
    ]
    assert "wrote out.png" in call(gfla, "transfer", "--model", model, *options, cwd=elsewhere)
    assert Image.open(elsewhere / "out_generated.png").size == (32, 32)


def test_an_editable_installation_finds_the_same_modules_and_configurations(checkout, tmp_path):
    python = environment(tmp_path / "venv", "-e", checkout) / "python"
    code = """
import importlib.util, json
import gfla_tf.export.convert, gfla_tf.training.config_file as files
print(json.dumps([gfla_tf.__file__, gfla_tf.export.convert.__file__, files.configuration_names()]))
"""
    package, export, names = json.loads(call(python, "-c", code, cwd=tmp_path))
    assert package == str(checkout / "gfla_tf/__init__.py")
    assert export == str(checkout / "export/convert/__init__.py")
    assert names == sorted(path.stem for path in (REPOSITORY / "configs").glob("*.yaml"))
