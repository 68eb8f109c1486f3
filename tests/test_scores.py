"""The report of variants: costs, losses, and pictures to look at; and the samples that it is made on."""

import dataclasses
import json

import cv2
import numpy as np
import pytest
from gfla_tf.export.convert.conversion import convert as convert_source
from gfla_tf.export.convert.sources import Source, from_run
from gfla_tf.export.quantize import representative, scores, variants
from gfla_tf.export.quantize.cost import measure
from gfla_tf.export.quantize.folder import from_folder
from gfla_tf.export.quantize.representative import from_training, run_through, taken
from gfla_tf.export.quantize.scores import MAGNIFIED, Scored, score, strip, table, write_report
from gfla_tf.export.quantize.variants import Variants

from gfla_tf.cli import convert
from gfla_tf.errors import GflaError
from gfla_tf.keypoints.pose_files import write_openpose
from gfla_tf.keypoints.poses import JOINTS
from gfla_tf.litert.runner import TFLiteModel
from gfla_tf.models.presets import create_generator
from gfla_tf.models.weight_files import save_weights_atomically
from gfla_tf.training.config import DataConfig, ModelConfig, TrainConfig, save_config
from gfla_tf.training.tasks import task_named
from tests.helpers.rule_weights import fill

TINY = {
    "image_size": [32, 32],
    "attention_kernels": {"1": 3},
    "attention_units": 4,
    "depth": 1,
    "flow_depth": 2,
}
TINY |= {"base_channels": 8, "max_channels": 16, "flow_base_channels": 8, "flow_max_channels": 16}


def run_of(folder, task, preset, **data):
    """A finished run of a tiny network in `folder`."""
    config = TrainConfig(
        name="tiny", task=task, model=ModelConfig(preset=preset, generator=TINY), data=DataConfig(**data)
    )
    folder.mkdir(exist_ok=True)
    save_config(config, folder / "config.yaml")
    settings = {**TINY, "image_size": (32, 32), "attention_kernels": {1: 3}}
    save_weights_atomically(fill(create_generator(preset, **settings)), folder / "generator.weights.h5")
    return from_run(folder)


@pytest.fixture(scope="module")
def pose(tmp_path_factory):
    return run_of(tmp_path_factory.mktemp("runs") / "tiny", "pose", "pose_quickstart", heat_map_sigma=3.0)


@pytest.fixture(scope="module")
def people(pose):
    """{split: samples}."""
    return {split: from_training(pose, split, 3) for split in ("train", "test")}


@pytest.fixture(scope="module")
def scored(pose, people, tmp_path_factory):
    pytest.importorskip("ai_edge_quantizer")
    chosen = Variants(("float32", "weights", "dynamic"))
    results = convert_source(pose, tmp_path_factory.mktemp("files"), variants=chosen)
    return score(pose, results, people["test"], "there is none")


def test_samples_are_pairs_of_people_whose_splits_differ(pose, people):
    size = pose.generator.image_size
    for samples in people.values():
        assert len(samples) == 3
        for sample in samples:
            assert sample.inputs.keys() == {"source_image", "source_keypoints", "target_keypoints"}
            assert sample.inputs["source_image"].shape == (1, *size, 3)
            assert sample.truth["target_image"].dtype == np.uint8 and sample.first
            assert sample.truth["flow"].shape == (*size, 2) and sample.truth["visibility"].dtype == bool
    first, second = (samples[0].inputs["source_image"] for samples in people.values())
    assert np.abs(first.astype(int) - second).max() > 50


def test_steps_of_a_dance_go_on_from_what_was_drawn(tmp_path):
    source = run_of(
        tmp_path / "dance",
        "dance",
        "dance_quickstart",
        heat_map_sigma=3.0,
        limb_sigma=1.0,
        clip_frames=6,
    )
    samples = from_training(source, "test", 8)
    assert [sample.first for sample in samples] == [True, *[False] * 5, True, False]
    np.testing.assert_array_equal(samples[1].inputs["previous_image"][0], samples[0].truth["target_image"])

    class Model:
        inputs = dict.fromkeys(source.generator.input)
        types = dict.fromkeys(inputs, np.dtype("float32"))

        def __call__(self, previous_image, target_structure, **others):
            assert target_structure.shape == (1, 32, 32, 20) and len(others) == 3
            return {"generated": previous_image + 1}

    steps = list(run_through(Model(), samples, source))
    for k in (1, 2, 3, 4, 5, 7):
        np.testing.assert_array_equal(steps[k][0]["previous_image"], steps[k - 1][1]["generated"])
    for k in (0, 6):
        np.testing.assert_array_equal(
            steps[k][0]["previous_image"], samples[k].inputs["previous_image"].astype(np.float32) / 127.5 - 1
        )


def test_samples_of_views_and_of_motion(tmp_path):
    view = run_of(tmp_path / "view", "view", "view_quickstart", dataset="synthetic_cars")
    (sample,) = from_training(view, "test", 1)
    assert sample.inputs.keys() == {"source_image", "source_view", "target_view"}
    assert sample.truth["flow"].shape == (32, 32, 2) and sample.inputs["target_view"].sum() == 2
    motion = create_generator("motion_extraction", channels=8)
    task = task_named("motion", clip_frames=30, dataset="synthetic_motion")
    source = Source(motion, task, "tiny", None, {})
    assert from_training(source, "test", 2)[1].inputs["keypoints"].shape == (1, 104, 34)


def test_a_source_without_data_is_one_sentence(pose):
    with pytest.raises(GflaError, match="tiny comes without its training's data: name a folder of pictures"):
        from_training(dataclasses.replace(pose, task=task_named("pose")), "test", 1)


