"""Tracks of keypoints: how files and films of a motion are cropped, and what stands in for frames without a person."""

import contextlib
import json

import numpy as np
import pytest

from gfla_tf.cli.animate import main
from gfla_tf.errors import GflaError
from gfla_tf.inference.subjects import Dancer, read_subject, subject_of
from gfla_tf.inference.tracks import ROOM, Track
from gfla_tf.inference.video import read_video
from gfla_tf.inference.video_writer import write_video
from gfla_tf.keypoints.joint_orders import H36M_17
from gfla_tf.keypoints.pose_files import find_pose, write_openpose
from gfla_tf.keypoints.poses import JOINTS
from gfla_tf.litert.runner import TFLiteModel
from tests.helpers.motions import FRAMES, arguments, motion_files, swaying, tiny_models
from tests.helpers.tiny_tflite import ANIMATION_SIZE, SIZE

pytest.importorskip("av")


models = pytest.fixture(tiny_models, scope="module")
files = pytest.fixture(motion_files)


def test_the_crop_of_a_dance_in_place_holds_all_of_it_and_stands_still(models, files):
    subject = subject_of(TFLiteModel(models["pose"]))
    track = Track(subject, files / "dance")
    targets = np.stack(list(track))
    assert targets[..., :2].min() > 0 and (targets[..., :2] < np.array(SIZE[::-1])).all()
    ankle = targets[:, JOINTS.index("right_ankle"), :2]
    assert np.abs(ankle - ankle[0]).max() < 1e-4, "who stands still stays where he is"
    scale = np.linalg.norm(ankle[0] - targets[0, JOINTS.index("left_ankle"), :2]) / 50
    hand = targets[:, JOINTS.index("left_wrist"), 1]
    np.testing.assert_allclose(np.diff(hand), -10 * scale, rtol=1e-4)
    np.testing.assert_array_equal(np.stack(list(track)), targets)  # it can be followed again


def test_the_crop_of_a_walk_has_one_size_and_goes_along(models, files):
    frames = []
    for k in range(FRAMES):
        walking = swaying(0)
        walking[:, 0] += 60 * k  # six times as far as the crop is wide
        write_openpose(files / "dance" / f"frame_{k}.json", walking)
        frames.append(np.zeros((450, 1200, 3), np.uint8))
        x, y = walking[JOINTS.index("nose"), :2].astype(int)
        frames[-1][y - 15 : y + 15, x - 15 : x + 15] = 255
    person = subject_of(TFLiteModel(models["pose"]))
    track = Track(person, files / "dance")
    targets = np.stack(list(track))
    assert targets[..., :2].min() > 0 and (targets[..., :2] < np.array(SIZE[::-1])).all()
    heights = np.ptp(targets[..., 1], axis=1)
    np.testing.assert_allclose(heights, heights[0], rtol=1e-5)
    alone = person.box(swaying(0), "").height
    assert heights[0] == pytest.approx(340 / alone / ROOM * SIZE[0], rel=0.02)
    write_video(files / "walk.mp4", frames, 25)
    poses = iter(range(FRAMES))
    person.detector = lambda film: contextlib.nullcontext(
        lambda image: person.read(files / "dance" / f"frame_{next(poses)}.json")[0]
    )
    for picture, target in zip(Track(person, files / "walk.mp4").pictures(), targets, strict=True):
        x, y = target[JOINTS.index("nose"), :2].round().astype(int)
        assert picture[y, x].min() > 200, "the film is cropped as the keypoints are"


def test_frames_without_a_person_hold_the_pose_before_and_at_first_the_one_after(models, files, capsys):
    nobody = json.dumps({"people": []})
    for k in (0, 1, 5, FRAMES - 1):
        (files / "dance" / f"frame_{k}.json").write_text(nobody)
    few = swaying(7)
    few[3:] = 0
    write_openpose(files / "dance" / "frame_7.json", few)
    track = Track(subject_of(TFLiteModel(models["dance"])), files / "dance")
    poses = list(track)
    assert (track.count, track.found) == (FRAMES, FRAMES - 5) and len(poses) == FRAMES
    for held, shown in ((0, 2), (1, 2), (5, 4), (7, 6), (FRAMES - 1, FRAMES - 2)):
        np.testing.assert_array_equal(poses[held], poses[shown])
    assert np.any(poses[4] != poses[6])
    main(arguments(models["dance"], files))
    assert "5 of them without a person" in capsys.readouterr().out


def test_seventeen_cleaned_joints_drive_dancers_as_they_are_and_people_without_eyes(models, files):
    for k in range(FRAMES):
        clean = {"people": [{"pose_keypoints_2d": swaying(k, H36M_17).ravel().tolist()}]}
        (files / "dance" / f"frame_{k}.json").write_text(json.dumps(clean))
    path = files / "dance" / "frame_3.json"
    np.testing.assert_allclose(find_pose(path, H36M_17), swaying(3, H36M_17), rtol=1e-6)
    person, expected = find_pose(path), swaying(3)
    for index, name in enumerate(JOINTS):
        known = not name.endswith(("eye", "ear"))
        np.testing.assert_allclose(person[index], expected[index] if known else np.zeros(3), rtol=1e-6)
    from_18 = read_subject(subject_of(TFLiteModel(models["dance"])), files / "me.png", files / "me.json")
    from_17 = read_subject(
        subject_of(TFLiteModel(models["dance"])), files / "me.png", files / "dance" / "frame_0.json"
    )
    for a, b in zip(from_18, from_17, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-3)


def test_a_film_of_a_person_is_followed_at_its_own_rate(models, files, monkeypatch):
    """The detector is replaced by one that reads the pose's number off the picture's brightness."""
    frames = [np.full((450, 300, 3), 20 * k, np.uint8) for k in range(FRAMES)]
    write_video(files / "dancer.mp4", frames, 12)

    class Detector:
        def __init__(self, model, film):
            pass

        def __enter__(self):
            return self

        def people(self, image):
            return [] if image.mean() < 5 else [swaying(round(image.mean() / 20))]

        def __exit__(self, *_):
            pass

    monkeypatch.setattr("gfla_tf.inference.subjects.PoseDetector", Detector)
    subject = subject_of(TFLiteModel(models["dance"]))
    assert isinstance(subject, Dancer)
    track = Track(subject, files / "dancer.mp4")
    assert (track.count, track.found, track.fps) == (FRAMES, FRAMES - 1, 12)
    files_track = list(Track(subject, files / "dance"))
    assert (
        np.abs(list(track)[3] - files_track[3]).max() < 1
    )  # the first frame, which is missing, is inside the others' box
    pictures = list(track.pictures())
    assert len(pictures) == FRAMES and pictures[0].shape == (*ANIMATION_SIZE, 3)
    output = files / "film.mp4"
    main(arguments(models["dance"], files, "--side-by-side", poses=files / "dancer.mp4", output=output))
    film = read_video(output)
    assert film.fps == 12 and next(film.frames).shape[1] > 4 * 256 * 32 / 48
    with pytest.raises(GflaError, match=r"No person was found in any of the 3 frames of .*dark\.mp4"):
        write_video(files / "dark.mp4", frames[:1] * 3, 25)
        Track(subject, files / "dark.mp4")
