"""A film's motion in the frame of the photo, and the background behind the person."""

import numpy as np
import pytest

from gfla_tf.errors import GflaError
from gfla_tf.inference.backgrounds import Background, filling
from gfla_tf.inference.completion import completed
from gfla_tf.inference.motion import FittedMotion, LiveFit, hidden_parts, kept_inside
from gfla_tf.keypoints.poses import JOINTS
from gfla_tf.pictures.drawing import write_png
from tests.helpers.record_fixtures import walk

SIZE = (300, 300)
JOINT = {name: index for index, name in enumerate(JOINTS)}
LEGS = [JOINT[f"{side}_{part}"] for side in ("right", "left") for part in ("hip", "knee", "ankle")]


@pytest.fixture
def source():
    person = walk(1, 2, 210.0)[0]
    person[:, 2] = 1
    return person - [50, 40, 0]


def test_a_motion_can_be_read_again_and_has_the_sources_size_and_place(source):
    film = walk(30, 3, 600.0)
    motion = FittedMotion(lambda: iter(film), JOINTS, source, SIZE, "limbs", 25)
    first, again = list(motion), list(motion)
    assert len(first) == 30 and np.array_equal(first, again)
    heights = [np.ptp(pose[pose[:, 2] > 0, 1]) for pose in first]
    assert np.median(heights) == pytest.approx(np.ptp(source[:, 1]), rel=0.05)
    assert first[0].dtype == np.float32
    jumps = np.abs(np.diff([pose[JOINT["neck"], :2] for pose in first], axis=0))
    assert jumps.max() < 6, "no jumps"


def test_live_begins_with_the_first_frame_and_holds_the_last_pose(source):
    fit, film = LiveFit(JOINTS, source, SIZE, "limbs"), walk(60, 4, 500.0)
    assert fit(None, 1 / 30) is None
    poses = [fit(frame, 1 / 30) for frame in film]
    assert np.ptp(poses[0][:, 1]) == pytest.approx(np.ptp(source[:, 1]), rel=0.1)
    assert fit(None, 1 / 30) is poses[-1]


def test_what_a_half_figure_does_not_show_is_left_out_and_told(source):
    assert hidden_parts(source, JOINTS) == ""
    source[LEGS] = 0
    source[JOINT["left_wrist"]] = 0  # the other one is seen
    assert hidden_parts(source, JOINTS) == "hips, knees and ankles"
    for pose in FittedMotion(lambda: iter(walk(5, 3)), JOINTS, source, SIZE, "limbs", 25):
        assert not pose[LEGS].any() and pose[JOINT["left_wrist"], 2] > 0


def test_who_leaves_the_film_stays_in_the_picture(source):
    gone = source + np.array([1000, 0, 0])
    gone[JOINT["nose"]] = 0
    kept = kept_inside(gone, SIZE, JOINTS)
    assert kept[JOINT["neck"], 0] == pytest.approx(0.85 * 300) and not kept[JOINT["nose"]].any()
    assert np.array_equal(kept_inside(source, SIZE, JOINTS), source)


class LeftHalf:
    """A finder to whom the left half of every picture is a person."""

    def outline(self, image, region):
        outline = np.zeros(image.shape[:2], np.float32)
        outline[:, : image.shape[1] // 2] = 1
        return outline


def test_backgrounds_change_what_is_not_the_person(tmp_path):
    frame = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
    joints = np.array([[5, 5, 1], [20, 30, 1]])
    nobody = np.zeros((40, 60), np.float32)

    def before(choice):
        return Background(choice, frame, nobody, LeftHalf())(frame, None, joints)

    green = before("#00ff00")
    assert np.array_equal(before("rgb(0,300,0)"), green), "as browsers have it"
    assert np.array_equal(green[:, :30], frame[:, :30]) and (green[:, 30:] == (0, 255, 0)).all()
    write_png(tmp_path / "beach.png", np.full((10, 90, 3), 77, np.uint8))
    beach = before(tmp_path / "beach.png")
    assert np.array_equal(beach[:, :30], frame[:, :30]) and (beach[:, 30:] == 77).all()
    blurred = before("blur")
    assert blurred[:, 30:].std() < 0.3 * frame[:, 30:].std() and np.array_equal(
        blurred[:, :30], frame[:, :30]
    )
    white = Background("white", frame, nobody, LeftHalf())
    assert np.array_equal(white(frame, None, 0 * joints), frame), "nobody is drawn"
    with pytest.raises(GflaError, match=r"--background is nowhere\.png: it must be keep, blur, a color"):
        before("nowhere.png")


def test_what_is_kept_behind_the_person_is_the_photo_without_it_and_stands_still():
    stripes = np.tile(np.repeat(np.array([60, 200], np.uint8), 4), 12)[:96]
    room = np.repeat(np.tile(stripes, (96, 1))[..., None], 3, axis=2)
    photo, outline = room.copy(), np.zeros((96, 96), np.float32)
    photo[30:70, 40:60] = (250, 0, 0)
    outline[30:70, 40:60] = 1
    keep = Background("keep", photo, outline)
    assert np.abs(keep.behind.astype(int) - room).mean() < 3, "the stripes go on behind where the person was"
    red = keep.source[..., 0] > 240
    assert red.mean() > 0.99, "what lies beside the person has the person's color for the network"
    frame, now = np.full_like(photo, 90), np.zeros((96, 96, 1), np.float32)
    now[:, :20] = 1
    shown = keep(frame, now, None)
    assert (shown[:, :20] == 90).all() and np.array_equal(shown[:, 20:], keep.behind[:, 20:])


def test_a_hole_is_filled_and_nothing_else_changes():
    picture = np.random.default_rng(0).integers(0, 256, (50, 70, 3), np.uint8)
    hole = np.zeros((50, 70), bool)
    hole[20:30, 30:45] = True
    filled = completed(picture, hole)
    assert np.array_equal(filled[~hole], picture[~hole]) and np.any(filled[hole] != picture[hole])
    assert completed(picture, ~hole | hole) is picture, "nothing is known"
    whole = np.full((50, 70, 3), 7, np.uint8)
    assert (completed(whole, hole) == 7).all()


def test_a_background_fills_the_picture_without_being_stretched():
    picture = np.zeros((100, 400, 3), np.uint8)
    picture[:, 200:] = 255
    assert filling(picture, (50, 50)).shape == (50, 50, 3)
    assert filling(picture, (50, 50))[:, 25:].min() == 255 and filling(picture, (50, 50))[:, :24].max() == 0
