import keras
import numpy as np
import pytest

from gfla_tf.keypoints.poses import LIMBS, heat_maps
from gfla_tf.models.presets import create_generator
from gfla_tf.ops.limb_flow import joint_positions, limb_flow
from gfla_tf.synthetic.people.people import SyntheticPeople

SIZE = (64, 48)


def positions(points, sigma=4.0):
    """`joint_positions` of keypoints (joints, 3)."""
    return joint_positions(heat_maps(np.array([points], np.float32), SIZE, sigma))


def test_joints_are_found_where_they_were_drawn():
    points = [(3, 2, 1), (40, 60, 1), (20, 30, 1), (10, 10, 0)]
    x, y, presence = (np.array(v).ravel() for v in positions(points))
    np.testing.assert_allclose(x[:3], [3, 40, 20], atol=0.3)
    np.testing.assert_allclose(y[:3], [2, 60, 30], atol=0.3)
    assert (presence[:3] == 1).all() and presence[3] == 0


def test_between_two_joints_displacements_are_interpolated():
    source, target = (
        positions([(30, 20, 1), (34, 44, 1)]),
        positions([(20, 12, 1), (20, 52, 1)]),
    )
    flow = np.array(limb_flow(source, target, [(0, 1)], SIZE))[0]
    np.testing.assert_allclose(flow[12, 20], (10, 8), atol=0.1)
    np.testing.assert_allclose(flow[32, 20], (12, 0), atol=0.1)
    np.testing.assert_allclose(flow[52, 20], (14, -8), atol=0.1)
    np.testing.assert_allclose(flow[32, 2], flow[32, 20], atol=1e-3)  # beside the limb as on it


def test_a_coarser_level_has_the_same_flow_in_its_own_pixels():
    source, target = positions([(30, 20, 1), (34, 44, 1)]), positions([(20, 12, 1), (20, 52, 1)])
    fine, coarse = (np.array(limb_flow(source, target, [(0, 1)], SIZE, level)) for level in (0, 2))
    means = fine.reshape(1, 16, 4, 12, 4, 2).mean(axis=(2, 4))
    assert coarse.shape == means.shape
    np.testing.assert_allclose(coarse * 4, means, atol=0.1)


@pytest.mark.parametrize("missing", ["source", "target"])
def test_limbs_with_a_missing_joint_count_for_nothing(missing):
    joints = {
        "source": [(30, 20, 1), (34, 44, 1), (5, 5, 1)],
        "target": [(20, 12, 1), (20, 52, 1), (40, 52, 1)],
    }
    joints[missing][2] = (0, 0, 0)
    with_it, without = (
        limb_flow(positions(joints["source"]), positions(joints["target"]), limbs, SIZE)
        for limbs in ([(0, 1), (1, 2)], [(0, 1)])
    )
    np.testing.assert_allclose(with_it, without, atol=1e-4)


def test_without_any_joint_nothing_moves():
    nothing = positions([(0, 0, 0), (0, 0, 0)])
    assert not np.array(limb_flow(nothing, nothing, [(0, 1)], SIZE)).any()


def test_it_is_a_better_guess_than_none_for_people():
    people, size = SyntheticPeople((96, 64), "test", 5), (96, 64)
    found, zero = [], []
    for identity in range(6):
        pair = people.pair(identity, 0, 1)
        joints = [
            joint_positions(heat_maps(pair[f"{role}_keypoints"][None], size, 9.0))
            for role in ("source", "target")
        ]
        difference = np.array(limb_flow(*joints, LIMBS, size))[0] - pair["flow"]
        found.append(np.linalg.norm(difference, axis=-1)[pair["visibility"]])
        zero.append(np.linalg.norm(pair["flow"], axis=-1)[pair["visibility"]])
    assert np.concatenate(found).mean() < 0.5 * np.concatenate(zero).mean()


def test_a_network_adds_what_it_estimates():
    generator = create_generator("pose_quickstart", image_size=(32, 32), flow_limbs=[[0, 1], [1, 2]])
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(generator))
    again.set_weights([np.zeros_like(weight) for weight in generator.get_weights()])
    poses = [
        heat_maps(np.array([points], np.float32), (32, 32), 4.0)
        for points in ([(8, 8, 1), (8, 24, 1), (20, 24, 1)], [(16, 8, 1), (16, 24, 1), (24, 24, 1)])
    ]
    poses = [np.concatenate([pose, np.zeros((1, 32, 32, 15), np.float32)], axis=-1) for pose in poses]
    outputs = again(
        {
            "source_image": np.zeros((1, 32, 32, 3), np.float32),
            "source_pose": poses[0],
            "target_pose": poses[1],
        }
    )
    np.testing.assert_allclose(outputs["flow_1"][0, 8, 8], (-4, 0), atol=0.2)
    np.testing.assert_allclose(outputs["flow_2"][0, 4, 4], (-2, 0), atol=0.2)
