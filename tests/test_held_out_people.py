"""The judge of synthetic people: what its texture scores say, and that it tells people apart."""

import cv2
import numpy as np
import pytest

from benchmarks.held_out_people import GROUPS, HeldOutPeople, judged, rows_of, texture
from gfla_tf.inference.photos import to_float

EVERYWHERE = np.full((256, 192), True)


@pytest.fixture
def picture():
    return to_float(np.random.default_rng(0).integers(0, 256, (256, 192, 3)).astype(np.uint8))


def test_texture_of_the_truth_is_whole_of_a_blur_gone_and_of_noise_wrong(picture):
    assert texture(picture, picture, EVERYWHERE) == pytest.approx((1.0, 1.0))
    share, match = texture(cv2.GaussianBlur(picture, (0, 0), 4.0), picture, EVERYWHERE)
    assert share < 0.1
    other = np.random.default_rng(1).permutation(picture.ravel()).reshape(picture.shape)
    share, match = texture(other, picture, EVERYWHERE)
    assert share == pytest.approx(1.0, abs=0.05) and abs(match) < 0.05


def test_the_truth_and_the_true_flow_are_perfect():
    people = HeldOutPeople((128, 96), 12)
    outputs = [
        {"generated": to_float(p.target), "flow_0": s["flow"]} for p, s in zip(people.pairs, people.samples)
    ]

    def judge(pairs, pictures):
        error = [np.abs(a - to_float(p.target)).mean() for a, p in zip(pictures, pairs)]
        return {"l1": np.array(error), "lpips": np.array(error), "ssim on the person": 1 - np.array(error)}

    scores, copied = judged(judge, people, outputs)
    rows = rows_of(scores, copied, people.traits)
    assert rows["l1 / copying"][0] == rows["end_point_error / zero flow"][0] == 0
    assert rows["detail_match"][0] == pytest.approx(1.0) and rows["ssim on the person, above copying"][0] > 0
    groups = [name for name in rows if name.startswith("lpips / copying,")]
    assert groups and all(any(group in name for group in GROUPS) for name in groups)
