"""Both stages of a training, on a tiny network: what they change, what they leave behind, how they end and go on."""

import csv
import os
import signal
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import tensorflow as tf
import yaml
from gfla_tf.export.convert.conversion import convert
from gfla_tf.export.convert.keras_check import TOLERANCE
from gfla_tf.export.convert.sources import from_run

from gfla_tf.errors import GflaError
from gfla_tf.inference.transfer import transfer
from gfla_tf.keypoints.poses import pose_maps
from gfla_tf.layers.spectral_norm import SpectralConv2D
from gfla_tf.litert.runner import TFLiteModel
from gfla_tf.losses.adversarial import ADVERSARIAL_KINDS
from gfla_tf.models.weight_files import load_weights
from gfla_tf.training.callbacks.keep_best import KeepBest
from gfla_tf.training.checkpoints import Checkpoints
from gfla_tf.training.networks import load_generator
from gfla_tf.training.objectives.image import PairObjective
from gfla_tf.training.runs import Run, _segments
from gfla_tf.training.tasks import pose
from tests.helpers.tiny_run import render_here, tiny_config, write_config

REPOSITORY = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("training")


@pytest.fixture(scope="module")
def finished(folder):
    """The tiny configuration, trained through both stages by a `Run`."""
    run = Run(tiny_config(folder), folder / "runs" / "tiny")
    assert run.train() is run.generator
    return run


@pytest.fixture(scope="module")
def batch(folder):
    task = pose.PoseTask(tiny_config(folder))
    return next(iter(task.dataset(render_here((32, 32), "train", 0, 2, 3), seed=0, start=0)))


def trainer_of(folder, *overrides, stage="full"):
    """A trainer as a `Run` makes it; its seed is the same every time."""
    name = "_".join(["made", stage, *overrides]).replace("/", "")
    config = tiny_config(folder, *overrides)
    return Run(config, folder / "made" / name)._trainer(stage, getattr(config, stage))


def weights(model):
    return {f"{i} {w.path}": w.numpy() for i, w in enumerate(model.weights)}


def changed(model, before):
    return {name for name, value in weights(model).items() if not np.array_equal(value, before[name])}


def step(trainer, batch):
    """One training step without a graph; the logs as numbers."""
    return {name: float(value) for name, value in trainer.train_step(batch).items()}


def metrics(directory):
    with open(directory / "metrics.csv", newline="") as file:
        return list(csv.DictReader(file))


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
    # The flow estimator went on learning in stage full.
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
    with pytest.raises(GflaError, match=r"another process is training in .*twice: let it end, or choose"):
        run.train()
    other.communicate()
    assert not (run.directory / "checkpoints").exists()


