"""Batches of clips: what they hold, their order, and the dance networks' structures."""

import numpy as np
import pytest
import tensorflow as tf

from gfla_tf.data.clips import ClipBank, clip_dataset, clip_inputs
from gfla_tf.keypoints.dance_structure import DANCE_CHANNELS, LIMB_COLORS, skeleton_picture
from gfla_tf.keypoints.joint_orders import H36M_17, H36M_LIMBS, to_h36m
from gfla_tf.keypoints.poses import heat_maps
from gfla_tf.ops.dance_structure import dance_structure
from gfla_tf.synthetic.people.people import SyntheticPeople
from gfla_tf.synthetic.people.rendered_clips import render_clips

CLIPS, LENGTH, UNROLL = 5, 6, 3


@pytest.fixture(scope="module")
def bank():
    """Frames and structures that say where they come from: 10 * clip + frame, the reference being frame 0."""
    number = 10 * np.arange(CLIPS)[:, None] + np.arange(LENGTH + 1)
    image = np.broadcast_to(number[..., None, None, None], (*number.shape, 4, 4, 3)).astype(np.uint8)
    flow = np.broadcast_to(number[:, 1:, None, None, None], (CLIPS, LENGTH, 4, 4, 2)).astype(np.float16)
    seen = np.ones((CLIPS, LENGTH, 4, 4), bool)
    targets = {
        "flow_reference": flow,
        "visibility_reference": seen,
        "flow_previous": flow,
        "visibility_previous": seen,
    }
    return ClipBank({"image": image, "structure": number, "person": image[..., 0] > 0}, targets)  # fmt: skip


def raw(bank, batch_size, count, **kwargs):
    batches = clip_dataset(bank, batch_size, UNROLL, lambda batch: batch, **kwargs)
    return list(batches.take(count).as_numpy_iterator())


def test_a_batch_holds_a_piece_of_each_clip_its_reference_and_the_frame_before(bank):
    assert bank.shape == (CLIPS, LENGTH)
    first, second = raw(bank, 2, 2)
    assert first["first"].tolist() == [True, True] and second["first"].tolist() == [False, False]
    clips = first["reference_structure"]
    for batch, piece in ((first, 0), (second, 1)):
        np.testing.assert_array_equal(batch["reference_structure"], clips)
        np.testing.assert_array_equal(batch["previous_structure"], clips + 3 * piece)
        np.testing.assert_array_equal(batch["target_structure"], clips[:, None] + 3 * piece + [1, 2, 3])
        np.testing.assert_array_equal(batch["target_image"][..., 0, 0, 0], batch["target_structure"])
        np.testing.assert_array_equal(batch["flow_previous"][..., 0, 0, 0], batch["target_structure"])


def test_an_epoch_shows_every_clip_at_most_once_and_epochs_differ(bank):
    batches = [
        batch["reference_structure"] // 10 for batch in raw(bank, 2, 12)
    ]  # three epochs of two batches of clips
    epochs = [np.concatenate(batches[i : i + 4 : 2]).tolist() for i in (0, 4, 8)]
    assert all(len(set(epoch)) == 4 for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) > 1


def test_batches_are_a_function_of_the_seed_and_their_number(bank):
    whole = raw(bank, 2, 9, seed=3)
    for expected, batch in zip(whole[5:], raw(bank, 2, 4, seed=3, start=5), strict=True):
        for name in expected:
            np.testing.assert_array_equal(batch[name], expected[name])
    others = raw(bank, 2, 9, seed=4)
    assert any(
        (a["target_structure"] != b["target_structure"]).any() for a, b in zip(whole, others, strict=True)
    )


def test_the_parts_of_a_batch_are_its_rows(bank):
    parts = [raw(bank, 4, 5, seed=3, start=1, part=(i, 2)) for i in range(2)]
    for expected, first, second in zip(raw(bank, 4, 5, seed=3, start=1), *parts, strict=True):
        for name, value in expected.items():
            np.testing.assert_array_equal(np.concatenate([first[name], second[name]]), value)


