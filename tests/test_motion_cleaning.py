"""The motion network at work on sequences of any length, and on joints that are missing."""

import numpy as np
import pytest

from gfla_tf.data.joint_sequences import FRAMES
from gfla_tf.keypoints.joint_orders import COCO_17, H36M_17
from gfla_tf.keypoints.sequences import filled, to_coordinates, to_points
from gfla_tf.models.motion_cleaning import clean_motion
from gfla_tf.models.motion_extraction import MotionExtraction
from tests.helpers.performed import perform_here
from tests.helpers.rule_weights import randomize

TINY_FIELD = 9  # receptive field of the tiny network


# === At work ===


@pytest.fixture(scope="module")
def network():
    return randomize(MotionExtraction(channels=8, dilations=(1, 2)))


def runner(network):
    def run(keypoints):
        assert keypoints.shape == (1, FRAMES + TINY_FIELD - 1, 34)
        return {"clean": np.asarray(network({"keypoints": keypoints})["clean"])}

    return run


def person(frames):
    noisy, _, width = perform_here("train", 0, 3, 60)[1]
    return noisy[:frames], width


@pytest.mark.parametrize("frames", [1, 5, FRAMES, 60])
def test_a_sequence_of_any_length_is_cleaned_in_windows_of_the_training(network, frames):
    noisy, width = person(frames)
    clean = clean_motion(runner(network), noisy, width, FRAMES, TINY_FIELD)
    assert clean.shape == (frames, 17, 3) and clean.dtype == np.float32 and (clean[..., 2] == 1).all()
    begin = (frames - 1) // FRAMES * FRAMES  # of the last window
    index = np.arange(begin - 4, begin + FRAMES + 4).clip(0, frames - 1)
    window = to_coordinates(filled(noisy), width)[index]
    expected = to_points(network({"keypoints": window[None]})["clean"][0], width)[: frames - begin]
    np.testing.assert_allclose(clean[begin:, :, :2], expected, atol=1e-3)


def test_frames_without_a_person_are_filled_in_and_left_out_where_no_frame_around_shows_one(network):
    noisy, width = person(60)
    noisy = noisy.copy()
    noisy[..., 2] = 1
    noisy[20:40] = 0
    clean = clean_motion(runner(network), noisy, width, FRAMES, TINY_FIELD)
    known = clean[..., 2].all(axis=1)
    assert (clean[..., 2].any(axis=1) == known).all() and np.isfinite(clean).all()
    assert (
        known.tolist() == [True] * 24 + [False] * 12 + [True] * 24
    )  # 4 frames of the receptive field on each side


def test_a_joint_made_of_a_missing_one_is_missing(network):
    noisy, width = person(10)
    noisy = noisy.copy()
    noisy[..., 2] = 1
    noisy[:, COCO_17.index("left_hip")] = 0
    clean = clean_motion(runner(network), noisy, width, FRAMES, TINY_FIELD)
    assert {H36M_17[joint] for joint in np.flatnonzero(clean[0, :, 2] == 0)} == {
        "left_hip",
        "pelvis",
        "spine",
    }