def test_the_table_tells_costs_and_losses(scored):
    rows = {row["variant"]: row for row in scored.rows}
    assert list(rows) == ["float32", "weights", "dynamic"]
    assert rows["weights"]["bytes"] < rows["float32"]["bytes"]
    assert rows["weights"]["psnr"] > rows["dynamic"]["psnr"] > 15 and "psnr" not in rows["float32"]
    assert all(row["psnr"] >= row["worst_psnr"] for row in scored.rows[1:])
    assert 0 < rows["weights"]["flow_change"] < 1 and 0.5 < rows["dynamic"]["ssim"] < 1
    assert rows["float32"]["flow_error"] > 0 and rows["float32"]["true_l1"] > 0
    assert all(row["milliseconds"] > 0 and row["peak_bytes"] > 10_000 for row in scored.rows)
    text = table(scored)
    assert "LPIPS" not in text and "LPIPS is left out: there is none." in scored.notes
    assert f"| weights | {rows['weights']['bytes'] / 1e6:.2f} |" in text


def test_a_peak_that_nobody_measured_has_no_column():
    rows = [{"variant": "float32", "bytes": 1e6, "peak_bytes": None}]
    assert table(Scored("t", rows, [], {})).startswith("| variant | MB |\n")


def test_the_strip_magnifies_differences(scored):
    picture = strip(scored)
    assert picture.dtype == np.uint8 and picture.ndim == 3
    loud = dataclasses.replace(scored, pictures={**scored.pictures, "dynamic": scored.pictures["float32"]})
    assert np.abs(picture.astype(int) - strip(loud)).max() > MAGNIFIED


def test_the_report_is_three_files(scored, tmp_path):
    write_report(scored, tmp_path / "report")
    assert sorted(path.name for path in (tmp_path / "report").iterdir()) == sorted(scores.FILES)
    document = json.loads((tmp_path / "report" / "report.json").read_text())
    assert [row["variant"] for row in document["variants"]] == ["float32", "weights", "dynamic"]
    assert table(scored) in (tmp_path / "report" / "report.md").read_text()
    assert cv2.imread(str(tmp_path / "report" / "strip.png")).shape == strip(scored).shape


def test_one_command_converts_quantizes_and_reports(pose, people, tmp_path, monkeypatch, capsys):
    pytest.importorskip("ai_edge_quantizer")
    monkeypatch.setattr(representative, "from_training", lambda source, split, count: people[split][:count])
    monkeypatch.setattr(variants, "CALIBRATION", 2)
    convert.main(
        ["--run", str(pose.directory), "--output", str(tmp_path / "files"), "--uint8", "--variants", "float32", "int8",
         "--goal", "int8=15", "--report", str(tmp_path / "report"), "--samples", "2"]
    )  # fmt: skip
    assert sorted(path.name for path in (tmp_path / "files").iterdir()) == [
        "tiny_uint8.tflite",
        "tiny_uint8_int8.tflite",
    ]
    model = TFLiteModel(tmp_path / "files" / "tiny_uint8_int8.tflite")
    assert model.types["source_image"] == model.types["generated"] == np.uint8
    assert model.description["variant"] == "int8"
    printed = capsys.readouterr().out
    assert "| int8 |" in printed and ("LPIPS |" in printed or "LPIPS is left out" in printed)
    assert json.loads((tmp_path / "report" / "report.json").read_text())["variants"][1]["psnr"] > 15


def test_costs_of_a_file_that_cannot_run_are_one_sentence(tmp_path):
    (tmp_path / "broken.tflite").write_bytes(b"\0\0\0\0TFL3" + bytes(100))
    with pytest.raises(GflaError, match=r"broken\.tflite is damaged"):
        measure(tmp_path / "broken.tflite")


def test_a_folder_of_pictures_gives_samples(pose, tmp_path):
    draw = np.random.default_rng(0)
    for k in range(6):
        cv2.imwrite(str(tmp_path / f"{k}.png"), draw.integers(0, 256, (80, 60, 3), np.uint8))
        points = np.concatenate([draw.uniform(15, 45, (len(JOINTS), 2)), np.ones((len(JOINTS), 1))], -1)
        write_openpose(tmp_path / f"{k}.json", points)
    halves = [from_folder(pose, tmp_path, split, 10) for split in ("train", "test")]
    assert [len(half) for half in halves] == [2, 2]
    assert len(from_folder(pose, tmp_path, "test", 1)) == 1
    sample = halves[1][1]
    np.testing.assert_array_equal(sample.inputs["source_image"][0], halves[1][0].truth["target_image"])

    class Model:
        inputs = dict.fromkeys(pose.generator.input)
        types = dict.fromkeys(inputs, np.dtype("float32"))

    inputs = taken(sample, Model(), pose)
    assert {name: value.shape for name, value in inputs.items()} == {
        name: (1, *tensor.shape[1:]) for name, tensor in pose.generator.input.items()
    }
    assert inputs["target_pose"].max() > 0.9 and inputs["source_image"].min() < -0.5


def test_folders_that_give_no_samples_are_one_sentence(pose, tmp_path):
    with pytest.raises(GflaError, match="nowhere does not exist"):
        from_folder(pose, tmp_path / "nowhere", "train", 1)
    with pytest.raises(GflaError, match="has 0 pictures"):
        from_folder(pose, tmp_path, "train", 1)
    with pytest.raises(GflaError, match="Pictures do not tell what a network of the task view takes"):
        from_folder(dataclasses.replace(pose, task=task_named("view")), tmp_path, "train", 1)


def test_a_report_without_float32_is_refused(capsys):
    with pytest.raises(SystemExit):
        convert.main(["--run", "r", "--variants", "int8", "--report", "d"])
    assert "--report compares with float32" in capsys.readouterr().err
