"""Synthetic people: their flow, visibility, depth and joints are true."""

import cv2
import numpy as np
import pytest

from gfla_tf.keypoints.poses import JOINTS
from gfla_tf.synthetic.contact_sheet import warped
from gfla_tf.synthetic.people import SyntheticPeople

SIZES = ((64, 64), (128, 64), (96, 96), (128, 128), (256, 256))


@pytest.fixture(scope="module")
def people():
    return SyntheticPeople((64, 64))


@pytest.fixture(scope="module")
def pairs(people):
    return [people.pair(identity, 0, 1) for identity in range(30)]


@pytest.mark.parametrize("size", SIZES)
def test_a_pair_has_the_documented_arrays_at_every_size(size):
    pair = SyntheticPeople(size).pair(3, 0, 5)
    for side in ("source", "target"):
        assert pair[f"{side}_image"].shape == (*size, 3) and pair[f"{side}_image"].dtype == np.uint8
        assert pair[f"{side}_keypoints"].shape == (len(JOINTS), 3)
        assert pair[f"{side}_keypoints"].dtype == np.float32
        assert pair[f"{side}_person"].shape == size and pair[f"{side}_person"].dtype == bool
        rows = np.nonzero(pair[f"{side}_person"].any(axis=1))[0]
        assert np.ptp(rows) > 0.55 * size[0]
    assert pair["flow"].shape == (*size, 2) and pair["flow"].dtype == np.float32
    assert pair["visibility"].shape == size and pair["visibility"].dtype == bool


def test_people_fill_most_of_the_height_on_average(pairs):
    heights = [np.ptp(np.nonzero(p["target_person"].any(axis=1))[0]) for p in pairs]
    assert np.mean(heights) > 0.8 * 64


def test_the_flow_of_a_frame_to_itself_is_zero_and_all_of_it_is_visible(people):
    for identity in range(15):
        frame = people.frame(identity, 2)
        flow, visibility = people.flow(frame, frame)
        assert not flow.any()
        np.testing.assert_array_equal(visibility, frame.person)


def test_the_source_warped_by_the_flow_is_the_target_where_visible(pairs):
    made, copied, true = [], [], []
    for pair in pairs:
        seen = pair["visibility"]
        made.append(warped(pair["source_image"], pair["flow"])[seen])
        copied.append(pair["source_image"][seen])
        true.append(pair["target_image"][seen])
    made, copied, true = (np.concatenate(a).astype(float) for a in (made, copied, true))
    assert np.abs(made - true).mean() < 0.45 * np.abs(copied - true).mean()
    assert (
        np.corrcoef(made.ravel(), true.ravel())[0, 1]
        > 0.85
        > np.corrcoef(copied.ravel(), true.ravel())[0, 1] + 0.2
    )


def test_the_background_is_shared_and_has_no_flow(pairs):
    for pair in pairs:
        background = ~pair["target_person"]
        assert not pair["flow"][background].any()
        assert not pair["visibility"][background].any()
        nobody = cv2.erode((background & ~pair["source_person"]).astype(np.uint8), np.ones((3, 3))) > 0
        np.testing.assert_array_equal(pair["source_image"][nobody], pair["target_image"][nobody])


def test_hidden_pixels_have_a_flow_too(pairs):
    hidden = np.concatenate([p["flow"][p["target_person"] & ~p["visibility"]] for p in pairs])
    assert len(hidden) > 500 and (np.abs(hidden).sum(axis=1) > 0).mean() > 0.9


def distance(body, part, points):
    """How far (n, 3) points in a part's coordinates lie outside its round cone, by trying many spheres on the axis."""
    share = np.linspace(0, 1, 201)
    center = share * body.lengths[part]
    radius = body.radii[part, 0] + share * (body.radii[part, 1] - body.radii[part, 0])
    across = points[:, 0] ** 2 + points[:, 2] ** 2
    return (np.sqrt(across[:, None] + (points[:, 1:2] - center) ** 2) - radius).min(axis=1)


