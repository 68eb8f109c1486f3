"""Synthetic people in motion: smooth and within human limits, with exact flow; joint orders; a detector's noise."""

import dataclasses

import numpy as np
import pytest

from gfla_tf.errors import GflaError
from gfla_tf.keypoints.joint_orders import COCO_17, H36M_17, to_coco, to_h36m
from gfla_tf.keypoints.poses import JOINTS
from gfla_tf.synthetic.contact_sheet import warped
from gfla_tf.synthetic.people import SyntheticPeople
from gfla_tf.synthetic.people.motion import draw_motion
from gfla_tf.synthetic.people.pose import limited
from gfla_tf.synthetic.people.pose_noise import noisy_keypoints
from gfla_tf.synthetic.rng import Draws

LENGTH = 8


@pytest.fixture(scope="module")
def clips():
    people = SyntheticPeople((64, 64))
    return [people.clip(identity, 0, LENGTH) for identity in range(12)]


# === Clips ===


def test_a_clip_has_the_documented_arrays():
    clip = SyntheticPeople((48, 32)).clip(3, 1, 4)
    assert clip.images.shape == (5, 48, 32, 3) and clip.images.dtype == np.uint8
    assert clip.keypoints.shape == (5, len(JOINTS), 3) and clip.keypoints.dtype == np.float32
    assert clip.persons.shape == (5, 48, 32) and clip.persons.dtype == bool
    for source in ("reference", "previous"):
        flow, visibility = getattr(clip, f"flow_{source}"), getattr(clip, f"visibility_{source}")
        assert flow.shape == (4, 48, 32, 2) and flow.dtype == np.float32
        assert visibility.shape == (4, 48, 32) and visibility.dtype == bool


def same(one, other):
    return all(np.array_equal(getattr(one, f.name), getattr(other, f.name)) for f in dataclasses.fields(one))


def test_a_clip_depends_on_seed_split_identity_and_index_alone():
    clip = SyntheticPeople((32, 32), seed=5).clip(2, 3, 2)
    people = SyntheticPeople((32, 32), seed=5)
    people.frame(2, 0), people.clip(1, 3, 2)
    assert same(clip, people.clip(2, 3, 2))
    others = [people.clip(2, 4, 2), people.clip(3, 3, 2), SyntheticPeople((32, 32), seed=6).clip(2, 3, 2),
              SyntheticPeople((32, 32), "test", seed=5).clip(2, 3, 2)]  # fmt: skip
    assert not any(same(clip, other) for other in others)


def test_a_clip_is_the_one_recorded_on_another_day():
    """Networks are trained on these people: a change of their motion must be meant, and recorded here."""
    clip = SyntheticPeople((32, 32), seed=1).clip(0, 0, 3)
    blocks = clip.images[2].reshape(2, 16, 2, 16, 3).mean(axis=(1, 3, 4))
    np.testing.assert_allclose(blocks, [[165.04, 149.49], [159.86, 139.5]], atol=0.1)
    joints = [[18.40625, 6.5], [15.3125, 15.984375], [16.828125, 29.296875]]
    np.testing.assert_allclose(clip.keypoints[2, [0, 4, 10], :2], joints, atol=1 / 64)
    assert abs(int(clip.persons[2].sum()) - 122) <= 2
    assert abs(int(clip.visibility_reference[1].sum()) - 104) <= 2
    np.testing.assert_allclose(
        clip.flow_reference[1][clip.persons[2]].mean(axis=0), [0.165, 0.061], atol=0.02
    )


def test_a_clip_without_frames_is_refused_in_one_sentence():
    with pytest.raises(GflaError, match="A clip cannot have 0 frames"):
        SyntheticPeople((32, 32)).clip(0, 0, 0)


