"""The synthetic faces: pictures, 68 points, exact flow and visibility, and their repeatability."""

import numpy as np
import pytest

from gfla_tf.errors import GflaError
from gfla_tf.synthetic.contact_sheet import warped
from gfla_tf.synthetic.faces import SyntheticFaces
from gfla_tf.synthetic.faces.anatomy import draw_anatomy, front_of, oval
from gfla_tf.synthetic.faces.expression import EYE, LID, MOUTH, SKIN, Expression, Warp
from gfla_tf.synthetic.faces.frame import HEAD_PART
from gfla_tf.synthetic.rng import Draws

EYES, INNER_LIPS = slice(36, 48), slice(60, 68)


@pytest.fixture(scope="module")
def faces():
    return SyntheticFaces((96, 96))


@pytest.fixture(scope="module")
def pairs(faces):
    """(source, target, flow, visibility) of some identities."""
    made = []
    for identity in range(12):
        source, target = faces.frame(identity, 3), faces.frame(identity, 12 + 2 * identity)
        made.append((source, target, *faces.flow(source, target)))
    return made


@pytest.mark.parametrize("size", [(64, 64), (32, 48), (120, 90)])
def test_a_frame_has_the_documented_arrays_at_every_size(size):
    frame = SyntheticFaces(size, "test").frame(2, 7)
    assert frame.image.shape == (*size, 3) and frame.image.dtype == np.uint8
    assert frame.keypoints.shape == (68, 2) and frame.keypoints.dtype == np.float32
    assert frame.person.shape == size and 0.15 < frame.person.mean() < 0.9
    assert frame.part.shape == size and frame.material.shape == (*size, 3)


def test_frames_are_a_pure_function_of_seed_split_identity_and_index(faces):
    frame = faces.frame(5, 40)
    again = SyntheticFaces((96, 96))
    for identity in range(10):  # more than are remembered, in another order
        again.frame(9 - identity, 0)
    np.testing.assert_array_equal(again.frame(5, 40).image, frame.image)
    np.testing.assert_array_equal(again.frame(5, 40).keypoints, frame.keypoints)
    for other in (
        SyntheticFaces((96, 96), seed=1).frame(5, 40),
        SyntheticFaces((96, 96), "test").frame(5, 40),
        faces.frame(6, 40),
    ):
        assert (other.image != frame.image).mean() > 0.5


def test_no_identity_of_training_occurs_in_the_test():
    train, test = (SyntheticFaces((16, 16), split) for split in ("train", "test"))
    seen = {tuple(train.frame(i, 0).head.anatomy.__dict__.values()) for i in range(30)}
    assert len(seen) == 30
    assert not seen & {tuple(test.frame(i, 0).head.anatomy.__dict__.values()) for i in range(30)}


def test_skin_moves_there_and_back():
    draws = Draws(3)
    for number in range(20):
        anatomy = draw_anatomy(draws, bool(number % 2))
        expression = Expression(
            draws.uniform(0, 0.3),
            draws.uniform(0.7, 1.3),
            draws.uniform(-0.05, 0.1),
            draws.uniform(-0.02, 0.1),
        )
        warp = Warp(anatomy, expression)
        rest = np.float32([[draws.uniform(-0.7, 0.7), draws.uniform(-0.9, 1.2)] for _ in range(400)]).T
        x, y, inside = warp.inverse(*warp.forward(*rest))
        np.testing.assert_allclose([x, y], rest, atol=2e-5)
        # Lips touch the opening; nothing else lies in it, but for rounding.
        assert inside.mean() < 0.01
    upper, lower = warp.lips(np.zeros(1, np.float32))
    assert lower - upper == pytest.approx(expression.jaw, abs=1e-5)


def test_the_face_has_a_closed_form_and_the_field_agrees_with_it():
    anatomy = draw_anatomy(Draws(1), True)
    x, y = np.float32(np.meshgrid(np.linspace(-0.4, 0.4, 20), np.linspace(-0.5, 0.7, 20)))
    z = front_of(anatomy, x, y)
    np.testing.assert_allclose(oval(anatomy, x, y, z), 0, atol=1e-5)
    assert z[:, 10].argmax() > 10  # the tip of the nose lies in the lower half


def test_rays_stop_where_they_first_enter_the_head(faces):
    """Against many small steps along each ray."""
    for identity, index in ((0, 0), (2, 12), (13, 40)):
        head = faces.frame(identity, index).head
        x, y = np.float32(np.meshgrid(np.linspace(-0.9, 0.9, 30), np.linspace(-1.3, 1.2, 40)))
        step = np.array([0.5, 0.1, -0.86])
        step /= np.sqrt(step @ step)
        start = np.stack([x.ravel(), y.ravel(), np.zeros(x.size, np.float32)]) - 3 * np.float32(step)[:, None]
        rays, at, position = head.meet(start, step)
        assert np.abs(head.field(*position)).max() < 0.06
        assert np.abs(head.field(*position)).mean() < 2e-3
        t = np.arange(1, 5, 0.02, dtype=np.float32)
        along = start[:, :, None] + np.float32(step)[:, None, None] * t
        inside = head.field(*along) < 0
        hit = inside.any(axis=1)
        met = np.zeros(hit.size, bool)
        met[rays] = True
        assert (met != hit).mean() < 0.02  # only rays that graze the outline
        both = hit[rays]
        first = t[inside[rays].argmax(axis=1)]
        assert (np.abs(at - first)[both] < 0.06).mean() > 0.98


def test_the_flow_of_a_frame_to_itself_is_zero_and_all_of_it_is_visible(faces):
    for identity in range(8):
        frame = faces.frame(identity, 9)
        flow, visibility = faces.flow(frame, frame)
        assert not flow.any()
        assert visibility.mean() > 0.999


