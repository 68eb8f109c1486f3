"""Channels are chosen in graphs for CPUs as they are elsewhere, bit for bit."""

import numpy as np
import pytest

from gfla_tf.ops.backend import sampler
from gfla_tf.ops.channels import FEW, select, softmax, spread

MAPS = np.random.default_rng(0).normal(0, 30, (2, 3, 4, 3)).astype("float32")


def test_channels_are_the_same_numbers():
    with sampler("cpu"):
        np.testing.assert_array_equal(select(MAPS, 1, 3), MAPS[..., 1:3])
        np.testing.assert_array_equal(spread(MAPS, 1, 3), np.repeat(MAPS[..., 1:2], 3, -1))
        assert spread(MAPS, 1, FEW + 1).shape == (2, 3, 4, 1), (
            "of maps of features, which are multiplied fast as they are"
        )
    with sampler("gather"):
        np.testing.assert_array_equal(select(MAPS, 1, 3), MAPS[..., 1:3])
        np.testing.assert_array_equal(spread(MAPS, 1, 3), MAPS[..., 1:2])


@pytest.mark.parametrize("scale", [1, 300])
def test_shares_are_softmax(scale):
    expected = softmax(scale * MAPS)
    with sampler("cpu"):
        found = np.asarray(softmax(scale * MAPS))
    np.testing.assert_allclose(found, expected, atol=1e-6)
    np.testing.assert_allclose(found.sum(-1), 1, atol=1e-6)