def test_the_background_stands_still(clips):
    for clip in clips:
        nobody = ~clip.persons.any(axis=0)
        nobody[1:] &= nobody[:-1]  # a pixel beside the person is partly person
        nobody[:-1] &= nobody[1:]
        nobody[:, 1:] &= nobody[:, :-1]
        nobody[:, :-1] &= nobody[:, 1:]
        assert nobody.any()
        assert np.ptp(clip.images[:, nobody].astype(int), axis=0).max() == 0


def test_people_fill_the_image_and_stay_in_it(clips):
    for clip in clips:
        rows = np.nonzero(clip.persons.any(axis=(0, 2)))[0]
        assert rows.min() > 0 and rows.max() < 63
        assert (clip.keypoints[..., 2] == 0).mean() < 0.02
    heights = [np.ptp(np.nonzero(frame.any(axis=1))[0]) for clip in clips for frame in clip.persons]
    assert np.mean(heights) > 0.7 * 64


def test_the_foot_that_carries_stays_where_it_is(clips):
    ankles = [JOINTS.index("right_ankle"), JOINTS.index("left_ankle")]
    moved = [np.linalg.norm(np.diff(clip.keypoints[1:, ankles, :2], axis=0), axis=-1) for clip in clips]
    slips = np.concatenate(moved).min(axis=1)
    assert np.median(slips) < 0.5 and np.quantile(slips, 0.95) < 2


@pytest.mark.parametrize("source", ("reference", "previous"))
def test_the_source_warped_by_the_flow_is_the_frame_where_visible(clips, source):
    made, copied = [], []
    for clip in clips:
        sources = [clip.images[0]] * LENGTH if source == "reference" else clip.images[:-1]
        for image, frame, flow, seen in zip(
            sources, clip.images[1:], getattr(clip, f"flow_{source}"), getattr(clip, f"visibility_{source}")
        ):
            made.append(np.abs(warped(image, flow)[seen].astype(float) - frame[seen]))
            copied.append(np.abs(image[seen].astype(float) - frame[seen]))
    made, copied = np.concatenate(made).mean(), np.concatenate(copied).mean()
    assert made < 14 and made < 0.6 * copied


def test_more_of_the_previous_frame_than_of_the_reference_is_seen_again(clips):
    later = [
        [
            getattr(clip, f"visibility_{s}")[1:].sum() / clip.persons[2:].sum()
            for s in ("previous", "reference")
        ]
        for clip in clips
    ]
    previous, reference = np.mean(later, axis=0)
    assert previous > 0.85 and previous > reference


# === Motion ===


@pytest.fixture(scope="module")
def motions():
    """(motions, times, bones, 3) angles of many motions, five times a frame."""
    drawn = [draw_motion(Draws(0, i), 1.0 if i % 3 else 0.55) for i in range(60)]
    return np.array([[motion.angles(time) for time in np.arange(-10, 40, 0.2)] for motion in drawn])


def test_motions_keep_the_limits_of_a_body(motions):
    for angles in motions.reshape(-1, *motions.shape[2:]):
        np.testing.assert_array_equal(angles, limited(angles))


def test_motions_are_smooth(motions):
    """No joint jumps: in a fifth of a frame none turns further than an eighth of what it may in all."""
    assert np.abs(np.diff(motions, axis=1)).max() < 9
    speeds = np.abs(np.diff(motions, axis=1)).max(axis=(2, 3)) * 5
    assert 2 < np.median(speeds) < 20  # degrees in a frame


def test_motions_differ(motions):
    reach = np.ptp(motions, axis=1)  # (motions, bones, 3)
    assert (reach.max(axis=(1, 2)) > 15).all()
    assert np.unique(motions[:, 0].round(3), axis=0).shape[0] == len(motions)


# === Joint orders ===


def test_joints_of_other_orders_are_the_joints_of_their_names():
    keypoints = np.random.default_rng(0).uniform(1, 60, (4, 18, 3)).astype(np.float32)
    for order, made in ((COCO_17, to_coco(keypoints)), (H36M_17, to_h36m(keypoints))):
        assert made.shape == (4, 17, 3) and len(set(order)) == 17
        for i, name in enumerate(order):
            if name in JOINTS:
                np.testing.assert_array_equal(made[:, i], keypoints[:, JOINTS.index(name)])


