"""The synthetic objects: pictures from all sides, exact flow and visibility, and their repeatability."""

import os
import subprocess
import sys

import cv2
import numpy as np
import pytest

from gfla_tf.errors import GflaError
from gfla_tf.keypoints.views import AZIMUTHS, ELEVATIONS, VIEW_CHANNELS, view_codes
from gfla_tf.synthetic.contact_sheet import warped
from gfla_tf.synthetic.objects import KINDS, SyntheticObjects, raycast
from gfla_tf.synthetic.objects.camera import Rig
from gfla_tf.synthetic.objects.light import Light
from gfla_tf.synthetic.objects.solids import box, strut
from gfla_tf.synthetic.objects.view import render
from gfla_tf.synthetic.rng import Draws

SIZES = ((64, 64), (32, 96), (96, 32), (256, 256))


@pytest.fixture(scope="module")
def objects():
    return {kind: SyntheticObjects(kind) for kind in KINDS}


@pytest.fixture(scope="module")
def pairs(objects):
    """Views 60 degrees apart, of 12 objects of each kind."""
    return [objects[kind].pair(i, ((i + 3) % 18, 1), (i % 18, i % 3)) for kind in objects for i in range(12)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", SIZES)
def test_a_pair_has_the_documented_arrays_at_every_size(kind, size):
    pair = SyntheticObjects(kind, size).pair(3, (0, 0), (5, 2))
    for side in ("source", "target"):
        assert pair[f"{side}_image"].shape == (*size, 3) and pair[f"{side}_image"].dtype == np.uint8
        assert pair[f"{side}_view"].shape == (VIEW_CHANNELS,) and pair[f"{side}_view"].dtype == np.float32
    assert pair["target_mask"].shape == size and pair["target_mask"].dtype == bool
    assert pair["flow"].shape == (*size, 2) and pair["flow"].dtype == np.float32
    assert pair["visibility"].shape == size and pair["visibility"].dtype == bool


def test_a_view_is_its_azimuth_and_its_elevation_one_behind_the_other():
    assert len(AZIMUTHS) == 18 and AZIMUTHS[3] == 60 and ELEVATIONS == (0, 10, 20) and VIEW_CHANNELS == 21
    np.testing.assert_array_equal(np.nonzero(view_codes(3, 2)), [[3, 18 + 2]])
    many = view_codes(np.arange(18)[:, None], np.arange(3))
    assert (
        many.shape == (18, 3, 21)
        and (many.sum(axis=-1) == 2).all()
        and len(np.unique(many.reshape(54, 21), axis=0)) == 54
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", SIZES[:3])
def test_the_whole_object_is_always_in_the_picture_and_fills_it(kind, size):
    objects = SyntheticObjects(kind, size)
    for identity in range(6):
        thing = objects._identity(identity)
        seen = []
        for azimuth in range(18):
            for elevation in range(3):
                view = thing.rig.camera(azimuth, elevation)
                solids = [raycast.cast([solid], view, size, 1)[0] >= 0 for solid in thing.solids]
                seen.append(np.any(solids, axis=0))
        seen = np.array(seen)
        assert not (seen[:, [0, -1]].any() or seen[:, :, [0, -1]].any())
        extent = [np.ptp(np.nonzero(seen.any(axis=(0, 3 - axis)))[0]) / size[axis - 1] for axis in (1, 2)]
        assert max(extent) > (0.8 if size[0] == size[1] else 0.65)


FACES = {"front": (0, 0, 1), "left": (1, 0, 0), "back": (0, 0, -1), "right": (-1, 0, 0), "top": (0, 1, 0)}


def colored_by_face(point, normal):
    """Red to the left, green upwards, blue to the front, each half as bright on the other side."""
    return np.maximum(normal, -0.5 * normal)


def test_the_camera_goes_from_the_front_to_the_left():
    low, high = np.array((-0.5, 0.0, -1.0)), np.array((0.5, 0.5, 1.0))
    solids = [box(low, high, colored_by_face)]
    rig = Rig(solids, (65, 65))
    dark = Light(np.array((0.0, 1.0, 0.0)), 0.5, 0.0)  # 0.5 + 0.25 on all sides

    def middle(azimuth, elevation=0):
        view = render(solids, dark, rig.camera(azimuth, elevation), (65, 65))
        return view.image[32, 32] / 255

    np.testing.assert_allclose(middle(0), (0, 0, 0.75), atol=0.01)
    np.testing.assert_allclose(middle(4)[:2], (0.75, 0), atol=0.2)  # 80 degrees
    assert middle(4)[0] > 0.6 and middle(5)[0] > 0.6
    np.testing.assert_allclose(middle(9), (0, 0, 0.375), atol=0.01)
    np.testing.assert_allclose(middle(14)[0], 0.375, atol=0.1)
    view = render(solids, dark, rig.camera(0, 2), (65, 65))
    rows = np.nonzero(view.mask.any(axis=1))[0]
    assert view.image[rows[0] + 2, 32, 1] > 100  # from above one sees the top, behind the front
    # Its front is at the left of the picture of its left side: points with a larger z at a smaller x.
    view = render(solids, dark, rig.camera(4, 0), (65, 65))
    x, _, _ = raycast.project(view.camera, np.float32([[0.5, 0.5], [0.2, 0.2], [1.0, -1.0]]))
    assert x[0] < x[1]


def test_the_flow_of_a_view_to_itself_is_zero_and_all_of_it_is_visible(objects):
    for kind in KINDS:
        for identity in range(8):
            view = objects[kind].view(identity, identity, identity % 3)
            flow, visibility = objects[kind].flow(identity, view, view)
            assert not flow.any()
            assert (visibility == view.mask)[view.mask].mean() > 0.998  # faces that are seen edge on


def test_the_source_warped_by_the_flow_is_the_target_where_visible(pairs):
    made, copied, true = [], [], []
    for pair in pairs:
        seen = pair["visibility"]
        made.append(warped(pair["source_image"], pair["flow"])[seen])
        copied.append(pair["source_image"][seen])
        true.append(pair["target_image"][seen])
    made, copied, true = (np.concatenate(a).astype(float) for a in (made, copied, true))
    assert np.abs(made - true).mean() < 0.35 * np.abs(copied - true).mean()


def test_the_background_is_white_and_has_no_flow(pairs):
    for pair in pairs:
        background = ~pair["target_mask"]
        assert not pair["flow"][background].any() and not pair["visibility"][background].any()
        far = cv2.erode(background.astype(np.uint8), np.ones((3, 3))) > 0
        assert (pair["target_image"][far] == 255).all()


def test_hidden_pixels_have_a_flow_too(pairs):
    hidden = np.concatenate([p["flow"][p["target_mask"] & ~p["visibility"]] for p in pairs])
    assert len(hidden) > 1000 and (np.abs(hidden).sum(axis=1) > 0).mean() > 0.9


def inside(solids, points):
    """(..., 3) points -> (solids, ...) whether each lies in each solid."""
    return np.stack([(points @ s.normals.T <= s.offsets + 1e-6).all(axis=-1) for s in solids])


def marched(solids, view, x, y, depths):
    """(n,) depth at which the ray through each pixel enters the first solid, by small steps; inf where it misses."""
    rays = np.stack([x, y, np.ones_like(x)], axis=1) @ view.camera.rays.T
    points = view.camera.position + rays[:, None] * depths[:, None]
    found = inside(solids, points).any(axis=0)
    return np.where(found.any(axis=1), depths[found.argmax(axis=1)], np.inf)


@pytest.mark.parametrize("kind", KINDS)
def test_surfaces_and_visibility_agree_with_marching_along_the_rays(objects, kind):
    right_depth, right_visibility, seen_share = [], [], []
    for identity in range(4):
        source, target = objects[kind].view(identity, 4, 1), objects[kind].view(identity, 1, 2)
        solids = objects[kind]._identity(identity).solids
        flow, visibility = objects[kind].flow(identity, source, target)
        rows, columns = np.nonzero(target.mask)
        some = slice(identity, None, max(1, len(rows) // 60))
        rows, columns = rows[some], columns[some]
        points = target.point[rows, columns].astype(float)
        far = np.sqrt(((source.camera.position - points) ** 2).sum(axis=1))
        depths = np.linspace(0.7 * far.min(), 1.3 * far.max(), 1500)
        step = depths[1] - depths[0]

        depth = (target.camera.to_image[2, :3] * points).sum(axis=1) + target.camera.to_image[2, 3]
        right_depth.append(np.abs(marched(solids, target, columns, rows, depths) - depth) < 2 * step)

        to = np.concatenate([points, np.ones((len(points), 1))], axis=1) @ source.camera.to_image.T
        x, y, depth = to[:, 0] / to[:, 2], to[:, 1] / to[:, 2], to[:, 2]
        np.testing.assert_allclose(np.stack([x - columns, y - rows], 1), flow[rows, columns], atol=0.02)
        seen = marched(solids, source, x, y, depths) > depth - 3 * step
        right_visibility.append(seen == visibility[rows, columns])
        seen_share.append(seen)
    assert np.mean(np.concatenate(right_depth)) > 0.96  # a step may jump over what is thin
    assert 0.2 < np.mean(np.concatenate(seen_share)) < 0.95
    assert np.mean(np.concatenate(right_visibility)) > 0.96


def test_all_solids_are_closed_and_keep_to_their_boxes(objects):
    rng = np.random.default_rng(0)
    for kind in KINDS:
        for identity in range(5):
            for solid in objects[kind]._identity(identity).solids:
                np.testing.assert_allclose((solid.normals**2).sum(axis=1), 1)
                size = solid.high - solid.low
                points = solid.low + size * rng.uniform(-1, 2, (4000, 3))
                held = points[inside([solid], points)[0]]
                assert len(held)
                assert ((held > solid.low - 0.02) & (held < solid.high + 0.02)).all()


def test_a_strut_is_as_thick_as_its_radii():
    bar = strut((0, 0, 0), (0, 2, 0), (0.5, 0.25), None, 64)
    for y, radius in ((0.01, 0.5), (1.0, 0.375), (1.99, 0.25)):
        angle = np.linspace(0, 6, 20)
        ring = np.stack([np.cos(angle), np.full(20, y / radius), np.sin(angle)], axis=1) * radius
        middle = np.array((0, y, 0))
        assert inside([bar], middle + 0.99 * (ring - middle)).all()
        assert not inside([bar], middle + 1.02 * (ring - middle)).any()


def test_the_same_integers_give_the_same_pair_whatever_was_drawn_before():
    first, second = (SyntheticObjects("cars", seed=7) for _ in range(2))
    for i in range(20, 32):
        second.view(i, 0, 0)
    expected, made = (o.pair(5, (1, 0), (2, 1)) for o in (first, second))
    for name in expected:
        np.testing.assert_array_equal(made[name], expected[name], err_msg=name)


def test_pictures_do_not_depend_on_the_vector_instructions_of_the_processor():
    code = (
        "import hashlib; from gfla_tf.synthetic.objects import SyntheticObjects\n"
        "made = [SyntheticObjects(k, (64, 64), 'train', 3).pair(i, (i, 0), (i + 3, 1))\n"
        "        for k in ('cars', 'chairs') for i in range(6)]\n"
        "print(hashlib.sha256(b''.join(v.tobytes() for p in made for v in p.values())).hexdigest())"
    )
    features = "X86_V3 X86_V4 AVX2 FMA3 AVX512F AVX512_SKX AVX512_ICL"
    old = {**os.environ, "NPY_DISABLE_CPU_FEATURES": features, "OPENBLAS_CORETYPE": "Nehalem"}
    digests = [
        subprocess.run(
            [sys.executable, "-W", "ignore", "-c", code], env=env, check=True, capture_output=True, text=True
        )
        for env in (dict(os.environ), old)
    ]
    assert len({d.stdout for d in digests}) == 1


def test_kinds_splits_seeds_identities_and_views_all_differ():
    def image(kind, split, seed, identity, azimuth):
        return SyntheticObjects(kind, (32, 32), split, seed).view(identity, azimuth, 0).image.tobytes()

    keys = [
        (k, s, n, i, a) for k in KINDS for s in ("train", "test") for n in (0, 2**32) for i in (0, 1) for a in (0, 1)
    ]  # fmt: skip
    assert len({image(*key) for key in keys}) == len(keys)


@pytest.mark.parametrize("kind", KINDS)
def test_train_and_test_have_no_identity_in_common(kind):
    def looks(split, seed):
        objects = SyntheticObjects(kind, (16, 16), split, seed)
        return {tuple(solid.high) for i in range(100) for solid in objects._identity(i).solids[:1]}

    train, test = looks("train", 0) | looks("train", 1), looks("test", 0) | looks("test", 1)
    assert len(train) == len(test) == 200
    assert not train & test


@pytest.mark.parametrize("kind", KINDS)
def test_every_draw_gives_an_object(kind):
    for identity in range(150):
        solids = KINDS[kind](Draws(identity, 99))
        low = np.min([s.low for s in solids], axis=0)
        assert -0.03 < low[1] < 0.06 and len(solids) < 100
        np.testing.assert_allclose(
            low[0], -np.max([s.high[0] for s in solids]), atol=1e-6
        )  # as wide to both sides


def test_bad_arguments_are_named(objects):
    for make in (
        lambda: SyntheticObjects("planes"),
        lambda: SyntheticObjects("cars", split="validation"),
        lambda: SyntheticObjects("cars", (8, 64)),
        lambda: SyntheticObjects("cars", seed=-1).view(0, 0, 0),
        lambda: objects["cars"].view(0, 18, 0),
        lambda: objects["cars"].view(0, 0, 3),
        lambda: objects["cars"].flow(
            0, objects["cars"].view(0, 0, 0), SyntheticObjects("cars", (32, 32)).view(0, 0, 0)
        ),
    ):
        with pytest.raises(GflaError):
            make()
