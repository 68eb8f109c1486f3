"""What tasks and their objectives bring to the shared training step: true flow, no features, several discriminators, state."""

import csv

import keras
import numpy as np
import pytest
import tensorflow as tf

from gfla_tf.data.pairs import PairBank
from gfla_tf.errors import GflaError
from gfla_tf.inference.subjects import SUBJECTS
from gfla_tf.models.presets import PRESETS
from gfla_tf.training.checkpoints import Checkpoints
from gfla_tf.training.objectives.image import Objective, PairObjective
from gfla_tf.training.runs import Run
from gfla_tf.training.tasks import TASKS, pose
from gfla_tf.training.tasks.pose import PoseTask
from gfla_tf.training.trainer import Trainer
from tests.helpers.tiny_run import render_here, tiny_config

NO_FEATURES = (
    "features.network=none", "flow.correctness=0", "full.correctness=0", "full.content=0", "full.style=0",
)  # fmt: skip
SIZE = (32, 32)


class PoseTaskWithFlow(PoseTask):
    """People whose flow to each other is said to be 3 pixels to the right and 2 up, wherever the target shows the person."""

    datasets_with_flow = ("synthetic_people",)

    def render(self, image_size, split, seed, identities, frames):
        bank = render_here(image_size, split, seed, identities, frames)
        persons = bank.frames["person"]
        others = [[t for t in range(frames) if t != s] for s in range(frames)]
        seen = persons[:, others]
        return PairBank(bank.frames, {"flow": seen[..., None] * np.float32([3, -2]), "visibility": seen})

    def prepare(self, batch):
        visibility = tf.cast(batch["visibility"], tf.float32)[..., None]
        return {**super().prepare(batch), "flow": batch["flow"], "visibility": visibility}


@pytest.fixture
def with_flow(monkeypatch):
    monkeypatch.setitem(TASKS, "pose", PoseTaskWithFlow)


def test_every_preset_is_for_a_task_and_every_task_has_a_default_dataset():
    assert {entry["task"] for entry in PRESETS.values()} == TASKS.keys()
    for task in TASKS.values():
        assert task.datasets and set(task.prepared_datasets) <= set(task.datasets)


def test_what_a_task_says_is_followed_is_something_that_the_demos_can_follow():
    assert {task.subject for task in TASKS.values()} - {None} == SUBJECTS.keys()


@pytest.mark.slow
def test_where_the_data_has_a_true_flow_its_error_trains_the_flow_without_features(tmp_path, with_flow):
    stages = [
        "model.generator.flow_limbs=null",  # this flow has nothing to do with the joints
        "flow.regularization=0",
        "flow.flow_error=1",
        "flow.steps=30",
        "full.flow_error=1",
        "full.steps=1",
    ]
    config = tiny_config(tmp_path, *NO_FEATURES, *stages, "steps_per_epoch=10", "full.adversarial=0")
    run = Run(config, tmp_path / "run")
    assert run.features is None
    run.train()
    with open(run.directory / "metrics.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert set(rows[0]) == {
        "step", "stage", "epoch", "time", "held_out_loss", "generator_loss", "flow_error", "l1", "regularization",
        "generator_gradient_norm",
    }  # fmt: skip
    *flow, full = (float(row["flow_error"]) for row in rows)
    untrained = np.hypot(3, 2) * (1 / 4 + 1 / 2)  # a flow of zero's error, in pixels of levels 2 and 1
    assert flow[0] < 1.1 * untrained and flow[2] < 0.6 * flow[0] and full < flow[0]


def test_a_flow_error_without_true_flow_is_refused_only_if_its_stage_has_steps(tmp_path, monkeypatch):
    monkeypatch.setattr(PoseTask, "datasets_with_flow", ())
    with pytest.raises(GflaError, match="synthetic_people has no true flow"):
        Run(tiny_config(tmp_path, "full.flow_error=1"), tmp_path / "run")
    Run(tiny_config(tmp_path, "flow.flow_error=1", "flow.steps=0"), tmp_path / "run")


@pytest.mark.parametrize("term", ["full.correctness", "full.content", "full.style", "flow.correctness"])
def test_without_features_a_loss_that_compares_them_is_refused(tmp_path, term):
    others = [setting for setting in NO_FEATURES if not setting.startswith(term)]
    with pytest.raises(
        GflaError, match=rf"{term} is [0-9.]+: it compares features, and features.network is none"
    ):
        tiny_config(tmp_path, *others, f"{term}=2")
    stage = term.partition(".")[0]
    tiny_config(tmp_path, *others, f"{term}=2", f"{stage}.steps=0")


def test_people_features_are_refused_where_a_task_has_no_poses_for_them(tmp_path, monkeypatch):
    monkeypatch.setattr(PoseTask, "feature_poses", None)
    monkeypatch.setattr(PoseTask, "generator_settings", lambda self: {})
    monkeypatch.setattr(PoseTask, "check", super(PoseTask, PoseTask).check)
    with pytest.raises(GflaError, match="people, which looks at poses, and the task pose has none"):
        Run(tiny_config(tmp_path), tmp_path / "run")


# === Several discriminators ===


