"""Folders as the published instructions leave them go through preparation and a step of their published configuration."""

import csv

import numpy as np
import pytest
import tensorflow as tf

from gfla_tf.losses.features import create_feature_extractor
from gfla_tf.training.config_file import load_config
from gfla_tf.training.runs import Run
from tests.helpers import published_files as files

pytest.importorskip("tensorflow_datasets")

SMALL = "base_channels: 4, max_channels: 8, flow_base_channels: 4, flow_max_channels: 8, attention_units: 8"
JUDGES = [
    f"model.{role}={{base_channels: 4, max_channels: 8}}" for role in ("discriminator", "video_discriminator")
]


def network(size):
    return f"model.generator={{image_size: {list(size)}, {SMALL}}}"


# configuration: the dataset's folder, and what makes a step small.
DATASETS = {
    "pose_deepfashion": (
        lambda root: files.pose_pairs(root, "fashion", (110, 75), (256, 176)),
        [network((32, 32)), JUDGES[0], "batch_size=2", "flow.steps=1"],
    ),
    "pose_market": (
        lambda root: files.pose_pairs(root, "market", (128, 64), (128, 64)),
        [network((64, 32)), JUDGES[0], "batch_size=2", "flow.steps=1"],
    ),
    "dance_fashionvideo": (lambda root: files.dance(root, "danceFashion"), [network((32, 32)), *JUDGES]),
    "dance_iper": (lambda root: files.dance(root, "iPER"), [network((32, 32)), *JUDGES]),
    "face_faceforensics": (files.faces, [network((32, 32)), *JUDGES]),
    "view_shapenet": (files.views, [network((64, 64)), JUDGES[0], "batch_size=2", "flow.steps=1"]),
    "motion_human36m": (files.motion, ["model.generator={channels: 8}", "batch_size=4"]),
}


@pytest.fixture(scope="module")
def features():
    return create_feature_extractor("vgg19", "random:0")


@pytest.fixture
def step(features, monkeypatch, tmp_path):
    """Function from a configuration's name and overrides to the row of metrics.csv that a step of it leaves."""
    monkeypatch.setattr("gfla_tf.training.runs.create_feature_extractor", lambda *_: features)
    tf.config.run_functions_eagerly(True)

    def step(name, folder, overrides):
        own = [
            f"data.directory={folder}",
            "full.steps=1",
            "steps_per_epoch=1",
            "checkpoint_every=1",
            *overrides,
        ]
        run = Run(load_config(f"configs/{name}.yaml", own), tmp_path / "runs" / name)
        before = [np.array(weight) for weight in run.generator.trainable_weights]
        run.train()
        after = [np.asarray(weight) for weight in run.generator.trainable_weights]
        assert any(np.any(one != other) for one, other in zip(before, after, strict=True))
        with open(run.directory / "metrics.csv") as file:
            return list(csv.DictReader(file))

    yield step
    tf.config.run_functions_eagerly(False)


@pytest.mark.parametrize("name", DATASETS)
def test_the_published_folders_train_with_the_published_configuration(name, step, tmp_path):
    make, overrides = DATASETS[name]
    rows = step(name, make(tmp_path / "dataset"), overrides)
    assert [row["stage"] for row in rows] == (["flow", "full"] if "flow.steps=1" in overrides else ["full"])
    for row in rows:
        losses = [float(value) for key, value in row.items() if key.endswith("loss") and value]
        assert losses and np.isfinite(losses).all()


def test_face_points_are_found_under_the_name_that_the_script_gives_them(tmp_path):
    from gfla_tf.data.builders.faceforensics import FaceForensics

    builder = FaceForensics(data_dir=tmp_path / "prepared")
    tables = [
        builder.table(files.faces(tmp_path / str(plural), plural), "train")[0] for plural in (True, False)
    ]
    assert [entry["points"].name for entry in tables[0]] == [entry["points"].name for entry in tables[1]]


def test_published_videos_are_in_plain_alphabetical_order(tmp_path):
    from gfla_tf.data.builders.fashionvideo import FashionVideo

    folder = files.dance(tmp_path, "danceFashion", frames=3)
    frames = folder / "train_256" / "train_A" / "A1a"
    for path, name in zip(sorted(frames.iterdir()), ("1.png", "10.png", "2.png"), strict=True):
        path.rename(frames / name)
    table, _ = FashionVideo(data_dir=tmp_path / "prepared").table(folder, "train")
    own = [entry for entry in table if entry["video"] == "A1a"]
    assert [entry["frames"].name for entry in own] == ["1.png", "10.png", "2.png"]
    assert [entry["clean"].name[:5] for entry in own] == ["00000", "00001", "00002"]


def test_our_folders_are_taken_where_both_are_there(tmp_path):
    from gfla_tf.data.builders.fashionvideo import FashionVideo

    folder = files.dance(tmp_path, "danceFashion", frames=3)
    (folder / "train" / "frames").mkdir(parents=True)
    layout = FashionVideo(data_dir=tmp_path / "prepared").layout(folder, "train")
    assert not layout.alphabetical
    assert FashionVideo(data_dir=tmp_path / "prepared").layout(folder, "test").alphabetical


def test_the_lists_of_deepfashion_are_found_with_the_right_spelling_too(tmp_path):
    from gfla_tf.data.builders.deepfashion import DeepFashion

    folder = files.pose_pairs(tmp_path, "fashion", (110, 75), (256, 176))
    for path in folder.glob("fasion-*.csv"):
        path.rename(folder / path.name.replace("fasion", "fashion"))
    table, whole = DeepFashion(data_dir=tmp_path / "prepared").table(folder, "train")
    assert len(table) == 4 and len(whole["pairs"]) == 4
