"""Objectives of dances: recurrence over clips, losses of clips, and the frame-by-frame baseline."""

import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from gfla_tf.losses.flow import true_level_flow
from gfla_tf.models.animation import animate
from gfla_tf.training.objectives.animation import AnimationObjective, differences
from gfla_tf.training.runs import Run
from gfla_tf.training.tasks import dance
from tests.helpers.replaced import replaced
from tests.helpers.tiny_clips import render_dances
from tests.helpers.tiny_dance import UNROLL, config, framewise, pieces

without_processes = replaced(dance, "render_clips", render_dances)


@pytest.fixture(scope="module")
def run(folder):
    return Run(config(folder), folder / "unused")


def objective_of(run, stage="full"):
    return run.task.objective(run.generator, run.features, getattr(run.config, stage), lambda step: 2.0)


# === Recurrence ===


def test_pieces_of_a_clip_in_training_are_the_animation_of_the_whole_clip(run):
    objective, (first, second) = objective_of(run), pieces(run, 2)
    state, made = [ops.ones_like(x) for x in objective.state], []  # of other clips: not to be seen
    for batch in (first, second):
        outputs = objective.outputs(run.generator, {**batch, "state": state}, training=True)
        state = outputs["state"]
        made.append(outputs["generated"])
    structures = ops.unstack(
        ops.concatenate([first["target_structures"], second["target_structures"]], axis=1), axis=1
    )
    frames = animate(run.generator, first["reference_image"], first["reference_structure"], structures)
    expected = ops.stack([outputs["generated"] for outputs in frames], axis=1)
    np.testing.assert_allclose(ops.concatenate(made, axis=1), expected, atol=1e-5)
    np.testing.assert_allclose(state[0], expected[:, -1], atol=1e-5)


def test_outside_of_training_there_is_no_state(run):
    objective, (_, second) = objective_of(run), pieces(run, 2)
    outputs = objective.outputs(run.generator, second, training=False)
    np.testing.assert_array_equal(outputs["previous_images"][:, 0], second["previous_image"])
    assert "state" not in outputs


def test_a_step_writes_the_state_which_is_part_of_checkpoints(run):
    trainer, (batch,) = run._trainer("full", run.config.full), pieces(run, 1)
    assert trainer.checkpointed["state"] == trainer.objective.state
    state = trainer.objective.outputs(run.generator, {**batch, "state": trainer.objective.state}, True)[
        "state"
    ]
    trainer.train_step(batch)
    np.testing.assert_allclose(trainer.objective.state[0], state[0], atol=1e-5)
    assert np.abs(np.asarray(state[0])).max() > 0.1


def test_gradients_go_back_through_the_frames_of_a_piece_and_no_further(run):
    """For g(k) = w g(k - 1) + 1, w = 2: the second frame is w (w r + 1) + 1, the fourth the same of the second, a constant."""
    objective, batches = objective_of(run), pieces(run, 2)
    weight = tf.Variable(2.0)
    objective.generator = lambda inputs, training: {"generated": weight * inputs["previous_image"] + 1}
    before, state = batches[0]["reference_image"], objective.state
    for batch in batches:
        with tf.GradientTape() as tape:
            outputs = objective.outputs(objective.generator, {**batch, "state": state}, training=True)
            last, state = outputs["generated"][:, -1], outputs["state"]
        np.testing.assert_allclose(last, 4 * before + 3, rtol=1e-5)
        gradient = tape.gradient(last, weight)
        np.testing.assert_allclose(gradient, np.sum(2 * 2 * np.asarray(before) + 1), rtol=1e-4)
        before = last


def test_stage_flow_sees_the_true_previous_frames(run):
    objective, (batch,) = objective_of(run, "flow"), pieces(run, 1)
    network = run.flow_network
    outputs = objective.outputs(network, batch, training=True)
    alone = network(
        {
            "reference_image": batch["reference_image"], "reference_structure": batch["reference_structure"],
            "previous_image": batch["target_images"][:, 0], "previous_structure": batch["target_structures"][:, 0],
            "target_structure": batch["target_structures"][:, 1],
        }
    )  # fmt: skip
    assert set(outputs) == set(alone)
    for name, value in alone.items():
        np.testing.assert_allclose(outputs[name][:, 1], value, atol=1e-4)


def test_the_flow_network_is_both_estimators_and_nothing_else(run):
    estimators = run.generator.previous_flow_estimator, run.generator.reference_flow_estimator
    expected = {variable.path for part in estimators for variable in part.trainable_variables}
    assert {variable.path for variable in run.flow_network.trainable_variables} == expected


# === Losses ===


