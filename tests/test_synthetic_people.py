"""The synthetic people: pictures, joints, exact flow and visibility, and their repeatability."""

import os
import subprocess
import sys

import cv2
import numpy as np
import pytest

from gfla_tf.errors import GflaError
from gfla_tf.keypoints.poses import JOINTS
from gfla_tf.synthetic.people import SyntheticPeople
from gfla_tf.synthetic.people.contact_sheet import main, warped
from gfla_tf.synthetic.people.pose import LEGS, LIMITS, draw_pose, limited, walk

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
    centre = share * body.lengths[part]
    radius = body.radii[part, 0] + share * (body.radii[part, 1] - body.radii[part, 0])
    across = points[:, 0] ** 2 + points[:, 2] ** 2
    return (np.sqrt(across[:, None] + (points[:, 1:2] - centre) ** 2) - radius).min(axis=1)


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
        return {(p.body.height, *p.appearance.materials[0].colours[0]) for p in made}

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


def test_neither_the_people_nor_the_contact_sheet_imports_tensorflow(tmp_path):
    out = tmp_path / "sheet.png"
    code = (
        "import sys; sys.argv = ['sheet', sys.argv[1], '--flow', '--identities', '2']\n"
        "from gfla_tf.synthetic.people.contact_sheet import main; main()\n"
        "sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, str(out)], check=True)
    assert cv2.imread(str(out)).shape == (2 * 130, 5 * 130, 3)


@pytest.mark.parametrize("option", ["--identities", "--frames", "--zoom"])
def test_a_contact_sheet_of_nothing_is_one_sentence(tmp_path, monkeypatch, capsys, option):
    monkeypatch.setattr(sys, "argv", ["contact_sheet", str(tmp_path / "sheet.png"), option, "0"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert capsys.readouterr().err == f"error: {option} is 0: it must be at least 1.\n"
    assert not list(tmp_path.iterdir())
