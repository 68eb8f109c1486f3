"""Folders as the published instructions leave them go through preparation and a step of their published configuration."""

from pathlib import Path

import numpy as np
import pytest

from gfla_tf.cli.train import main
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
def settings(features, monkeypatch, tmp_path):
    """Function from a dataset's configuration to what `gfla train` takes: the file's path and overrides."""
    monkeypatch.setattr("gfla_tf.training.runs.create_feature_extractor", lambda *_: features)

    def settings(name):
        make, overrides = DATASETS[name]
        own = [
            f"data.directory={make(tmp_path / 'dataset')}",
            "full.steps=1",
            "steps_per_epoch=1",
            "checkpoint_every=1",
        ]
        return f"configs/{name}.yaml", own + overrides

    return settings


@pytest.mark.slow
@pytest.mark.parametrize("name", DATASETS)
def test_the_published_folders_make_a_step_of_the_published_configuration(name, settings, tmp_path):
    run = Run(load_config(*settings(name)), tmp_path / "run")
    data, _ = run.task.load(run.generator)
    batch = next(iter(run.task.dataset(data, seed=0, start=0)))
    for stage in ("flow", "full"):
        if not getattr(run.config, stage).steps:
            continue
        trainer = run._trainer(stage, getattr(run.config, stage))
        before = [np.array(weight) for weight in trainer.network.trainable_weights]
        logs = {key: float(value) for key, value in trainer.train_step(batch).items()}
        assert np.isfinite(list(logs.values())).all()
        after = [np.asarray(weight) for weight in trainer.network.trainable_weights]
        assert sum(np.any(one != other) for one, other in zip(before, after, strict=True)) > len(after) / 2


def test_gfla_train_runs_on_a_published_folder(settings, monkeypatch, tmp_path):
    path, overrides = settings("pose_market")
    path = Path(path).resolve()
    monkeypatch.chdir(tmp_path)
    main([str(path), *overrides, "full.adversarial=0", "full.content=0", "full.style=0"])
    assert (tmp_path / "runs" / "pose_market" / "generator.weights.h5").is_file()


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
    builder = DeepFashion(data_dir=tmp_path / "prepared")
    expected, _ = builder.table(folder, "train")
    for path in list(folder.glob("fasion-*.csv")):
        path.rename(folder / path.name.replace("fasion", "fashion"))
    table, _ = builder.table(folder, "train")
    assert len(table) > 0 and [row[0] for row in table] == [row[0] for row in expected]
