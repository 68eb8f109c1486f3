"""Sequences of joints: what fills their gaps, their coordinates, and the windows that motion extraction is trained on."""

import numpy as np
import pytest

from gfla_tf.data.joint_sequences import FRAMES, SCALE, SHIFT, MotionBank, motion_dataset
from gfla_tf.errors import GflaError
from gfla_tf.keypoints.joint_orders import COCO_17, coco_to_h36m, to_coco, to_h36m
from gfla_tf.keypoints.sequences import filled, to_coordinates, to_points
from gfla_tf.synthetic.people.people import SyntheticPeople
from gfla_tf.synthetic.people.performed_motion import _perform


def counted(frames, first=0.0):
    """A bank's sequence that says where it comes from: every noisy joint is at (first + frame, 0), every clean one 0.5 lower."""
    noisy = np.zeros((frames, 17, 3), np.float32)
    noisy[..., 0], noisy[..., 2] = first + np.arange(frames)[:, None], 1
    clean = noisy[..., :2] + (0, 0.5)
    return noisy, clean, 2.0  # of which the coordinates are v - 1


# === Sequences ===


def test_missing_joints_move_straight_between_the_frames_that_show_them_and_stay_beyond():
    keypoints = np.ones((7, 17, 3), np.float32)
    wrist = COCO_17.index("left_wrist")
    keypoints[:, wrist] = 0
    keypoints[1, wrist], keypoints[5, wrist] = (10, 20, 0.3), (50, 0, 0.9)
    expected = [(10, 20), (10, 20), (20, 15), (30, 10), (40, 5), (50, 0), (50, 0)]
    points = filled(keypoints)
    np.testing.assert_allclose(points[:, wrist], expected)
    assert (np.delete(points, wrist, axis=1) == 1).all()


def test_a_joint_that_is_never_seen_stands_where_a_standing_persons_would():
    standing = to_coco(SyntheticPeople((256, 256)).joints(0, 0, 1)[:, :, :])
    whole = np.repeat(standing, 3, axis=0) + np.array([[[0, 0, 0]], [[30, 5, 0]], [[60, 10, 0]]], np.float32)
    seen = whole.copy()
    hidden = [COCO_17.index(name) for name in ("left_ankle", "right_ankle", "left_knee")]
    seen[:, hidden] = 0
    points = filled(seen)
    np.testing.assert_allclose(
        np.diff(points[:, hidden], axis=0), np.broadcast_to((30, 5), (2, 3, 2)), atol=1e-3
    )
    height = np.ptp(whole[0, :, 1])
    assert np.abs(points[:, hidden, 1] - whole[:, hidden, 1]).max() < 0.3 * height
    np.testing.assert_array_equal(
        np.delete(points, hidden, axis=1), np.delete(whole, hidden, axis=1)[..., :2]
    )


def test_fewer_than_four_joints_are_no_person():
    keypoints = np.zeros((5, 17, 3))
    keypoints[2, :3] = 1
    with pytest.raises(GflaError, match="show 3 joints of a person, too few"):
        filled(keypoints)


def test_coordinates_are_all_y_then_all_x_in_halves_of_the_width():
    points = np.zeros((1, 17, 2))
    points[0, 0], points[0, 16] = (100, 25), (50, 200)
    coordinates = to_coordinates(points, 100)
    assert coordinates.shape == (1, 34) and coordinates[0, [0, 16, 17, 33]].tolist() == [-0.5, 3.0, 1.0, 0.0]
    np.testing.assert_allclose(to_points(coordinates, 100), points)


def test_synthetic_people_are_the_same_each_time_and_others_in_the_test():
    noisy, clean, width = _perform((SyntheticPeople((256, 256), "train", 3), 1, 20))
    again = _perform((SyntheticPeople((256, 256), "train", 3), 1, 20))
    other = _perform((SyntheticPeople((256, 256), "test", 3), 1, 20))
    assert noisy.shape == (20, 17, 3) and clean.shape == (20, 17, 2) and width == again[2] != other[2]
    np.testing.assert_array_equal(noisy, again[0])
    np.testing.assert_array_equal(clean, again[1])
    assert (clean != other[1]).all()
    assert 0 < np.linalg.norm(coco_to_h36m(filled(noisy)) - clean, axis=-1).mean() < 0.1 * 256