def test_the_source_warped_by_the_flow_is_the_target_where_visible(pairs):
    made, copied, true = [], [], []
    for source, target, flow, visible in pairs:
        seen = visible & target.person
        made.append(warped(source.image, flow)[seen])
        copied.append(source.image[seen])
        true.append(target.image[seen])
    made, copied, true = (np.concatenate(a).astype(float) for a in (made, copied, true))
    assert np.abs(made - true).mean() < 0.45 * np.abs(copied - true).mean()


def test_points_move_with_the_flow(pairs):
    """The features are material points: where they are seen in both frames, the flow leads from one to the other."""
    errors = []
    for source, target, flow, visible in pairs:
        column, row = np.round(target.keypoints[17:60]).astype(int).T
        inside = (column >= 0) & (column < 96) & (row >= 0) & (row < 96)
        column, row = column[inside], row[inside]
        seen = visible[row, column] & (target.part[row, column] == HEAD_PART + SKIN)
        moved = target.keypoints[17:60][inside] + flow[row, column]
        errors.append(np.abs(moved - source.keypoints[17:60][inside])[seen])
    errors = np.concatenate(errors)
    assert len(errors) > 200 and errors.mean() < 0.35 and np.quantile(errors, 0.95) < 1


def test_the_background_stands_still_and_is_visible_where_both_show_it(pairs):
    for source, target, flow, visible in pairs:
        assert not flow[~target.person].any()
        np.testing.assert_array_equal(visible[~target.person], ~source.person[~target.person])


def layers(frame):
    return [int((frame.part == HEAD_PART + layer).sum()) for layer in (SKIN, LID, EYE, MOUTH)]


def frame_with(faces, wanted):
    """A frame of a face whose eyes are not covered that `wanted(expression)` likes."""
    for identity in range(20):
        for index in range(60):
            expression = faces._identity(identity).motion.expression(index)
            if wanted(expression) and faces._identity(identity).appearance.glasses != "dark":
                return faces.frame(identity, index)
    raise AssertionError("no such frame")


def test_eyes_close_and_mouths_open_in_pictures_and_points():
    faces = SyntheticFaces((128, 128))
    closed, open_eyes = frame_with(faces, lambda e: e.blink > 0.95), frame_with(faces, lambda e: e.blink == 0)
    _, lids, eyes, _ = layers(closed)
    assert lids > 10 * max(eyes, 1)
    assert layers(open_eyes)[2] > 20 and layers(open_eyes)[1] == 0

    def slit(frame):
        return np.ptp(frame.keypoints[37:42, 1])

    assert slit(closed) < slit(open_eyes)
    shut, shouting = frame_with(faces, lambda e: e.jaw == 0), frame_with(faces, lambda e: e.jaw > 0.2)
    assert layers(shut)[3] == 0 and layers(shouting)[3] > 20

    def gap(frame):
        return np.linalg.norm(frame.keypoints[66] - frame.keypoints[62])

    assert gap(shut) < 0.1 < 3 < gap(shouting)


def test_what_was_hidden_by_a_lid_or_a_lip_is_not_visible():
    faces = SyntheticFaces((128, 128))
    found = frame_with(faces, lambda e: e.jaw > 0.2)
    for identity in range(20):  # the same face with closed mouth
        if faces._identity(identity).anatomy == found.head.anatomy:
            shut = next(
                f for f in (faces.frame(identity, t) for t in range(200)) if f.head.expression.jaw == 0
            )
    _, visible = faces.flow(shut, found)
    mouth = found.part == HEAD_PART + MOUTH
    assert mouth.any() and not visible[mouth].any()


def test_points_stand_in_dlibs_order(faces):
    for identity in range(6):
        points = faces.frame(identity, 0).keypoints
        x, y = points.T
        assert x[0] < x[8] < x[16] and y[8] == y.max()  # the jaw, from left to right over the chin
        assert (np.diff(x[17:27]) > 0).all()  # the brows
        assert (np.diff(y[27:31]) > 0).all()  # the ridge of the nose
        assert (np.diff(x[31:36]) > 0).all()
        assert x[36] < x[39] < x[42] < x[45]  # corners of the eyes
        assert y[37] <= y[41] and y[44] <= y[46]
        assert x[48] == x[48:60].min() and x[54] == x[48:60].max()
        assert y[51] < y[57] and y[62] <= y[66]
        assert x[60] < x[62] < x[64] and x[48] < x[60] and x[64] < x[54]


def test_a_clip_holds_its_frames_and_moves_smoothly(faces):
    clip = faces.clip(4, 2, 8)
    assert clip.images.shape == (9, 96, 96, 3) and clip.keypoints.shape == (9, 68, 2)
    assert clip.flow_reference.shape == clip.flow_previous.shape == (8, 96, 96, 2)
    assert clip.visibility_previous.dtype == bool
    np.testing.assert_array_equal(
        clip.flow_reference[0], clip.flow_previous[0]
    )  # the frame before is the reference
    steps = np.linalg.norm(np.diff(clip.keypoints[1:], axis=0), axis=-1)
    assert 0 < steps.max() < 8
    assert np.abs(clip.flow_previous[1:]).mean() < np.abs(clip.flow_reference[1:]).mean()
    with pytest.raises(GflaError, match="at least one"):
        faces.clip(0, 0, 0)


def test_flow_wants_two_frames_of_one_identity(faces):
    with pytest.raises(GflaError, match="one identity"):
        faces.flow(faces.frame(0, 0), faces.frame(1, 0))


def test_a_wrong_split_or_size_is_refused():
    with pytest.raises(GflaError, match="train, test"):
        SyntheticFaces(split="validation")
    with pytest.raises(GflaError, match="at least 16"):
        SyntheticFaces((8, 64))
