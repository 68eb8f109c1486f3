"""One person is followed through a film, however many others a frame shows and whoever is found falsely."""

import json

import numpy as np
import pytest

from gfla_tf.errors import GflaError
from gfla_tf.keypoints.identity import Follower
from gfla_tf.keypoints.pose_formats import Found

SHAPE = np.random.default_rng(1).uniform(0, 1, (18, 2)) * (100, 300)


def person(x, y=100, size=1.0, number=None, jitter=None):
    places = SHAPE * size + (x, y)
    if jitter is not None:
        places = places + jitter.normal(0, 3, places.shape)
    return Found(np.c_[places, np.ones(18)].astype(np.float32), number)


def left_edge(keypoints):
    return None if keypoints is None else round(float(keypoints[:, 0].min() - SHAPE[:, 0].min()), 1)


def followed(frames, choice=None):
    follow = Follower(choice)
    return [left_edge(follow(people)) for people in frames], follow


def test_the_one_who_was_first_is_followed_though_others_are_larger_for_a_while():
    draw = np.random.default_rng(0)
    frames = []
    for k in range(30):
        # The detector's order changes, and the other one grows and shrinks.
        other = 0.95 + 0.1 * (k % 2) * (k > 0)
        people = [
            person(100 + 2 * k, size=1.0, jitter=draw),
            person(500 - 2 * k, size=other, jitter=draw),
        ]
        frames.append(people if draw.uniform() < 0.5 else people[::-1])
    found, follow = followed(frames)
    np.testing.assert_allclose(found, [100 + 2 * k for k in range(30)], atol=12)
    assert follow.lost == [] and follow.told() == ""


def test_two_who_cross_keep_who_they_are():
    frames = [[person(100 + 20 * k), person(500 - 20 * k, y=110)][:: 1 if k % 3 else -1] for k in range(21)]
    for choice, expected in (
        ("left", [100 + 20 * k for k in range(21)]),
        ("right", [500 - 20 * k for k in range(21)]),
    ):
        found, _ = followed(frames, choice)
        np.testing.assert_allclose(found, expected, atol=1)


def test_a_false_detection_far_away_is_not_followed_and_the_report_says_when_the_person_was_lost():
    frames = [[person(100)] for _ in range(20)]
    frames[5] = [person(3000)]
    frames[8] = frames[9] = frames[10] = []
    frames[15] = [person(100, size=6.0)]
    found, follow = followed(frames)
    assert [k for k, x in enumerate(found) if x is None] == [5, 8, 9, 10, 15]
    assert follow.lost == [(5, 5), (8, 10), (15, 15)] and follow.told() == "not found in frames 5, 8-10, 15"


def test_who_comes_back_elsewhere_after_a_while_is_found_again():
    frames = [[person(100)]] * 3 + [[]] * 20 + [[person(700)]] * 3
    found, _ = followed(frames)
    assert found[2] == 100 and found[-1] == 700


def test_numbers_of_a_tracker_decide():
    frames = [[person(100, number=7), person(120, number=3)], [person(120, number=7), person(100, number=3)]]
    assert followed(frames, 3)[0] == [120, 100]
    assert followed(frames, "7")[0] == [100, 120]
    assert followed(frames, 5)[0] == [None, None]


CHOICES = [("left", 10), ("right", 900), ("largest", 400), (1, 400), ("0", 10), (None, 400)]


@pytest.mark.parametrize(("choice", "expected"), CHOICES)
def test_the_command_chooses_whom_to_follow(choice, expected):
    frames = [[person(900), person(400, size=1.4), person(10, size=0.9)]] * 3
    np.testing.assert_allclose(followed(frames, choice)[0], expected, atol=15)


@pytest.mark.parametrize("choice", ["middle", "-1", "1.5", "\u0661", 10**12])
def test_other_choices_are_refused(choice):
    with pytest.raises(
        GflaError, match=r"--person is .*: it must be left, right, largest, or a number from 0"
    ):
        Follower(choice)


def test_files_and_films_of_json_follow_one_person(tmp_path):
    from gfla_tf.inference.cleaning import read_poses

    def frame(k):
        people = [person(100 + k), person(600, size=1.0 + 0.2 * (k % 2) * (k > 0))][:: 1 if k % 2 else -1]
        return {"people": [{"pose_keypoints_2d": one.keypoints.ravel().tolist()} for one in people]}

    (tmp_path / "film.json").write_text(json.dumps([frame(k) for k in range(12)]))
    (tmp_path / "frames").mkdir()
    for k in range(12):
        (tmp_path / "frames" / f"{k}.json").write_text(json.dumps(frame(k)))
    for source in (tmp_path / "film.json", tmp_path / "frames"):
        _, poses, _, lost = read_poses(source, person="left")
        np.testing.assert_allclose([left_edge(pose) for pose in poses], 100 + np.arange(12), atol=0.2)
        assert lost == ""
