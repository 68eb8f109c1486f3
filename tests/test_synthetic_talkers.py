"""Talking heads from the bodies: deterministic, with 68 points on the face, mouths that move, and exact flow."""

import cv2
import numpy as np
import pytest

from gfla_tf.synthetic.bodies.talking import SyntheticTalkers

pytestmark = pytest.mark.usefixtures("fetched_bodies")
SIZE = (128, 128)
NOSE_TIP, MOUTH = 30, slice(48, 68)


@pytest.fixture(scope="module")
def talkers():
    return SyntheticTalkers(SIZE, "train", 0)


@pytest.fixture(scope="module")
def clip(talkers):
    return talkers.clip(0, 0, 6)


def test_a_clip_is_the_same_each_time(clip):
    again = SyntheticTalkers(SIZE, "train", 0).clip(0, 0, 6)
    np.testing.assert_array_equal(again.images, clip.images)
    np.testing.assert_array_equal(again.keypoints, clip.keypoints)


def test_the_68_points_lie_on_the_person_and_in_their_places(talkers):
    for identity in range(4):
        frame = talkers.frame(identity, 0)
        points = frame.keypoints
        assert points.shape == (68, 2) and points.dtype == np.float32
        near = cv2.dilate(frame.person.astype(np.uint8), np.ones((9, 9))) > 0
        column, row = np.clip(np.round(points).astype(int), 0, 127).T
        assert near[row, column].all()
        assert points[36:48, 1].mean() < points[NOSE_TIP, 1] < points[MOUTH, 1].mean() < points[8, 1]
        # The person's right eye is on the picture's left.
        assert points[36:42, 0].mean() < points[42:48, 0].mean()


def test_mouths_open_and_close_in_proportion_to_the_face(talkers):
    opened = []
    for index in range(0, 75, 5):
        points = talkers.frame(1, index).keypoints
        opened.append(np.linalg.norm(points[62] - points[66]) / np.linalg.norm(points[36] - points[45]))
    assert np.ptp(opened) > 0.08 and min(opened) < 0.1


def test_the_flow_to_the_frame_before_is_short_and_nearly_all_is_seen(clip):
    seen = clip.visibility_previous[1:].sum() / clip.persons[2:].sum()
    assert seen > 0.9
    assert np.abs(clip.flow_previous[1:]).max() < 12