def test_inputs_are_float_images_drawn_structures_masks_and_flows(bank):
    batch = clip_inputs(
        raw(bank, 2, 2)[1],
        lambda numbers, role: tf.cast(numbers, tf.float32)[:, None, None, None] * tf.ones((4, 4, 2)),
    )
    shapes = {name: tuple(value.shape) for name, value in batch.items()}
    assert shapes == {
        "first": (2,), "reference_image": (2, 4, 4, 3), "previous_image": (2, 4, 4, 3), "target_images": (2, 3, 4, 4, 3),
        "reference_structure": (2, 4, 4, 2), "previous_structure": (2, 4, 4, 2), "target_structures": (2, 3, 4, 4, 2),
        "target_persons": (2, 3, 4, 4, 1), "flow_reference": (2, 3, 4, 4, 2), "visibility_reference": (2, 3, 4, 4, 1),
        "flow_previous": (2, 3, 4, 4, 2), "visibility_previous": (2, 3, 4, 4, 1),
    }  # fmt: skip
    assert {value.dtype.name for name, value in batch.items() if name != "first"} == {"float32"}
    np.testing.assert_allclose(
        batch["target_images"][..., 0], batch["target_structures"][..., 0] / 127.5 - 1, rtol=1e-5
    )


# === Dances ===


def test_rendered_clips_are_those_of_the_people():
    bank = render_clips((32, 32), "test", 3, 2, 2)
    assert bank.shape == (2, 2)
    clip = SyntheticPeople((32, 32), "test", 3).clip(1, 0, 2)
    np.testing.assert_array_equal(bank.frames["image"][1], clip.images)
    np.testing.assert_array_equal(bank.frames["person"][1], clip.persons)
    np.testing.assert_array_equal(bank.frames["structure"][1], to_h36m(clip.keypoints))
    for source in ("reference", "previous"):
        for kind in ("flow", "visibility"):
            np.testing.assert_allclose(
                bank.targets[f"{kind}_{source}"][1], getattr(clip, f"{kind}_{source}"), atol=1 / 64
            )


@pytest.mark.slow
def test_detected_poses_differ_from_the_true_ones_alone_and_are_the_same_again():
    true, detected, again = (render_clips((32, 32), "test", 3, 2, 6, found) for found in (0, 1, 1))
    for name, value in true.frames.items():
        assert np.array_equal(detected.frames[name], value) == (name != "structure")
    np.testing.assert_array_equal(detected.frames["structure"], again.frames["structure"])
    seen = np.minimum(true.frames["structure"], detected.frames["structure"])[..., 2:] > 0
    apart = np.abs(seen * (true.frames["structure"] - detected.frames["structure"])[..., :2])
    assert 0.05 < apart.mean() < 2  # pixels
    first, second = (detected.frames["structure"][i] - true.frames["structure"][i] for i in (0, 1))
    assert not np.array_equal(first, second)  # every clip has its own noise


@pytest.fixture(scope="module")
def keypoints():
    drawn = np.random.default_rng(0).uniform(2, 30, (2, 17, 3)).astype(np.float32)
    drawn[..., 2] = 1
    drawn[1, H36M_17.index("left_wrist"), 2] = 0
    return drawn


def test_a_structure_is_a_heat_map_for_each_joint_and_a_skeleton(keypoints):
    structure = np.asarray(dance_structure(keypoints, (32, 24), 3.0, 1.0))
    assert structure.shape == (2, 32, 24, DANCE_CHANNELS) and structure.dtype == np.float32
    assert structure.min() >= 0 and structure.max() <= 1
    np.testing.assert_allclose(structure[..., :17], heat_maps(keypoints, (32, 24), 3.0), atol=1e-6)
    assert skeleton_picture(structure).dtype == np.uint8


def test_limbs_have_colors_of_their_own_and_vanish_with_their_joints():
    assert len({tuple(color) for color in LIMB_COLORS.round(3)}) == len(H36M_LIMBS)
    for number, (inner, outer) in enumerate(H36M_LIMBS):
        keypoints = np.zeros((1, 17, 3), np.float32)
        keypoints[0, [inner, outer]] = (4, 8, 1), (12, 8, 1)
        skeleton = np.asarray(dance_structure(keypoints, (16, 16), 3.0, 1.0))[0, ..., -3:]
        np.testing.assert_allclose(skeleton[8, 8], LIMB_COLORS[number], atol=1e-6)
        np.testing.assert_allclose(skeleton[10, 6], LIMB_COLORS[number] * np.exp(-2), atol=1e-6)
        keypoints[0, outer, 2] = 0
        assert not np.asarray(dance_structure(keypoints, (16, 16), 3.0, 1.0))[0, ..., -3:].any()
