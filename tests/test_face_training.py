"""Training of faces: data, objective, discriminators and a whole tiny run, and the judgment of its quickstart."""

import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from examples.quickstarts import face as quickstart
from gfla_tf.errors import GflaError
from gfla_tf.keypoints.face_structure import DISTANCES, LABEL, face_maps
from gfla_tf.models.presets import create_generator
from gfla_tf.synthetic.faces import SyntheticFaces
from gfla_tf.training.config_file import load_config
from gfla_tf.training.networks import load_generator
from gfla_tf.training.runs import Run
from gfla_tf.training.tasks import face
from tests.helpers.replaced import replaced
from tests.helpers.tiny_clips import CLIPS, clip_config, render_faces

without_processes = replaced(face, "render_clips", render_faces)


UNROLL, LENGTH = 3, 6


def config(folder, *overrides):
    return clip_config(folder, "face", *overrides, clip_frames=LENGTH, unroll=UNROLL)


@pytest.fixture
def run(folder):
    return Run(config(folder), folder / "unused")


def first_piece(run):
    data, _ = run.task.load(run.generator)
    return next(iter(run.task.dataset(data, 0, 0)))


# === Data ===


def test_the_bank_holds_clips_their_maps_and_true_flows():
    bank = render_faces((32, 32), "train", 0, CLIPS, LENGTH)
    assert bank.shape == (CLIPS, LENGTH)
    shapes = {name: entry.shape[2:] for name, entry in {**bank.frames, **bank.targets}.items()}
    assert shapes == {
        "image": (32, 32, 3), "person": (32, 32), "structure": (32, 32, 16), "flow_reference": (32, 32, 2),
        "flow_previous": (32, 32, 2), "visibility_reference": (32, 32), "visibility_previous": (32, 32),
    }  # fmt: skip
    clip = SyntheticFaces((32, 32), "train", 0).clip(1, 0, LENGTH)
    np.testing.assert_array_equal(bank.frames["image"][1], clip.images)
    expected = face_maps(clip.keypoints[2], (32, 32), clip.images[2])
    np.testing.assert_array_equal(bank.frames["structure"][1, 2], expected)
    np.testing.assert_array_equal(bank.targets["flow_previous"][1], clip.flow_previous)


def test_batches_hold_structures_as_the_network_sees_them(run):
    batch = first_piece(run)
    assert batch["target_structures"].shape == (2, UNROLL, 32, 32, 16)
    structures = np.asarray(batch["target_structures"])
    assert structures.min() == 0 and structures.max() == 1
    assert structures[..., DISTANCES].max() <= 1 / 3
    np.testing.assert_allclose(structures[..., LABEL] * 6, np.round(structures[..., LABEL] * 6), atol=1e-6)
    assert batch["flow_previous"].shape == (2, UNROLL, 32, 32, 2)


def test_records_of_a_dataset_are_drawn_inside_the_pipeline():
    frame = SyntheticFaces((32, 48)).frame(0, 0)
    dataset = tf.data.Dataset.from_tensors((frame.keypoints, frame.image)).map(face._drawn)
    (maps,) = dataset
    np.testing.assert_array_equal(maps, face_maps(frame.keypoints, (32, 48), frame.image))
    assert dataset.element_spec.shape == (32, 48, 16)


# === Objective ===


def test_the_flow_to_the_previous_frame_is_judged_in_the_generated_one(run):
    batch = first_piece(run)
    objective = run.task.objective(run.generator, None, run.config.full, lambda step: 2.0)
    outputs = objective.outputs(run.generator, {**batch, "state": objective.state}, training=True)
    judged = objective.previous_images(batch, outputs)
    expected = ops.concatenate([batch["reference_image"][:, None], outputs["generated"][:, :-1]], axis=1)
    np.testing.assert_allclose(judged, expected, atol=1e-6)
    alone = objective.outputs(run.flow_network, batch, training=True)  # nothing is generated in stage flow
    true = ops.concatenate([batch["previous_image"][:, None], batch["target_images"][:, :-1]], axis=1)
    np.testing.assert_array_equal(objective.previous_images(batch, alone), true)