def true_outputs(objective, batch):
    outputs = {"generated": batch["target_images"]}
    for source in ("previous", "reference"):
        flow, seen = (batch[f"{kind}_{source}"] for kind in ("flow", "visibility"))
        for level in objective.levels:
            size = 32 // 2**level
            truth, _ = true_level_flow(
                ops.reshape(flow, (-1, 32, 32, 2)), ops.reshape(seen, (-1, 32, 32)), level
            )
            outputs[f"flow_{source}_{level}"] = ops.reshape(truth, (-1, UNROLL, size, size, 2))
    return outputs


def test_a_perfect_network_has_no_loss(run):
    objective, (batch,) = objective_of(run), pieces(run, 1)
    objective.weights = {**objective.weights, "regularization": 0.0}
    terms = objective.terms(batch, true_outputs(objective, batch), step=0)
    assert set(terms) == {"l1", "flow_error"}
    assert all(float(value) < 1e-4 for value in terms.values())


def test_each_source_is_judged_by_its_own_flow(run):
    objective, (_, batch) = objective_of(run), pieces(run, 2)
    right = true_outputs(objective, batch)
    for source in ("previous", "reference"):
        wrong = {name: value + (source in name) for name, value in right.items() if name.startswith("flow")}
        error = objective.terms(batch, {**right, **wrong}, 0)["flow_error"]
        assert float(error) == pytest.approx(UNROLL * np.sqrt(2), rel=0.01)  # by (1, 1)


class Means:
    """Features at level 1: brightness above black."""

    content_layers = style_layers = ()

    def __init__(self):
        self.seen = []

    def __call__(self, images, poses):
        assert poses is None
        self.seen.append(np.asarray(images))
        return {"level_1": ops.average_pool(images + 1, 2, 2)}

    def correctness_layer(self, level):
        return f"level_{level}"


@pytest.mark.parametrize("previous", ["true", "generated"])
def test_flows_to_the_previous_frame_are_judged_in_the_true_or_in_the_generated_one(folder, previous):
    run = Run(config(folder), folder / "unused")
    stage = config(folder, "full.flow_error=0", "features.network=vgg19", "full.correctness=1").full
    features, (batch,) = Means(), pieces(run, 1)
    objective = AnimationObjective(run.generator, features, stage, lambda step: 2.0, 2, previous)
    outputs = objective.outputs(run.generator, {**batch, "state": objective.state}, training=True)
    assert np.isfinite(float(objective.terms(batch, outputs, 0)["correctness"]))
    frames = batch["target_images"] if previous == "true" else outputs["generated"]
    expected = ops.stack([batch["reference_image"], frames[:, 0]], axis=1)
    judged = [x for x in features.seen if x.shape[0] == 2 * UNROLL][1].reshape(2, UNROLL, 32, 32, 3)
    np.testing.assert_array_equal(judged, expected)


def test_discriminators_see_one_frame_and_the_whole_clip_or_the_changes_in_three_frames(run):
    objective, (batch,) = objective_of(run), pieces(run, 1)
    outputs = {"generated": batch["target_images"] + 1}
    judged = objective.judged(batch, outputs, lambda count, purpose: count - 1)
    np.testing.assert_array_equal(judged["discriminator"][0], batch["target_images"][:, UNROLL - 1])
    np.testing.assert_array_equal(judged["discriminator"][1], outputs["generated"][:, UNROLL - 1])
    np.testing.assert_array_equal(judged["video_discriminator"][1], outputs["generated"])
    frames = np.random.default_rng(0).uniform(-1, 1, (2, 4, 8, 8, 3)).astype(np.float32)
    changes = np.asarray(differences(ops.convert_to_tensor(frames), 1))
    np.testing.assert_allclose(changes[..., :3], frames[:, 1] - frames[:, 2], atol=1e-6)
    np.testing.assert_allclose(changes[..., 3:], frames[:, 2] - frames[:, 3], atol=1e-6)


# === The baseline ===


def test_frame_by_frame_every_frame_is_that_of_the_pose_generator_alone(folder):
    run = Run(framewise(folder), folder / "unused_framewise")
    objective, (_, batch) = objective_of(run), pieces(run, 2)
    assert objective.state == [] and run.flow_network is run.generator.flow_estimator
    outputs = objective.outputs(run.generator, batch, training=True)
    inputs = {"source_image": batch["reference_image"], "source_pose": batch["reference_structure"]}
    alone = run.generator({**inputs, "target_pose": batch["target_structures"][:, 1]})
    for name, value in alone.items():
        np.testing.assert_allclose(outputs[name][:, 1], value, atol=1e-4)
    terms = objective.terms(batch, outputs, 0)
    assert set(terms) == {"l1", "flow_error", "regularization"}