def test_a_worker_that_sees_other_checkpoints_than_the_chief_is_refused(folder, monkeypatch):
    run = Run(tiny_config(folder, "flow.steps=0"), folder / "runs" / "elsewhere")
    monkeypatch.setattr(pose, "render_frames", render_here)
    chiefs = iter([False, 40])  # no result yet; the step that it goes on from
    monkeypatch.setattr(run.distribution, "of_chief", lambda own: next(chiefs))
    with pytest.raises(
        GflaError, match=r"this worker goes on from step 0 in .*full, the chief from step 40: w"
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


# === One step ===


def test_stage_flow_changes_the_flow_estimator_alone(folder, batch):
    trainer = trainer_of(folder, stage="flow")
    generator = trainer.generator
    others = (generator.source_encoder, generator.target_net)
    before, before_others = weights(generator.flow_estimator), [weights(network) for network in others]
    logs = step(trainer, batch)
    assert set(logs) == {"generator_loss", "correctness", "regularization", "generator_gradient_norm"}
    masks = {name for name in before if " mask" in name}  # they have no part in the criterion of this stage
    assert len(masks) == 4 and changed(generator.flow_estimator, before) == set(before) - masks
    assert not any(changed(network, old) for network, old in zip(others, before_others, strict=True))


@pytest.mark.parametrize("kind", ADVERSARIAL_KINDS)
def test_each_adversarial_loss_gives_finite_values_and_changes_both_networks(folder, batch, kind):
    trainer = trainer_of(folder, f"adversarial_kind={kind}")
    before = weights(trainer.generator), weights(trainer.discriminators["discriminator"])
    logs = step(trainer, batch)
    assert all(np.isfinite(list(logs.values()))) and {"adversarial", "discriminator_loss"} <= set(logs)
    trainable = [
        (network, [f"{i} {w.path}" for i, w in enumerate(network.weights) if w.trainable])
        for network in (trainer.generator, trainer.discriminators["discriminator"])
    ]
    for (network, names), old in zip(trainable, before, strict=True):
        moved = changed(network, old) & set(names)
        assert len(moved) >= 0.9 * len(names)
        assert all(np.isfinite(value).all() for value in weights(network).values())


@pytest.mark.parametrize("kind", ["lsgan", "wgan-gp"])
def test_a_step_moves_u_and_v_by_one_power_iteration(folder, batch, kind):
    trainer = trainer_of(folder, f"adversarial_kind={kind}")
    layers = [
        x for x in trainer.discriminators["discriminator"]._flatten_layers() if isinstance(x, SpectralConv2D)
    ]
    assert len(layers) == 7  # three in each of two blocks, and the last
    expected = []
    for layer in layers:
        matrix = layer.kernel.numpy().transpose(3, 2, 0, 1).reshape(layer.filters, -1)
        v = matrix.T @ layer.u.numpy()
        v /= np.linalg.norm(v)
        u = matrix @ v
        expected.append((u / np.linalg.norm(u), v))
    step(trainer, batch)
    for layer, (u, v) in zip(layers, expected, strict=True):
        assert np.abs(layer.u.numpy() - u).max() < 1e-5 and np.abs(layer.v.numpy() - v).max() < 1e-5


def test_what_the_gradient_penalty_draws_depends_on_the_step_alone(folder, batch):
    results = []
    for seed in (1, 2):
        trainer = trainer_of(folder, "adversarial_kind=wgan-gp")
        tf.random.set_seed(seed)
        step(trainer, batch)
        results.append(weights(trainer.discriminators["discriminator"]))
    assert all(np.array_equal(a, b) for a, b in zip(*(r.values() for r in results), strict=True))


@pytest.mark.parametrize("attention", ["bilinear", "global", "none"])
def test_the_ablations_train_and_log_flow_losses_only_where_there_is_a_flow(folder, batch, attention):
    trainer = trainer_of(folder, f"model.generator.attention={attention}", "full.adversarial=0")
    before = weights(trainer.generator)
    step(trainer, batch)
    logs = step(trainer, batch)  # global attention adds nothing to the first: its scale starts at 0
    assert all(np.isfinite(list(logs.values())))
    assert ("correctness" in logs) == ("regularization" in logs) == (attention == "bilinear")
    assert {"l1", "content", "style"} <= set(logs) and "adversarial" not in logs
    assert len(changed(trainer.generator, before)) > 0.85 * len(before)


def test_terms_without_weight_are_neither_computed_nor_logged(folder, batch):
    trainer = trainer_of(
        folder, *(f"full.{term}=0" for term in ("adversarial", "correctness", "content", "style"))
    )
    trainer.objective.features = None
    names = {"generator_loss", "l1", "regularization", "generator_gradient_norm"}
    assert set(step(trainer, batch)) == names


def test_a_run_whose_losses_all_need_a_flow_that_is_not_there_is_refused(folder):
    others = [f"full.{term}=0" for term in ("l1", "adversarial", "content", "style")]
    with pytest.raises(GflaError, match=r"full\.l1"):
        trainer_of(folder, "model.generator.attention=none", *others)


def test_the_window_of_the_correctness_loss_goes_from_its_first_to_its_last_width(folder):
    width = trainer_of(folder, "full.window_sigma=[3.0, 1.0]", "full.steps=10").objective.window_sigma
    assert [float(width(tf.constant(n, tf.int64))) for n in (0, 5, 10, 20)] == [3.0, 2.0, 1.0, 1.0]


def test_learning_rates_follow_the_configuration_at_every_step(folder):
    trainer = trainer_of(folder, "full.final_learning_rate=1e-4", "full.steps=10")
    constant = trainer_of(folder, "full.final_learning_rate=null").generator_optimizer
    discriminators, rates = trainer.discriminator_optimizers["discriminator"], {}
    for at in (0, 5, 10):
        for optimizer in (trainer.generator_optimizer, discriminators, constant):
            optimizer.iterations.assign(at)
        rates[at] = float(trainer.generator_optimizer.learning_rate)
        assert float(discriminators.learning_rate) == pytest.approx(1e-5)
        assert float(constant.learning_rate) == pytest.approx(1e-3)
    assert list(rates.values()) == pytest.approx([1e-3, 5.5e-4, 1e-4])


@pytest.mark.slow
def test_a_compiled_step_gives_what_an_uncompiled_one_gives(folder, batch):
    plain = ["full.content=0", "full.style=0"]
    logs, after = [], []
    for jit in ("true", "false"):
        trainer = trainer_of(folder, f"jit_compile={jit}", "model.generator.attention_kernels={2: 3}", *plain)
        dataset = tf.data.Dataset.from_tensors(batch).repeat()
        history = trainer.fit(dataset, steps_per_epoch=1, shuffle=False, verbose=0).history
        logs.append({name: values[0] for name, values in history.items()})
        after.append({**weights(trainer.generator), **weights(trainer.discriminators["discriminator"])})
    assert logs[0] == pytest.approx(logs[1], rel=1e-3)
    # Adam's first step has the learning rate's length: it may only turn where a gradient is hardly more than rounding.
    differences = np.concatenate([np.abs(after[0][n] - after[1][n]).ravel() for n in after[0]])
    assert differences.max() <= 2.1e-3 and (differences > 1e-5).mean() < 0.02


# === Ends before the end ===


KILLED = """
import os, signal, sys

from gfla_tf.training.callbacks import stage as stage_callbacks
from gfla_tf.training import runs
from gfla_tf.training.current_step import training_step
from gfla_tf.training.config_file import load_config


class KilledAtStep5(stage_callbacks.ProgressBar):
    def on_train_batch_end(self, batch, logs=None):
        if self.stage_name.endswith("full stage") and training_step(self.model) == 5:
            os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    stage_callbacks.ProgressBar = KilledAtStep5
    runs.Run(load_config(sys.argv[1], sys.argv[3:]), sys.argv[2]).train()
"""


@pytest.mark.slow
def test_a_run_that_was_killed_goes_on_from_its_checkpoint_to_the_same_weights(folder, monkeypatch):
    """Bit for bit, with the losses for which TensorFlow on a CPU computes the same bits in every process.

    With correctness or content losses beside l1, two processes that were never interrupted differ after the first step
    already, in the last bit of gradients, with enable_op_determinism() too.
    """
    same_bits = ["full.correctness=0", "full.content=0", "full.style=0", "flow.correctness=0", "flow.steps=2"]
    config = tiny_config(folder, *same_bits)
    directory = folder / "runs" / "killed"
    script = folder / "killed.py"
    script.write_text(KILLED)
    killed = subprocess.run(
        [sys.executable, script, write_config(folder), directory, *same_bits],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)}, capture_output=True, timeout=300,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()[-2000:]
    assert (directory / "flow_estimator.weights.h5").is_file()
    assert not (directory / "generator.weights.h5").exists()
    saved = sorted(path.name for path in (directory / "checkpoints" / "full").glob("*.index"))
    assert saved[-1] == "ckpt-2.index"  # of step 4: step 5 is lost

    monkeypatch.setattr(pose, "render_frames", render_here)
    resumed = Run(config, directory)
    uninterrupted = Run(config, folder / "runs" / "uninterrupted")
    assert not changed(resumed.train(), weights(uninterrupted.train()))
    trained = weights(uninterrupted.discriminators["discriminator"])
    assert not changed(resumed.discriminators["discriminator"], trained)
    for run in (resumed, uninterrupted):
        rows = [(row["stage"], row["step"]) for row in metrics(run.directory)]
        assert rows == [("flow", "2"), ("full", "3"), ("full", "6"), ("full", "7")]


