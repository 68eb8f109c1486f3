"""Training of dances: recurrence over clips, losses of clips, the frame-by-frame baseline, and a whole tiny run."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf
import yaml
from keras import ops

from gfla_tf.data.clip_bank import ClipBank
from gfla_tf.errors import GflaError
from gfla_tf.keypoints.joint_orders import to_h36m
from gfla_tf.losses.flow import true_level_flow
from gfla_tf.metrics.temporal import warp, warping_error
from gfla_tf.models.animation import animate
from gfla_tf.synthetic.people.people import SyntheticPeople
from gfla_tf.training.config_file import load_config
from gfla_tf.training.networks import load_generator
from gfla_tf.training.objectives.animation import AnimationObjective, differences
from gfla_tf.training.runs import Run
from gfla_tf.training.tasks import dance

UNROLL, LENGTH, CLIPS = 2, 4, 3
TINY = {
    "image_size": [32, 32], "attention_kernels": {1: 3}, "attention_units": 8, "base_channels": 4, "max_channels": 8,
    "depth": 2, "flow_base_channels": 4, "flow_max_channels": 8, "flow_depth": 3,
}  # fmt: skip
SETTINGS = {
    "name": "tiny_dance",
    "task": "dance",
    "batch_size": 2,
    "steps_per_epoch": 2,
    "checkpoint_every": 2,
    "data": {"identities": CLIPS, "clip_frames": LENGTH, "unroll": UNROLL, "heat_map_sigma": 3.0, "limb_sigma": 1.0},
    "model": {"preset": "dance_quickstart", "generator": TINY, "initial_gain": 1.0},
    "features": {"network": "none"},
    "flow": {"steps": 2, "learning_rate": 1e-3, "correctness": 0.0, "flow_error": 1.0},
    "full": {
        "steps": 2, "learning_rate": 1e-3, "adversarial": 0.0, "correctness": 0.0, "flow_error": 1.0, "content": 0.0,
        "style": 0.0,
    },
}  # fmt: skip


@functools.cache
def render_here(image_size, split, seed, identities, length, noise=0.0):
    """What `render_clips` gives, without starting processes."""
    people = SyntheticPeople(image_size, split, seed)
    clips = [people.clip(identity, 0, length) for identity in range(identities)]
    return ClipBank.of(clips, [to_h36m(clip.keypoints) for clip in clips])


@pytest.fixture(autouse=True)
def without_processes(monkeypatch):
    monkeypatch.setattr(dance, "render_clips", render_here)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("dance")
    (path / "tiny.yaml").write_text(yaml.safe_dump(SETTINGS))
    return path


def config(folder, *overrides):
    return load_config(folder / "tiny.yaml", overrides)


def framewise(folder, *overrides):
    return config(folder, "model.preset=dance_framewise", "name=tiny_framewise", *overrides)


@pytest.fixture(scope="module")
def run(folder):
    return Run(config(folder), folder / "unused")


def pieces(run, count, seed=0):
    data, _ = run.task.load(run.generator)
    return list(run.task.dataset(data, seed, 0).take(count))


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
        assert float(error) == pytest.approx(np.sqrt(2), rel=0.01)  # by (1, 1)


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


def test_discriminators_see_frames_and_clips_or_changes(run):
    objective, (batch,) = objective_of(run), pieces(run, 1)
    outputs = {"generated": batch["target_images"] + 1}
    judged = objective.judged(batch, outputs)
    assert tuple(judged["discriminator"][0].shape) == (2 * UNROLL, 32, 32, 3)
    np.testing.assert_array_equal(judged["video_discriminator"][1], outputs["generated"])
    frames = np.random.default_rng(0).uniform(-1, 1, (2, 4, 8, 8, 3)).astype(np.float32)
    changes = np.asarray(differences(ops.convert_to_tensor(frames))).reshape(2, 2, 8, 8, 6)
    np.testing.assert_allclose(changes[:, 1, ..., :3], frames[:, 2] - frames[:, 1], atol=1e-6)
    np.testing.assert_allclose(changes[:, 1, ..., 3:], frames[:, 3] - frames[:, 2], atol=1e-6)


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


# === Whole runs ===


@pytest.mark.parametrize("settings, stages", [(config, ("flow", "full")), (framewise, ("full",))])
def test_a_run_goes_through_its_stages_and_leaves_grids_and_weights(folder, settings, stages):
    settings = settings(folder, *(() if "flow" in stages else ("flow.steps=0",)))
    run = Run(settings, folder / "runs" / settings.name)
    before = run.generator.get_weights()
    run.train()
    assert any((a != b).any() for a, b in zip(before, run.generator.get_weights()))
    grids = {path.name for path in (run.directory / "images").iterdir()}
    assert grids == {f"{stage}_0000002.png" for stage in stages}
    assert (run.directory / "flow_estimator.weights.h5").is_file() == ("flow" in stages)
    header = (run.directory / "metrics.csv").read_text().splitlines()[0].split(",")
    assert {"flow_error", "regularization", "l1", "generator_loss"} <= set(header)
    again = load_generator(run.directory)
    for ours, theirs in zip(again.get_weights(), run.generator.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_both_discriminators_learn_beside_the_generator(folder):
    small = "{depth: 2, base_channels: 4, max_channels: 4}"
    settings = config(
        folder, "name=judged", "full.adversarial=1", "data.unroll=5", "data.clip_frames=5", "batch_size=1",
        f"model.discriminator={small}", "model.video_discriminator={depth: 2, base_channels: 4, max_channels: 4, frames: 5}",
    )  # fmt: skip
    run = Run(settings, folder / "runs" / "judged")
    trainer = run._trainer("full", run.config.full)
    before = {role: keras.ops.copy(d.trainable_variables[0]) for role, d in run.discriminators.items()}
    logs = trainer.train_step(pieces(run, 1)[0])
    assert {"adversarial", "discriminator_loss", "video_discriminator_loss"} <= set(logs)
    for role, discriminator in run.discriminators.items():
        assert np.any(np.asarray(before[role]) != np.asarray(discriminator.trainable_variables[0]))


@pytest.mark.parametrize(
    "overrides, message",
    [
        (["full.adversarial=1"], "data.unroll is 2: the video discriminator sees 6 frames"),
        (["batch_size=9"], "batch_size is 9: data.identities makes only 3 clips"),
        (["features.network=people", "full.content=1"], None),
    ],
)
def test_what_cannot_work_is_refused_in_one_sentence_before_anything_is_rendered(folder, overrides, message):
    with pytest.raises(GflaError, match=message):
        Run(config(folder, *overrides), folder / "refused")


# === Metric ===


def test_a_sequence_that_follows_the_flow_has_no_warping_error():
    draw = np.random.default_rng(0)
    flow = np.round(draw.uniform(-3, 3, (4, 8, 8, 2))).astype(np.float32)
    frames = [draw.uniform(-1, 1, (8, 8, 3)).astype(np.float32)]
    for k in range(1, 4):
        frames.append(warp(frames[-1], flow[k]))
    seen = np.ones((4, 8, 8), bool)
    assert warping_error(np.stack(frames), flow, seen) == 0
    flickering = np.stack(frames) + 0.1 * (np.arange(4) % 2)[:, None, None, None]
    assert warping_error(flickering, flow, seen) == pytest.approx(0.1, rel=1e-4)


def test_the_warping_error_looks_at_visible_positions_alone():
    frames = np.zeros((3, 4, 4, 3), np.float32)
    frames[2, :2] = 1
    seen, flow = np.zeros((3, 4, 4), bool), np.zeros((3, 4, 4, 2), np.float32)
    assert np.isnan(warping_error(frames, flow, seen))
    seen[2, 2:] = True
    assert warping_error(frames, flow, seen) == 0
    seen[2, 1] = True
    assert warping_error(frames, flow, seen) == pytest.approx(1 / 3)


def test_warping_looks_up_where_the_flow_points():
    image = np.zeros((5, 6, 3), np.float32)
    image[2, 4] = 1
    flow = np.zeros((5, 6, 2), np.float32)
    flow[1, 3] = 1, 1  # x, y
    flow[4, 4] = 0, -1.5
    expected = np.zeros((5, 6))
    expected[2, 4] = expected[1, 3] = 1
    expected[4, 4] = 0.5
    np.testing.assert_allclose(warp(image, flow)[..., 0], expected, atol=1e-6)
