"""Synthetic people are functions of integers: the same everywhere, different for each."""

import os
import subprocess
import sys

import numpy as np
import pytest

from gfla_tf.errors import GflaError
from gfla_tf.synthetic.people import SyntheticPeople
from gfla_tf.synthetic.people.pose import LEGS, LIMITS, draw_pose, limited, walk


@pytest.fixture(scope="module")
def people():
    return SyntheticPeople((64, 64))


@pytest.fixture(scope="module")
def pairs(people):
    return [people.pair(identity, 0, 1) for identity in range(30)]


def test_the_same_integers_give_the_same_pair_whatever_was_drawn_before():
    first = SyntheticPeople((64, 64), seed=7)
    second = SyntheticPeople((64, 64), seed=7)
    for i in range(20, 32):
        second.frame(i, 0)
    expected, made = first.pair(5, 1, 2), second.pair(5, 1, 2)
    for name in expected:
        np.testing.assert_array_equal(made[name], expected[name], err_msg=name)


# Means of the target's 4 x 4 blocks, five joints, pixels of person and visible pixels, mean flow on the person.
RECORDED = {
    ("train", (64, 64)): (
        [[178.51, 177.76, 152.16, 166.45], [177.99, 176.34, 168.82, 160.23],
         [177.47, 167.69, 135.78, 148.99], [177.3, 162.96, 136.42, 138.89]],
        [[31.640625, 12.140625], [23.0625, 4.734375], [42.0625, 5.25], [30.921875, 58.25], [34.890625, 58.875]],
        506, 271, [1.627, 5.439],
    ),
    ("test", (128, 64)): (
        [[129.05, 130.54, 147.14, 145.81], [125.91, 142.64, 144.81, 139.05],
         [132.0, 119.43, 135.76, 151.72], [149.13, 152.63, 149.43, 160.45]],
        [[12.984375, 19.5], [9.9375, 68.75], [15.359375, 52.46875], [15.46875, 117.15625], [38.15625, 116.640625]],
        2473, 379, [9.912, -4.802],
    ),
}  # fmt: skip


@pytest.mark.parametrize("split, size", RECORDED)
def test_pairs_are_those_recorded_on_another_day(split, size):
    """Networks are trained on these people: a change of their look must be meant, and recorded here."""
    blocks, joints, person, visible, flow = RECORDED[split, size]
    pair = SyntheticPeople(size, split, 0).pair(1, 0, 3)
    made = pair["target_image"].reshape(4, size[0] // 4, 4, size[1] // 4, 3).mean(axis=(1, 3, 4))
    np.testing.assert_allclose(made, blocks, atol=0.1)
    np.testing.assert_allclose(pair["target_keypoints"][[0, 4, 7, 10, 13], :2], joints, atol=1 / 64)
    assert abs(int(pair["target_person"].sum()) - person) <= 2
    assert abs(int(pair["visibility"].sum()) - visible) <= 2
    np.testing.assert_allclose(pair["flow"][pair["target_person"]].mean(axis=0), flow, atol=0.02)


def test_pictures_do_not_depend_on_the_vector_instructions_of_the_processor():
    code = (
        "import hashlib; from gfla_tf.synthetic.people import SyntheticPeople\n"
        "people = SyntheticPeople((64, 64), 'train', 3)\n"
        "pairs = [people.pair(i, 0, 1) for i in range(12)]\n"
        "print(hashlib.sha256(b''.join(v.tobytes() for p in pairs for v in p.values())).hexdigest())"
    )
    # OpenBLAS and NumPy then use the code of a processor of 2008; where they cannot, both runs are simply alike.
    features = "X86_V3 X86_V4 AVX2 FMA3 AVX512F AVX512_SKX AVX512_ICL"
    old = {**os.environ, "NPY_DISABLE_CPU_FEATURES": features, "OPENBLAS_CORETYPE": "Nehalem"}
    digests = [
        subprocess.run(
            [sys.executable, "-W", "ignore", "-c", code], env=env, check=True, capture_output=True, text=True
        )
        for env in (dict(os.environ), old)
    ]
    assert len({d.stdout for d in digests}) == 1


def test_splits_seeds_identities_and_frames_all_differ():
    def image(split, seed, identity, index):
        return SyntheticPeople((64, 64), split, seed).frame(identity, index).image.tobytes()

    keys = [
        (s, n, i, f) for s in ("train", "test") for n in (0, 1, 2**32) for i in (0, 1, 2**32) for f in (0, 1)
    ]
    assert len({image(*key) for key in keys}) == len(keys)


def test_train_and_test_have_no_identity_in_common():
    def looks(split, seed):
        people = SyntheticPeople((16, 16), split, seed)
        made = [people._identity(i) for i in range(150)]
        return {(p.body.height, *p.appearance.materials[0].colors[0]) for p in made}

    train, test = looks("train", 0) | looks("train", 1), looks("test", 0) | looks("test", 1)
    assert len(train) == len(test) == 300
    assert not train & test


def test_flow_and_keypoints_are_multiples_of_a_64th_of_a_pixel(pairs):
    for pair in pairs:
        for values in (pair["flow"], pair["target_keypoints"][:, :2]):
            np.testing.assert_array_equal(values * 64, np.round(values * 64))


def test_poses_stay_within_the_limits_of_joints():
    from gfla_tf.synthetic.rng import Draws

    assert LIMITS["forearm"][0] == (0, 145) and all(low >= 0 for *_, (low, _) in LEGS.values())
    for i in range(50):
        angles = draw_pose(Draws(i))
        np.testing.assert_array_equal(limited(angles), angles)
    np.testing.assert_allclose(walk(0.25), walk(1.25), atol=1e-9)


def test_bad_arguments_are_named(people):
    for make in (
        lambda: SyntheticPeople((64, 64), "validation"),
        lambda: SyntheticPeople((8, 64)),
        lambda: SyntheticPeople((64, 64), seed=-1).frame(0, 0),
        lambda: people.frame(-1, 0),
        lambda: people.flow(people.frame(0, 0), people.frame(1, 0)),
    ):
        with pytest.raises(GflaError):
            make()
