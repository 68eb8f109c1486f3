"""Scores: identities that hold by definition, and regions."""

import numpy as np
import pytest

from gfla_tf.errors import GflaError
from gfla_tf.metrics.end_point_error import end_point_error, upsample_flow
from gfla_tf.metrics.image import l1, ssim


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).uniform(-1, 1, (2, 24, 32, 3)).astype(np.float32)


def test_equal_images_have_ssim_1_and_l1_0(images):
    assert ssim(images, images) == pytest.approx(1.0, abs=1e-6)
    assert l1(images, images) == 0.0


def test_ssim_is_symmetric_falls_with_noise_and_is_negative_for_the_negative(images):
    noise = np.random.default_rng(1).normal(size=images.shape).astype(np.float32)
    scores = [ssim(images + share * noise, images) for share in (0.05, 0.2, 0.8)]
    assert 1 > scores[0] > scores[1] > scores[2] > 0
    assert ssim(images, images + noise) == pytest.approx(ssim(images + noise, images), abs=1e-6)
    assert ssim(-images, images) < -0.8


def test_ssim_of_two_flat_images_is_the_luminance_term():
    # (2 a b + C1) / (a^2 + b^2 + C1) with values from 0 to 1 and C1 = 0.01^2
    one, other = np.full((1, 16, 16, 3), 0.0, np.float32), np.full((1, 16, 16, 3), -0.5, np.float32)
    assert ssim(one, other) == pytest.approx((0.25 + 1e-4) / (0.3125 + 1e-4), abs=1e-5)


def test_ssim_is_the_mean_over_samples(images):
    other = images[::-1]
    each = [ssim(images[i : i + 1], other[i : i + 1]) for i in range(2)]
    assert ssim(images, other) == pytest.approx(np.mean(each))


def test_l1_over_a_region_sees_nothing_outside_it(images):
    region = np.zeros(images.shape[:3], bool)
    region[0, 2:5, 3:9] = True
    changed = images.copy()
    changed[~region] = 7.0
    assert l1(changed, images, region) == 0.0
    changed = images.copy()
    changed[0, 2, 3] += 0.9  # one of the region's 18 pixels
    assert l1(changed, images, region) == pytest.approx(0.9 / 18, rel=1e-5)
    assert l1(changed, images) == pytest.approx(0.9 / (2 * 24 * 32), rel=1e-3)


def test_l1_over_a_region_weighs_pixels_not_samples():
    generated, target = np.zeros((2, 2, 2, 3), np.float32), np.zeros((2, 2, 2, 3), np.float32)
    generated[0] = 1.0
    region = np.array([[[1, 0], [0, 0]], [[1, 1], [1, 0]]], bool)
    assert l1(generated, target, region) == pytest.approx(0.25)


def test_the_end_point_error_of_an_offset_is_its_length_where_it_is_visible():
    flow = np.random.default_rng(0).normal(size=(2, 8, 6, 2)).astype(np.float32)
    visible = np.zeros((2, 8, 6), bool)
    visible[:, :4] = True
    offset = flow + np.float32([3, 4])
    offset[~visible] = np.nan
    assert end_point_error(offset, flow, visible) == pytest.approx(5.0, rel=1e-5)
    assert end_point_error(flow, flow, visible) == 0.0


def test_a_mean_over_nothing_is_refused_instead_of_being_no_number(images):
    flow, nowhere = np.zeros((2, 24, 32, 2), np.float32), np.zeros((2, 24, 32), bool)
    with pytest.raises(GflaError, match=r"region of the L1 error is empty .*\.$"):
        l1(images, images, nowhere)
    with pytest.raises(GflaError, match=r"No position of these flows is visible.*\.$"):
        end_point_error(flow, flow, nowhere)


def test_a_constant_flow_at_half_the_size_is_doubled_and_a_quarter_quadrupled():
    flow = np.broadcast_to(np.float32([1.5, -0.25]), (3, 4, 6, 2))
    for factor in (2, 4):
        larger = upsample_flow(flow, (4 * factor, 6 * factor))
        assert larger.shape == (3, 4 * factor, 6 * factor, 2)
        assert np.abs(larger - factor * np.float32([1.5, -0.25])).max() < 1e-6


def test_a_linear_flow_stays_linear_with_pixel_centers_aligned():
    """Pixel i of level 1 lies in the middle of pixels 2i and 2i + 1 of the image, at 2i + 0.5."""
    x = np.arange(8, dtype=np.float32)
    flow = np.zeros((1, 8, 8, 2), np.float32)
    flow[..., 0] = 2 * x + 0.5  # position in the image, in pixels of the image
    larger = upsample_flow(flow / 2, (16, 16))
    assert np.abs(larger[0, :, 1:-1, 0] - np.arange(1, 15)).max() < 1e-5
    assert np.abs(larger[..., 1]).max() == 0


def test_a_flow_that_has_the_images_size_stays_as_it_is():
    flow = np.random.default_rng(0).normal(size=(1, 8, 6, 2)).astype(np.float32)
    assert np.array_equal(upsample_flow(flow, (8, 6)), flow)