def test_the_second_discriminator_sees_two_differences_of_three_frames_and_learns(folder):
    small = "{depth: 2, base_channels: 4, max_channels: 4}"
    overrides = [f"model.{role}={small}" for role in ("discriminator", "video_discriminator")]
    run = Run(config(folder, "name=judged", "full.adversarial=1", *overrides), folder / "judged")
    batch, trainer = first_piece(run), run._trainer("full", run.config.full)
    frames = batch["target_images"]
    judged = trainer.objective.judged(batch, {"generated": frames}, lambda count, purpose: 0)
    real, _ = judged["video_discriminator"]
    assert real.shape == (2, 32, 32, 6)
    np.testing.assert_allclose(real[0, ..., 3:], frames[0, 1] - frames[0, 2], atol=1e-6)
    before = {role: ops.copy(d.trainable_variables[0]) for role, d in run.discriminators.items()}
    logs = trainer.train_step(batch)
    assert {"discriminator_loss", "video_discriminator_loss"} <= set(logs)
    for role, discriminator in run.discriminators.items():
        assert np.any(np.asarray(before[role]) != np.asarray(discriminator.trainable_variables[0]))


def test_two_frames_are_too_few_for_the_second_discriminator(folder):
    with pytest.raises(GflaError, match=r"data\.unroll is 2: the video discriminator sees 3 frames"):
        config(folder, "full.adversarial=1", "data.unroll=2")


@pytest.mark.slow
def test_a_run_goes_through_both_stages_and_leaves_grids_and_weights(folder):
    run = Run(config(folder), folder / "runs" / "tiny_face")
    run.train()
    assert {path.name for path in (run.directory / "images").iterdir()} == {
        "flow_0000002.png",
        "full_0000002.png",
    }
    header = (run.directory / "metrics.csv").read_text().splitlines()[0].split(",")
    assert {"flow_error", "regularization", "l1"} <= set(header)
    again = load_generator(run.directory)
    for ours, theirs in zip(again.get_weights(), run.generator.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


# === The quickstart ===


def test_the_quickstarts_configuration_is_one_of_small_faces():
    settings = load_config(quickstart.CONFIG, [])
    assert settings.task == "face" and settings.features.network == "none"
    assert create_generator(settings.model.preset).image_size == (64, 64)
    for changes in quickstart.BASELINES.values():
        load_config(quickstart.CONFIG, changes)


@pytest.fixture(scope="module")
def samples():
    clip = SyntheticFaces((32, 32), "test").clip(0, 0, 4)
    maps = [face_maps(points, (32, 32), image) for points, image in zip(clip.keypoints, clip.images)]
    return {"images": np.stack([clip.images] * 4), "structures": np.stack([np.float32(maps)] * 4)}


def test_a_perfect_network_gains_all_that_repeating_lacks(samples):
    target = samples["images"][:, 1:].astype(np.float32) / 127.5 - 1
    figures = quickstart.scores(samples, {"generated": target}, {})
    assert figures["l1_of_repeating"] == 0
    assert figures["ssim_above_repeating"] == pytest.approx(1 - figures["ssim"]["repeating"])
    assert figures["ssim"]["repeating"] < 1


def test_repeating_the_reference_gains_nothing(samples):
    reference = samples["images"][:, :1].astype(np.float32) / 127.5 - 1
    figures = quickstart.scores(samples, {"generated": np.repeat(reference, 4, axis=1)}, {})
    assert figures["l1_of_repeating"] == pytest.approx(1) and figures["ssim_above_repeating"] == 0
    assert set(quickstart.GOALS) <= set(figures)


def test_frames_are_generated_one_after_the_other(samples):
    def model(**arrays):
        assert arrays["target_structure"].shape == (1, 32, 32, 16)
        return {"generated": arrays["previous_image"] * 0.5}

    model.inputs = {"previous_image": (1, 32, 32, 3)}
    generated = quickstart.generate(model, samples)["generated"]
    reference = samples["images"][:, 0].astype(np.float32) / 127.5 - 1
    np.testing.assert_allclose(generated[:, 2], reference / 8, rtol=1e-5)


def test_the_film_shows_reference_drawing_generated_and_target(samples):
    outputs = {"generated": np.zeros((4, 4, 32, 32, 3), np.float32)}
    film = quickstart.picture(samples, outputs, {}, "title")
    assert len(film) == 4 and film[0].dtype == np.uint8 and film[0].shape[1] >= 4 * 160
    assert (film[0] != film[3]).any()
