"""Scores of picture pairs against the recordings of the published script, scikit-image and torchmetrics."""

import numpy as np
import pytest
import torch

from gfla_tf.errors import GflaError
from gfla_tf.metrics import picture_pairs
from gfla_tf.metrics.person_mask import person_mask
from gfla_tf.metrics.pose import pose_consistency
from gfla_tf.metrics.resizing import FILTERS, resize
from tests.helpers.parity import DIRECTORY, requires_parity
from tests.helpers.reference_metrics import torchmetrics_ms_ssim, torchmetrics_psnr, torchmetrics_ssim


@pytest.fixture(scope="module")
def pair():
    draw = np.random.default_rng(0)
    truth = resize(draw.integers(0, 256, (24, 20, 3), np.uint8), (192, 176), "pillow_bicubic")
    noisy = np.clip(truth + 20 * draw.normal(size=truth.shape), 0, 255)
    return noisy.astype(np.uint8), truth.astype(np.uint8)


@requires_parity
@pytest.mark.parametrize(
    ("name", "score"),
    [
        ("psnr", picture_pairs.psnr),
        ("ssim", picture_pairs.ssim_uniform),
        ("ssim_256", picture_pairs.ssim_generated_range),
        ("mae", picture_pairs.mae),
        ("l1", picture_pairs.l1),
    ],
)
def test_the_published_scores_are_reproduced(name, score):
    record = np.load(f"{DIRECTORY}/metrics.npz")
    ours = [score(generated, truth) for generated, truth in zip(record["generated"], record["truth"])]
    assert np.abs(ours - record[name]).max() < 1e-6
    place = 2 * ["psnr", "ssim", "ssim_256", "mae", "l1"].index(name)
    mean, variance = record["summary"][place : place + 2]
    assert (np.mean(ours), np.var(ours)) == pytest.approx((mean, variance), abs=2e-6)


@requires_parity
def test_the_published_person_masks_are_reproduced_exactly():
    record = np.load(f"{DIRECTORY}/metrics.npz")
    for joints, mask in zip(record["mask_joints"], record["masks"]):
        present = (joints >= 0).all(axis=1)
        keypoints = np.column_stack([joints[:, ::-1], present])
        assert np.array_equal(person_mask(keypoints, mask.shape), mask)


def test_ssim_ms_ssim_and_psnr_are_those_of_torchmetrics(pair):
    assert picture_pairs.ssim_gaussian(*pair) == pytest.approx(torchmetrics_ssim(*pair), abs=1e-6)
    assert picture_pairs.ms_ssim(*pair) == pytest.approx(torchmetrics_ms_ssim(*pair), abs=1e-6)
    assert picture_pairs.psnr(*pair) == pytest.approx(torchmetrics_psnr(*pair), abs=1e-5)  # float32 there


def test_equal_pictures_score_best(pair):
    truth = pair[1]
    best = {"l1": 0, "mae": 0, "psnr": np.inf, "ssim_uniform": 1, "ssim_gaussian": 1, "ms_ssim": 1}
    for name, value in best.items():
        assert getattr(picture_pairs, name)(truth, truth) == pytest.approx(value, abs=1e-9)


def test_pictures_too_small_for_a_window_are_told(pair):
    small = [picture[:48] for picture in pair]
    with pytest.raises(GflaError, match=r"windows of 51 pixels needs larger pictures than 176 x 48"):
        picture_pairs.ssim_uniform(*small)
    with pytest.raises(GflaError, match=r"at least 161 pixels a side"):
        picture_pairs.ms_ssim(*small)


def test_masked_pictures_differ_only_inside_the_mask(pair):
    generated, truth = pair
    mask = np.zeros(truth.shape[:2], bool)
    mask[60:120, 50:90] = True
    outside = np.where(mask[..., None], truth, generated)
    assert np.array_equal(picture_pairs.masked(outside, mask), picture_pairs.masked(truth, mask))


def test_filters_differ_and_tell_their_names(pair):
    results = {name: resize(pair[1], (61, 47), name) for name in FILTERS}
    for name, result in results.items():
        assert result.shape == (61, 47, 3) and result.dtype == np.float32
        assert all(np.abs(result - other).max() > 1 for key, other in results.items() if key != name)
    with pytest.raises(GflaError, match="choose one of pillow_nearest"):
        resize(pair[1], (61, 47), "bilinear")


def test_torchs_bilinear_filter_is_torchs(pair):
    image = torch.from_numpy(pair[1].transpose(2, 0, 1)[None].copy()).float()
    theirs = torch.nn.functional.interpolate(image, size=(299, 111), mode="bilinear", align_corners=False)
    ours = resize(pair[1], (299, 111), "torch_bilinear")
    assert np.abs(ours - theirs[0].numpy().transpose(1, 2, 0)).max() < 1e-3


class TestPoseConsistency:
    @pytest.fixture
    def wanted(self):
        keypoints = np.column_stack([np.random.default_rng(0).uniform(20, 150, (18, 2)), np.ones(18)])
        keypoints[16, :2], keypoints[17, :2] = (60, 30), (80, 30)  # ears: a head of 20 pixels
        keypoints[0, :2], keypoints[1, :2] = (70, 32), (70, 45)
        return keypoints

    def test_the_same_pose_is_consistent(self, wanted):
        assert pose_consistency(wanted, wanted) == (1.0, 0.0)

    def test_a_joint_counts_within_half_a_head(self, wanted):
        found = wanted.copy()
        found[3, 0] += 9.9
        found[4, 0] += 10.1
        share, distance = pose_consistency(found, wanted)
        assert share == pytest.approx(17 / 18) and distance == pytest.approx(20 / 18)

    def test_joints_not_asked_for_do_not_count_and_those_not_found_do(self, wanted):
        found = wanted.copy()
        wanted[5, 2] = 0
        found[6, 2] = 0
        assert pose_consistency(found, wanted) == (pytest.approx(16 / 17), 0.0)

    def test_nobody_found_is_0_and_nothing_asked_for_is_no_number(self, wanted):
        assert pose_consistency(None, wanted)[0] == 0
        assert np.isnan(pose_consistency(wanted, np.zeros((18, 3)))[0])