def test_a_run_that_becomes_non_finite_stops_in_one_sentence_and_keeps_its_checkpoints(folder, monkeypatch):
    monkeypatch.setattr(pose, "render_frames", render_here)
    absurd = [
        "flow.steps=0",
        "full.adversarial=0",
        "full.steps=12",
        "checkpoint_every=1",
        "full.clip_norm=null",
    ]
    config = tiny_config(folder, *absurd, "full.learning_rate=1e-4", "full.final_learning_rate=1e30")
    run = Run(config, folder / "runs" / "absurd")
    with pytest.raises(GflaError) as caught:
        run.train()
    sentence = str(caught.value)
    assert (
        "\n" not in sentence and "smaller learning rate" in sentence and "checkpoints/full/ckpt-" in sentence
    )
    files = {path.name for path in run.directory.iterdir()}
    assert "generator.weights.h5" not in files
    if "metrics.csv" in files:
        assert "nan" not in (run.directory / "metrics.csv").read_text()
    again = Run(config, run.directory)
    checkpoints = Checkpoints(run.directory / "checkpoints" / "full", again._trainer("full", config.full))
    assert checkpoints.latest in sentence
    assert checkpoints.restore_latest() >= 1
    assert all(np.isfinite(value).all() for value in weights(again.generator).values())
    # What the sentence advises is possible: the same run with another rate.
    tamer = tiny_config(folder, *absurd, "full.learning_rate=1e-5", "full.final_learning_rate=null")
    with pytest.raises(GflaError, match=r"remove .*config\.yaml to go on from its checkpoints\.$"):
        Run(tamer, run.directory)
    (run.directory / "config.yaml").unlink()
    tame = Run(tamer, run.directory)._trainer("full", tamer.full)
    assert Checkpoints(run.directory / "checkpoints" / "full", tame).restore_latest() >= 1
    assert float(tame.generator_optimizer.learning_rate) == pytest.approx(1e-5)


def test_a_gradient_that_is_not_finite_stops_the_run_with_the_name_of_its_term(folder, monkeypatch):
    monkeypatch.setattr(pose, "render_frames", render_here)
    terms = PairObjective.terms

    def broken(self, batch, outputs, step):
        found = terms(self, batch, outputs, step)
        generated = tf.reduce_sum(outputs["generated"])
        return {**found, "content": found["content"] + tf.sqrt(generated * 0.0)}  # 0, whose gradient is NaN

    monkeypatch.setattr(PairObjective, "terms", broken)
    run = Run(tiny_config(folder, "flow.steps=0"), folder / "runs" / "broken")
    with pytest.raises(GflaError) as caught:
        run.train()
    told = "generator_gradient_norm is nan, and so is the gradient of content, which itself is finite; there is no"
    assert str(caught.value).startswith(f"Training stopped at step 1: {told} checkpoint yet")
    assert all(np.isfinite(value).all() for value in weights(run.generator).values())
