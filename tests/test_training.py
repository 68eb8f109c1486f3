"""A whole run of a tiny network: what it leaves, when it is trained again, and what is refused."""

import subprocess
import sys

import cv2
import numpy as np
import pytest
import yaml
from gfla_tf.export.convert.conversion import convert
from gfla_tf.export.convert.keras_check import TOLERANCE
from gfla_tf.export.convert.sources import from_run

from gfla_tf.errors import GflaError
from gfla_tf.inference.transfer import transfer
from gfla_tf.keypoints.poses import pose_maps
from gfla_tf.litert.runner import TFLiteModel
from gfla_tf.models.weight_files import load_weights
from gfla_tf.training.callbacks.keep_best import KeepBest
from gfla_tf.training.checkpoints import Checkpoints
from gfla_tf.training.networks import load_generator
from gfla_tf.training.runs import Run, _segments
from gfla_tf.training.tasks import pose
from tests.helpers.steps import changed, metrics, weights
from tests.helpers.tiny_run import render_here, tiny_config


@pytest.fixture(scope="module")
def finished(folder):
    """The tiny configuration, trained through both stages by a `Run`."""
    run = Run(tiny_config(folder), folder / "runs" / "tiny")
    assert run.train() is run.generator
    return run


# === A whole run ===


def test_a_run_leaves_its_configuration_metrics_pictures_checkpoints_and_weights(finished):
    directory, config = finished.directory, finished.config
    assert {path.name for path in directory.iterdir()} == {
        "config.yaml", "metrics.csv", "curves.png", "images", "tensorboard", "checkpoints",
        "flow_estimator.weights.h5", "generator.weights.h5", "flow_estimator.best.weights.h5", "generator.best.weights.h5",
    }  # fmt: skip
    assert yaml.safe_load((directory / "config.yaml").read_text())["full"]["steps"] == config.full.steps == 7
    # Epochs of 3 steps: stage flow has 4 steps, stage full 7, so each ends with a shorter epoch.
    rows = metrics(directory)
    assert [(row["stage"], row["step"]) for row in rows] == [
        ("flow", "3"), ("flow", "4"), ("full", "3"), ("full", "6"), ("full", "7"),
    ]  # fmt: skip
    terms = {"l1", "adversarial", "correctness", "regularization", "content", "style"}
    assert all(float(row[term]) > 0 for row in rows[2:] for term in (*terms, "discriminator_loss"))
    assert all(float(row["correctness"]) > 0 and not row["l1"] for row in rows[:2])
    for row in rows[2:]:
        total = sum(getattr(config.full, term) * float(row[term]) for term in terms)
        assert float(row["generator_loss"]) == pytest.approx(total, rel=1e-4)
    pictures = sorted((directory / "images").iterdir())
    assert [path.stem for path in pictures] == [
        f"{stage}_{n:07d}" for stage, ends in (("flow", (3, 4)), ("full", (3, 6, 7))) for n in ends
    ]
    for picture in (*pictures, directory / "curves.png"):
        assert cv2.imread(str(picture)).std() > 10
    assert list((directory / "tensorboard").glob("events*"))


def test_the_weights_of_a_run_are_those_that_were_trained_last(finished):
    directory = finished.directory
    loaded = load_generator(directory)
    assert not changed(loaded, weights(finished.generator))
    # The flow estimator kept learning in stage full.
    alone = Run(finished.config, directory)
    load_weights(alone.generator.flow_estimator, directory / "flow_estimator.weights.h5")
    assert changed(alone.generator.flow_estimator, weights(loaded.flow_estimator))


def test_the_best_weights_are_those_of_the_epoch_with_the_lowest_loss_on_held_out_samples(finished):
    directory, config = finished.directory, finished.config
    best = min(metrics(directory)[2:], key=lambda row: float(row["held_out_loss"]))
    trainer = Run(config, directory)._trainer("full", config.full)
    checkpoints = Checkpoints(directory / "checkpoints" / "full", trainer)
    checkpoints.restore_latest()
    assert checkpoints.record["best"]["step"] == int(best["step"])
    assert checkpoints.record["best"]["held_out_loss"] == pytest.approx(
        float(best["held_out_loss"]), rel=1e-6
    )
    # Judged again: the terms of the samples, as the last step weighs them, without the adversarial one.
    kept = load_generator(directory, best=True)
    _, samples = finished.task.load(kept)
    again = Run(config, directory)
    again.generator.set_weights(kept.get_weights())
    judge = KeepBest(samples, config.full.steps, checkpoints, None)
    judge.set_model(again._trainer("full", config.full))
    logs = {}
    judge.on_epoch_end(0, logs)
    assert logs["held_out_loss"] == pytest.approx(float(best["held_out_loss"]), rel=1e-5)


@pytest.mark.slow
def test_a_stage_ends_where_it_is_ready_and_stays_ended(folder, monkeypatch):
    monkeypatch.setattr(pose, "render_frames", render_here)
    ready = [
        "flow.ready_correctness=100",
        "flow.stop_when_ready=true",
        "flow.steps=50",
        "full.steps=0",
        "name=ready",
    ]
    run = Run(tiny_config(folder, *ready), folder / "runs" / "ready")
    run.train()
    assert [row["step"] for row in metrics(run.directory)] == ["3"]  # an epoch
    (run.directory / "flow_estimator.weights.h5").unlink()  # as if killed before it was written
    (run.directory / "generator.weights.h5").unlink()
    again = Run(run.config, run.directory)
    again.train()
    assert [row["step"] for row in metrics(run.directory)] == ["3"]
    assert not changed(again.generator, weights(run.generator))


