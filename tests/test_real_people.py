"""The judge of real people: what its scores and intervals say, on pairs made here."""

import numpy as np
import pytest

from benchmarks.real_people.networks import network_of
from benchmarks.real_people.pairs import Pair
from benchmarks.real_people.scores import Judge
from gfla_tf.errors import GflaError
from gfla_tf.metrics.bootstrap import interval


def pair(seed):
    random = np.random.default_rng(seed)
    source, target = random.integers(0, 256, (2, 64, 48, 3)).astype(np.uint8)
    keypoints = np.ones((18, 3), np.float32)
    keypoints[:, :2] = random.uniform(8, 40, (18, 2))
    keypoints[[0, 14, 15, 16, 17], :2] = [(24, 14), (22, 12), (26, 12), (20, 13), (28, 13)]
    person = np.zeros((64, 48), bool)
    person[6:58, 14:34] = True
    return Pair(source, target, keypoints, keypoints, person, (1, 0, 20))


def as_floats(picture):
    return picture.astype(np.float32) / 127.5 - 1


@pytest.fixture(scope="module")
def pairs():
    return [pair(seed) for seed in range(3)]


@pytest.fixture(scope="module")
def judge(pairs):
    """A judge whose detector finds the pose asked for, in pixels of twice the size, as it sees pictures."""

    def detect(picture):
        assert picture.shape == (128, 96, 3)
        found = pairs[0].target_keypoints.copy()
        found[:, :2] = (found[:, :2] + 0.5) * 2 - 0.5
        return found

    return Judge(detect)


def test_the_truth_is_perfect_whatever_stands_behind_it(judge, pairs):
    pictures = [np.where(p.person[..., None], as_floats(p.target), as_floats(p.source)) for p in pairs]
    scores = judge(pairs, pictures)
    for name in ("l1", "lpips", "face_l1", "face_lpips"):
        np.testing.assert_allclose(scores[name], 0, atol=1e-6)
    np.testing.assert_allclose(scores["ssim"], 1, atol=1e-5)
    assert scores["found"].tolist() == [1, 1, 1]
    assert scores["joints"][0] == pytest.approx(0, abs=1e-5) and scores["joints"][1] > 0.01


def test_another_picture_is_not(judge, pairs):
    scores = judge(pairs, [as_floats(p.source) for p in pairs])
    inside = [np.abs(as_floats(p.source) - as_floats(p.target))[p.person].mean() for p in pairs]
    np.testing.assert_allclose(scores["l1"], inside, rtol=1e-5)
    assert scores["lpips"].min() > 0.01 and scores["face_l1"].min() > 0.1 and scores["ssim"].max() < 0.9


def test_an_interval_holds_its_estimate_narrows_with_pairs_and_leaves_out_what_is_missing():
    random = np.random.default_rng(0)
    few, many = random.normal(1, 0.2, 10), random.normal(1, 0.2, 1000)
    widths = []
    for values in (few, many):
        estimate, low, high = interval(values)
        assert low < estimate < high and estimate == pytest.approx(values.mean())
        widths.append(high - low)
    assert widths[1] < widths[0] / 3
    share, _, _ = interval([1.0, np.nan, 3.0], [2.0, 5.0, 6.0])
    assert share == pytest.approx(0.5)
    assert np.isnan(interval([np.nan])).all()


def test_a_network_that_is_not_there_is_one_sentence():
    with pytest.raises(GflaError, match="There is no network no_such"):
        network_of("no_such")
