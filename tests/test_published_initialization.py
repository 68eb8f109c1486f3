"""The published networks begin as published: all singular values of a kernel are 0.02, and all biases 0."""

import keras
import numpy as np
import pytest

from gfla_tf.models.presets import create_discriminator, create_generator

NETWORKS = {
    "pose_market": lambda: create_generator("pose_market"),
    "discriminator": lambda: create_discriminator("pose_market"),
    "video discriminator": lambda: create_discriminator(
        "dance_fashionvideo", (64, 64), "video_discriminator"
    ),
    "motion": lambda: create_generator("motion_extraction"),
}


def singular_values(weight):
    """Of a kernel as a matrix, with the channels that PyTorch keeps first on one side."""
    kernel = np.asarray(weight)
    # Transposed convolutions are (height, width, out, in), and PyTorch's (in, rest); all others (..., in, out), (out, rest).
    matrix = kernel.reshape(-1, kernel.shape[-1])
    return np.linalg.svd(matrix, compute_uv=False)


@pytest.mark.parametrize("name", NETWORKS)
def test_kernels_are_orthogonal_of_gain_0_02_and_biases_zero(name):
    keras.utils.set_random_seed(0)
    checked = 0
    for weight in NETWORKS[name]().trainable_weights:
        if len(weight.shape) > 1:
            np.testing.assert_allclose(singular_values(weight), 0.02, rtol=1e-3, err_msg=weight.path)
            checked += 1
        elif weight.name in ("bias", "beta"):
            assert not np.any(np.asarray(weight)), weight.path
        elif weight.name in ("gamma", "scale"):
            np.testing.assert_array_equal(weight, 1, err_msg=weight.path)
    assert checked > 5
