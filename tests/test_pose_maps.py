"""Pose maps: what the networks see of a pose."""

import numpy as np
import pytest

from gfla_tf.keypoints import poses
from gfla_tf.ops import heat_maps as graph


def keypoints():
    random = np.random.default_rng(0)
    joints = random.uniform(-5, 45, (2, 18, 3)).astype(np.float32)
    joints[..., 2] = random.uniform(size=(2, 18)) > 0.2
    return joints


@pytest.mark.parametrize("stride", [1, 2, 4])
@pytest.mark.parametrize("limb_sigma", [None, 2.5])
def test_the_graph_draws_what_the_data_draws(limb_sigma, stride):
    expected = poses.pose_maps(keypoints(), (48, 40), 4.0, limb_sigma, stride)
    assert expected.shape == (2, 48 // stride, 40 // stride, poses.pose_channels(limb_sigma))
    drawn = graph.pose_maps(keypoints(), (48, 40), 4.0, limb_sigma, stride)
    np.testing.assert_allclose(drawn, expected, atol=2e-5)


def test_with_a_stride_maps_are_seen_in_the_middle_of_their_pixels_and_joints_keep_their_fractions():
    joints = np.zeros((18, 3), np.float32)
    joints[0] = (12.7, 9.5, 1)
    maps = poses.heat_maps(joints, (32, 32), 4.0, stride=4)
    assert maps.shape == (8, 8, 18)
    np.testing.assert_allclose(maps[2, 3, 0], np.exp(-((13.5 - 12.7) ** 2) / 32), rtol=1e-6)


def test_a_limb_is_one_along_its_segment_and_falls_off_beside_it():
    joints = np.zeros((18, 3), np.float32)
    joints[2], joints[3] = (10, 5, 1), (10, 25, 1)  # right shoulder and elbow
    limb = poses.limb_maps(joints, (32, 32), 2.0)[..., poses.LIMBS.index((2, 3))]
    np.testing.assert_allclose(limb[5:26, 10], 1)
    np.testing.assert_allclose(limb[15, 12], np.exp(-0.5), rtol=1e-6)
    np.testing.assert_allclose(limb[29, 10], np.exp(-2), rtol=1e-6)  # 4 pixels below the elbow


def test_a_limb_with_a_missing_joint_is_empty():
    joints = np.full((18, 3), 10, np.float32)
    joints[3, 2] = 0
    limbs = poses.limb_maps(joints, (16, 16), 2.0)
    assert [i for i, limb in enumerate(poses.LIMBS) if 3 in limb] == list(
        np.flatnonzero(limbs.max((0, 1)) == 0)
    )