def test_coco_joints_become_those_of_human36m_by_one_matrix():
    keypoints = SyntheticPeople((256, 256)).joints(2, 0, 2)
    keypoints[:, 1, :2] = (keypoints[:, 2, :2] + keypoints[:, 5, :2]) / 2  # COCO has no neck
    expected = to_h36m(keypoints)[..., :2]
    np.testing.assert_allclose(coco_to_h36m(to_coco(keypoints)[..., :2]), expected, atol=1e-3)


# === Windows ===


@pytest.fixture
def unchanged(monkeypatch):
    """Windows are neither scaled nor moved."""
    monkeypatch.setattr("gfla_tf.data.joint_sequences.SCALE", (1.0, 1.0))
    monkeypatch.setattr("gfla_tf.data.joint_sequences.SHIFT", (0.0, 0.0))


def batches(bank, batch_size, count, field=81, **kwargs):
    return list(motion_dataset(bank, batch_size, field, **kwargs).take(count).as_numpy_iterator())


def test_windows_are_24_frames_with_their_receptive_field_and_the_ends_go_on(unchanged):
    bank = MotionBank.of([counted(30, 1000), counted(10, 2000), counted(FRAMES, 3000)])
    epochs = batches(bank, 3, 40)
    assert epochs[0]["keypoints"].shape == (3, 104, 34) and epochs[0]["clean"].shape == (3, 24, 34)
    begins = {}
    for noisy, clean in (
        (n, c) for one in epochs for n, c in zip(one["keypoints"], one["clean"], strict=True)
    ):
        noisy_x, clean_x = noisy[:, 20] + 1, clean[:, 20] + 1
        first = round(float(clean_x[0]) // 1000) * 1000
        last = first + {1000: 29, 2000: 9, 3000: 23}[first]
        expected = clean_x[0] + np.arange(-40, 64)
        np.testing.assert_array_equal(noisy_x, expected.clip(first, last))
        np.testing.assert_array_equal(clean_x, expected[40:64].clip(first, last))
        np.testing.assert_array_equal(clean[:, 3], -0.5)
        begins.setdefault(first, []).append(clean_x[0] - first)
    assert {k: len(v) for k, v in begins.items()} == {
        1000: 40,
        2000: 40,
        3000: 40,
    }  # short ones as often as long ones
    assert {k: sorted(set(v)) for k, v in begins.items()} == {1000: [*range(7)], 2000: [0], 3000: [0]}


def test_noisy_and_clean_joints_are_scaled_and_moved_alike_within_the_published_bounds():
    bank = MotionBank.of([(*counted(60)[:2], 200.0)] * 8)
    scales, shifts = [], []
    for batch in batches(bank, 8, 8):
        for noisy, clean in zip(batch["keypoints"], batch["clean"], strict=True):
            scale = (clean[1, 20] - clean[0, 20]) * 100  # a pixel in coordinates is 2 / 200
            scales.append(scale)
            shifts.append(noisy[:, 0].mean() + scale)  # y is 0 in pixels, -1 in coordinates
            np.testing.assert_allclose(clean[:, 0] - noisy[40:64, 0], scale * 0.005, atol=1e-5)
    assert SCALE[0] - 1e-3 < min(scales) < 1.1 and 1.4 < max(scales) < SCALE[1] + 1e-3
    assert SHIFT[0] - 1e-3 < min(shifts) < -0.05 and 0.05 < max(shifts) < SHIFT[1] + 1e-3


def test_a_batch_is_a_function_of_seed_and_number():
    bank = MotionBank.of([counted(60)] * 6)
    whole, later = batches(bank, 4, 5), batches(bank, 4, 2, start=3)
    for expected, found in zip(whole[3:], later, strict=True):
        np.testing.assert_array_equal(found["keypoints"], expected["keypoints"])
    assert (batches(bank, 4, 1, seed=1)[0]["keypoints"] != whole[0]["keypoints"]).any()
    parts = [batches(bank, 4, 2, start=3, part=(i, 2)) for i in range(2)]
    for expected, first, second in zip(whole[3:], *parts, strict=True):
        found = np.concatenate([first["keypoints"], second["keypoints"]])
        np.testing.assert_array_equal(found, expected["keypoints"])


def test_more_windows_in_a_batch_than_there_are_sequences_is_one_sentence():
    with pytest.raises(GflaError, match="batch_size is 3, but the data have only 2 sequences"):
        batches(MotionBank.of([counted(30), counted(5)]), 3, 1)