def test_a_finished_run_is_not_trained_again(finished, monkeypatch):
    monkeypatch.setattr(pose, "render_frames", lambda *_: pytest.fail("rendered"))
    before = {path: path.stat().st_mtime_ns for path in finished.directory.rglob("*") if path.is_file()}
    generator = Run(finished.config, finished.directory).train()
    assert not changed(generator, weights(finished.generator))
    after = {path: path.stat().st_mtime_ns for path in finished.directory.rglob("*") if path.is_file()}
    assert after == before


def test_two_processes_do_not_train_in_one_directory(folder):
    run = Run(tiny_config(folder, "flow.steps=0"), folder / "runs" / "twice")
    program = """if True:
        import fcntl, os, sys
        fcntl.flock(os.open(sys.argv[1], os.O_RDONLY), fcntl.LOCK_EX)
        print("here", flush=True)
        sys.stdin.read()
    """
    other = subprocess.Popen(
        [sys.executable, "-c", program, run.directory], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert other.stdout.readline() == b"here\n"
    with pytest.raises(GflaError, match=r"Another process is training in .*twice: let it end, or choose"):
        run.train()
    other.communicate()
    assert not (run.directory / "checkpoints").exists()


def test_a_worker_that_sees_other_checkpoints_than_the_chief_is_refused(folder, monkeypatch):
    run = Run(tiny_config(folder, "flow.steps=0"), folder / "runs" / "elsewhere")
    monkeypatch.setattr(pose, "render_frames", render_here)
    chiefs = iter([False, 40])  # no result yet; the step that it resumes from
    monkeypatch.setattr(run.distribution, "of_chief", lambda own: next(chiefs))
    with pytest.raises(
        GflaError, match=r"This worker resumes from step 0 in .*full, the chief from step 40: w"
    ):
        run.train()


def test_another_configuration_in_the_directory_of_a_run_is_refused_by_the_keys_that_differ(finished, folder):
    other = tiny_config(folder, "full.steps=8", "batch_size=1")
    with pytest.raises(
        GflaError, match=r"holds a run with another batch_size, full\.steps: .*name=.*\.$"
    ) as caught:
        Run(other, finished.directory)
    assert str(finished.directory) in str(caught.value) and "\n" not in str(caught.value)


def test_the_generator_of_a_directory_that_is_no_run_or_no_finished_one_is_refused(folder, tmp_path):
    with pytest.raises(GflaError, match=r"no config\.yaml"):
        load_generator(tmp_path)
    Run(tiny_config(folder), tmp_path / "begun")
    with pytest.raises(GflaError, match=r"not finished .*gfla train"):
        load_generator(tmp_path / "begun")


def test_a_run_with_limb_maps_is_converted_with_them_and_transfer_draws_them(folder, monkeypatch):
    monkeypatch.setattr(pose, "render_frames", render_here)
    quick = [
        f"full.{term}=0" for term in ("adversarial", "correctness", "regularization", "content", "style")
    ]
    once = ["data.limb_sigma=2", "flow.steps=1", "full.steps=1", "name=limbs", *quick]
    run = Run(tiny_config(folder, *once), folder / "runs" / "limbs")
    run.train()
    written = convert(from_run(run.directory), run.directory)
    model = TFLiteModel(written[-1].path)
    assert (model.description["heat_map_sigma"], model.description["limb_sigma"]) == (2.0, 2.0)
    assert model.inputs["source_pose"] == model.inputs["target_pose"] == (1, 32, 32, 18 + 17)
    bank = render_here((32, 32), "train", 0, 2, 3)
    image, keypoints = bank.frames["image"][0, 0], bank.frames["keypoints"][0, :2]
    outputs = transfer(model, image, *keypoints)
    source_pose, target_pose = pose_maps(keypoints, (32, 32), 2.0, 2.0)
    expected = run.generator(
        {
            "source_image": image[None].astype(np.float32) / 127.5 - 1,
            "source_pose": source_pose[None],
            "target_pose": target_pose[None],
        }
    )
    assert set(outputs) <= set(expected) and "flow_1" in outputs
    assert all(np.abs(outputs[name] - expected[name][0]).max() <= TOLERANCE for name in outputs)


@pytest.mark.parametrize(
    ("done", "total", "epoch", "segments"),
    [
        (0, 9, 3, [(0, 0, 3, 3)]),
        (0, 7, 3, [(0, 0, 2, 3), (6, 2, 1, 1)]),
        (0, 2, 3, [(0, 0, 1, 2)]),
        (4, 9, 3, [(4, 1, 1, 2), (6, 2, 1, 3)]),
        (4, 11, 3, [(4, 1, 1, 2), (6, 2, 1, 3), (9, 3, 1, 2)]),
        (4, 5, 3, [(4, 1, 1, 1)]),
        (9, 9, 3, []),
    ],
)
def test_interrupted_and_last_epochs_are_as_long_as_what_is_left_of_them(done, total, epoch, segments):
    assert list(_segments(done, total, epoch)) == segments