def test_joints_that_openpose_lacks_lie_between_or_beyond_others():
    keypoints = SyntheticPeople((128, 128)).frame(4, 0).keypoints
    joint, made = dict(zip(JOINTS, keypoints)), dict(zip(H36M_17, to_h36m(keypoints)))
    np.testing.assert_allclose(made["pelvis"], (joint["right_hip"] + joint["left_hip"]) / 2)
    np.testing.assert_allclose(made["spine"], (made["pelvis"] + joint["neck"]) / 2)
    np.testing.assert_array_equal(made["thorax"], joint["neck"])
    ears = (joint["right_ear"] + joint["left_ear"]) / 2
    np.testing.assert_allclose(made["head"] - joint["neck"], 1.55 * (ears - joint["neck"]), atol=1e-4)


def test_a_joint_is_missing_where_one_that_it_is_made_of_is():
    keypoints = np.ones((18, 3), np.float32)
    keypoints[JOINTS.index("left_hip"), 2] = 0
    missing = [name for name, joint in zip(H36M_17, to_h36m(keypoints)) if not joint.any()]
    assert missing == ["pelvis", "left_hip", "spine"]
    keypoints[[JOINTS.index("left_ear"), JOINTS.index("right_eye")], 2] = 0
    assert to_h36m(keypoints)[H36M_17.index("head"), 2] == 1  # the nose stands in
    with pytest.raises(GflaError, match="not OpenPose's"):
        to_h36m(np.zeros((17, 3)))


# === Noise ===


@pytest.fixture(scope="module")
def noise():
    clean = np.repeat(SyntheticPeople((128, 128)).frame(4, 0).keypoints[None], 400, axis=0)
    return clean, noisy_keypoints(clean, 7, 128)


def test_noise_is_a_function_of_its_seed(noise):
    clean, noisy = noise
    np.testing.assert_array_equal(noisy, noisy_keypoints(clean, 7, 128))
    assert (noisy != noisy_keypoints(clean, 8, 128)).any()
    assert noisy.shape == clean.shape and noisy.dtype == np.float32


def test_noise_moves_joints_a_little_drops_some_and_swaps_sides(noise):
    clean, noisy = noise
    present = noisy[..., 2] > 0
    assert 0.9 < present.mean() < 0.99 and not noisy[~present].any()
    assert set(np.unique(noisy[..., 2])) == {0, 1}
    distance = np.linalg.norm(noisy[..., :2] - clean[..., :2], axis=-1)
    assert 0.8 < np.median(distance[present]) < 2.5  # of 128 pixels
    right, left = JOINTS.index("right_shoulder"), JOINTS.index("left_shoulder")
    across = np.linalg.norm(noisy[:, right, :2] - clean[:, left, :2], axis=-1)
    swapped = present[:, right] & (across < distance[:, right])
    assert 0.005 < swapped.mean() < 0.1
    nose = noisy[:, JOINTS.index("nose"), 0][present[:, JOINTS.index("nose")]]
    jitter = np.diff(nose).std() / np.sqrt(2)
    means = nose[: len(nose) // 12 * 12].reshape(-1, 12).mean(axis=1)
    assert means.std() > 1.4 * jitter / np.sqrt(12)  # more than jitter alone would leave: there is drift


def test_noise_knows_other_joint_orders_and_refuses_wrong_shapes():
    clean = np.ones((30, 17, 3), np.float32)
    assert noisy_keypoints(clean, 0, 64, COCO_17).shape == clean.shape
    with pytest.raises(GflaError, match="no sequence of 18 joints"):
        noisy_keypoints(clean, 0, 64)


def test_what_is_missing_stays_missing(noise):
    clean = noise[0].copy()
    clean[:, JOINTS.index("neck"), 2] = 0
    assert not noisy_keypoints(clean, 0, 128)[:, JOINTS.index("neck")].any()