def first_depths(frame, xy, depths):
    """(n,) depth at which a ray through each (n, 2) position enters the body, by small steps; inf where it misses."""
    first = np.full(len(xy), np.inf)
    for part in range(len(frame.body.parts)):
        inverse = frame.from_image[part]
        for i, (x, y) in enumerate(xy):
            line = np.stack([np.full_like(depths, x), np.full_like(depths, y), depths, np.ones_like(depths)])
            inside = np.nonzero(distance(frame.body, part, (inverse @ line).T) <= 0)[0]
            if inside.size:
                first[i] = min(first[i], depths[inside[0]])
    return first


def closed_frames(people):
    """Frames of the first person without a skirt, whose parts are all closed bodies, which the oracle assumes."""
    identity = next(i for i in range(50) if not people.frame(i, 0).body.open.any())
    return people.frame(identity, 0), people.frame(identity, 1)


def test_depth_agrees_with_marching_along_the_rays(people):
    frame, _ = closed_frames(people)
    rows, columns = np.nonzero(frame.person)
    some = slice(0, None, len(rows) // 40)
    xy = np.stack([columns[some], rows[some]], axis=1)
    depths = np.arange(-40, 40, 0.2)
    marched = first_depths(frame, xy, depths)
    cast = frame.depth[2 * xy[:, 1], 2 * xy[:, 0]]
    # A step may jump over a grazing hit.
    assert np.mean(np.abs(marched - cast) < 0.25) > 0.93


def test_visibility_agrees_with_marching_along_the_rays(people):
    source, target = closed_frames(people)
    flow, visibility = people.flow(source, target)
    rows, columns = np.nonzero(target.person)
    some = slice(0, None, len(rows) // 60)
    rows, columns = rows[some], columns[some]
    parts = target.part[rows, columns]
    points = np.concatenate([target.point[rows, columns], np.ones((len(rows), 1))], axis=1)
    xyz = np.einsum("nij,nj->ni", source.to_image[parts], points)
    np.testing.assert_allclose(xyz[:, :2] - np.stack([columns, rows], 1), flow[rows, columns], atol=1 / 64)
    first = first_depths(source, xyz[:, :2], np.arange(-40, 40, 0.2))
    # Every part is convex: a point faces the camera where a step towards it leaves the part.
    faces = np.empty(len(rows), bool)
    for i, part in enumerate(parts):
        nearer = source.from_image[part] @ (*xyz[i, :2], xyz[i, 2] - 0.05, 1)
        faces[i] = distance(source.body, part, nearer[None])[0] > 0
    seen = faces & (xyz[:, 2] - first < 0.9)
    assert 0.1 < seen.mean() < 0.9
    assert np.mean(seen == visibility[rows, columns]) > 0.97


@pytest.mark.parametrize("size", SIZES)
def test_joints_lie_on_the_person(size):
    people, on_person, inside = SyntheticPeople(size), [], []
    for identity in range(10):
        frame = people.frame(identity, 4)
        x, y, confidence = frame.keypoints.T
        present = confidence > 0
        inside.append(present)
        at = (
            np.clip(np.round(y), 0, size[0] - 1).astype(int),
            np.clip(np.round(x), 0, size[1] - 1).astype(int),
        )
        on_person.append(frame.person[at][present])
    assert np.concatenate(on_person).mean() > 0.93
    assert np.mean(inside) > 0.93


def test_right_is_the_right_of_the_person(people):
    """At the left of the image when the chest looks at the camera, at the right when it looks away."""
    for identity in range(40):
        frame = people.frame(identity, 0)
        chest = frame.to_image[frame.body.index["chest"]]
        forward = chest[2, 2] / np.sqrt((chest[:, 2] ** 2).sum())  # 1: the chest looks away from the camera
        if abs(forward) > 0.8:
            for right, left in (("right_shoulder", "left_shoulder"), ("right_hip", "left_hip")):
                shift = frame.keypoints[JOINTS.index(left), 0] - frame.keypoints[JOINTS.index(right), 0]
                assert np.sign(shift) == -np.sign(forward)


def test_joints_outside_the_image_have_no_confidence():
    frames = [SyntheticPeople((128, 48), seed=1).frame(i, j) for i in range(12) for j in range(6)]
    keypoints = np.stack([f.keypoints for f in frames])
    x, y, confidence = np.moveaxis(keypoints, -1, 0)
    outside = (x < -0.5) | (x > 47.5) | (y < -0.5) | (y > 127.5)
    assert outside.any()
    np.testing.assert_array_equal(confidence, np.where(outside, 0, 1))
