"""Sampling and instance normalization equal tensorflow-addons' wherever both define the same thing.

The numbers were recorded by tests/oracles/record_tfa.py, whose docstring tells how to record them again.
"""

from pathlib import Path

import numpy as np
import pytest

from gfla_tf.layers.normalization import InstanceNormalization
from gfla_tf.ops.sampling import bilinear_sample


@pytest.fixture(scope="module")
def recorded():
    return dict(np.load(Path(__file__).parent / "oracles" / "tfa.npz"))


@pytest.mark.parametrize("flow", ["small", "whole", "huge"])
def test_bilinear_sampling_equals_dense_image_warp_with_its_flow_negated_and_as_y_x(recorded, flow):
    sampled = bilinear_sample(recorded["image"], recorded[f"flow_{flow}"])
    np.testing.assert_allclose(sampled, recorded[f"dense_image_warp_{flow}"], atol=2e-6)


def absolute_samples(image, positions):
    """`bilinear_sample` at absolute positions (batch, height, width, 2): the flow is what leads there."""
    height, width = positions.shape[1:3]
    grid = np.stack(np.meshgrid(np.arange(width), np.arange(height)), -1)
    return np.asarray(bilinear_sample(image, (positions - grid).astype(np.float32)))


def test_inside_the_image_bilinear_sampling_equals_resampler_at_absolute_positions(recorded):
    positions = recorded["positions"]
    limit = np.array(recorded["image"].shape[2:0:-1]) - 1
    inside = ((positions >= 0) & (positions <= limit)).all(-1)
    sampled = absolute_samples(recorded["image"], positions)
    assert 40 <= inside.sum() < inside.size
    np.testing.assert_allclose(sampled[inside], recorded["resampler"][inside], atol=2e-6)


def test_outside_the_image_resampler_is_bilinear_sampling_of_the_image_in_a_frame_of_zeros(recorded):
    framed = np.pad(recorded["image"], ((0, 0), (1, 1), (1, 1), (0, 0)))
    sampled = absolute_samples(framed, recorded["positions"] + 1)
    np.testing.assert_allclose(sampled, recorded["resampler"], atol=2e-6)
    outside = (recorded["positions"] < -0.5).any(-1)  # where a replicate border gives the border pixel
    assert (
        np.abs(sampled[outside] - absolute_samples(recorded["image"], recorded["positions"])[outside]).max()
        > 0.1
    )


@pytest.mark.parametrize("epsilon", ["default", "1e-5"])
def test_instance_normalization_equals_addons_with_the_same_epsilon(recorded, epsilon):
    layer = InstanceNormalization(epsilon=float(recorded[f"epsilon_{epsilon}"]))
    layer.build(recorded["features"].shape)
    layer.gamma.assign(recorded["gamma"])
    layer.beta.assign(recorded["beta"])
    np.testing.assert_allclose(
        layer(recorded["features"]), recorded[f"instance_normalization_{epsilon}"], atol=2e-6
    )


def test_our_default_epsilon_is_torchs_and_not_that_of_addons(recorded):
    assert InstanceNormalization().epsilon == 1e-5
    assert recorded["epsilon_default"] == pytest.approx(1e-3)