class TwoFrames(PairObjective):
    """A second discriminator sees source and target next to each other in time."""

    def judged(self, batch, outputs, pick):
        def clip(last):
            return tf.stack([batch["source_image"], last], axis=1)

        return {
            **super().judged(batch, outputs, pick),
            "video_discriminator": (clip(batch["target_image"]), clip(outputs["generated"])),
        }


@pytest.fixture
def pair(tmp_path, monkeypatch):
    """A run without features, and a batch."""
    monkeypatch.setattr(pose, "render_frames", render_here)
    run = Run(tiny_config(tmp_path, *NO_FEATURES), tmp_path / "run")
    _, batch = run.task.load(run.generator)
    return run, batch


def trainer_with(run, roles, kind="lsgan"):
    discriminators = dict(run.discriminators)
    discriminators["video_discriminator"] = keras.Sequential(
        [keras.Input((2, *SIZE, 3)), keras.layers.Conv3D(4, (2, 4, 4), (1, 4, 4)), keras.layers.Conv3D(1, 1)]
    )
    discriminators = {role: discriminators[role] for role in roles}
    objective = TwoFrames(run.generator, None, run.config.full, lambda step: 1.0, "pose")
    trainer = Trainer(run.generator, objective, discriminators, kind)
    trainer.compile(keras.optimizers.SGD(0.0), {role: keras.optimizers.Adam(1e-3) for role in roles})
    return trainer


@pytest.mark.parametrize("kind", ["lsgan", "wgan-gp"])
def test_each_discriminator_learns_under_its_own_name_and_their_terms_add_up(pair, kind):
    run, batch = pair
    roles = ("discriminator", "video_discriminator")
    alone = {}
    for role in roles:
        keras.utils.set_random_seed(3)
        trainer = trainer_with(run, [role], kind)
        alone[role] = {name: float(value) for name, value in trainer.train_step(batch).items()}
        for variable in trainer.discriminators[role].variables:
            assert np.isfinite(variable.numpy()).all()
    assert (
        alone["discriminator"]["discriminator_loss"]
        != alone["video_discriminator"]["video_discriminator_loss"]
    )
    both = trainer_with(run, roles, kind)
    kernels = [v for role in roles for v in both.discriminators[role].trainable_variables if v.ndim > 1]
    before = [kernel.numpy() for kernel in kernels]
    logs = {name: float(value) for name, value in both.train_step(batch).items()}
    assert all((kernel.numpy() != old).any() for kernel, old in zip(kernels, before))
    assert {f"{role}_loss" for role in roles} <= set(logs)
    expected = (
        2 * logs["adversarial"] + 5 * logs["l1"] + run.config.full.regularization * logs["regularization"]
    )
    assert logs["generator_loss"] == pytest.approx(expected, rel=1e-5)


def test_a_discriminators_optimizer_and_all_of_them_are_part_of_checkpoints(pair, tmp_path):
    run, batch = pair
    roles = ("discriminator", "video_discriminator")
    trainer = trainer_with(run, roles)
    trainer.train_step(batch)
    Checkpoints(tmp_path / "c", trainer).save()
    trained = [v.numpy() for v in trainer.discriminator_optimizers["video_discriminator"].variables]
    again = trainer_with(run, roles)
    Checkpoints(tmp_path / "c", again).restore_latest()
    restored = [v.numpy() for v in again.discriminator_optimizers["video_discriminator"].variables]
    assert all(np.array_equal(a, b) for a, b in zip(trained, restored, strict=True))
    with pytest.raises(GflaError, match="does not fit this model"):
        Checkpoints(tmp_path / "c", trainer_with(run, ["discriminator"])).restore_latest()


# === State from step to step ===


class Recurrent(Objective):
    """A network that adds 1 to what it gave in the step before."""

    def __init__(self):
        super().__init__({"l1": 1.0})
        self.state = [keras.Variable([[0.0]], trainable=False, name="previous")]

    def outputs(self, network, batch, training):
        (previous,) = batch["state"] if training else self.state
        result = network(tf.convert_to_tensor(previous)) + 1
        return {"generated": result, "state": [tf.stop_gradient(result)]}

    def terms(self, batch, outputs, step):
        return {"l1": tf.reduce_mean(tf.abs(outputs["generated"]))}


def recurrent_trainer():
    generator = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="ones")])
    trainer = Trainer(generator, Recurrent())
    trainer.compile(keras.optimizers.SGD(0.0))
    return trainer


def test_state_is_carried_from_step_to_step_and_into_a_resumed_training(tmp_path):
    dataset = tf.data.Dataset.from_tensors({"nothing": 0.0}).repeat()
    trainer = recurrent_trainer()
    trainer.fit(dataset, steps_per_epoch=3, verbose=0)
    assert trainer({}, training=False)["generated"].numpy() == 4  # which leaves the state alone
    assert trainer.objective.state[0].numpy() == 3
    Checkpoints(tmp_path, trainer).save()
    again = recurrent_trainer()
    assert Checkpoints(tmp_path, again).restore_latest() == 3
    again.fit(dataset, steps_per_epoch=2, verbose=0)
    assert again.objective.state[0].numpy() == 5
