"""The animation command, on hand-made networks whose frames can be told: people, dancers and faces follow a motion."""

import contextlib
import itertools
import json
import subprocess
import sys

import numpy as np
import pytest

from gfla_tf.cli.animate import main
from gfla_tf.errors import GflaError
from gfla_tf.inference.animation import animate
from gfla_tf.inference.photos import crop, person_box
from gfla_tf.inference.subjects import Dancer, read_subject, subject_of
from gfla_tf.inference.tracks import ROOM, Track
from gfla_tf.inference.transfer import transfer
from gfla_tf.inference.video import read_video, write_video
from gfla_tf.io.pictures import read_picture
from gfla_tf.keypoints.dance_structure import dance_maps
from gfla_tf.keypoints.face_points import write_points
from gfla_tf.keypoints.face_structure import face_structure
from gfla_tf.keypoints.joint_orders import H36M_17, to_h36m
from gfla_tf.keypoints.pose_files import find_pose, write_openpose
from gfla_tf.keypoints.poses import JOINTS
from gfla_tf.litert.runner import TFLiteModel
from gfla_tf.models.animation import first_state, next_state
from gfla_tf.ops.dance_structure import dance_structure
from gfla_tf.pictures.drawing import to_uint8, write_png
from tests.helpers.tiny_tflite import ANIMATION_SIZE, SIZE, animation_network, drawn_step, write_tiny_tflite

pytest.importorskip("imageio_ffmpeg")

STANDING = np.array(
    [
        *[(150, 60), (150, 100), (115, 100), (100, 160), (95, 220), (185, 100), (200, 160), (205, 220)],
        *[(130, 230), (128, 310), (125, 390), (170, 230), (172, 310), (175, 390)],
        *[(142, 50), (158, 50), (132, 55), (168, 55)],
    ],
    np.float32,
)
FRAMES = 12


def swaying(k, joints=JOINTS):
    """Keypoints of a standing person who sways and raises a hand; (18, 3) or (17, 3)."""
    pose = np.c_[STANDING, np.ones(18)].astype(np.float32)
    pose[:, 0] += 0.02 * (390 - pose[:, 1]) * np.sin(0.5 * k)
    pose[JOINTS.index("left_wrist"), 1] -= 10 * k
    return pose if joints == JOINTS else to_h36m(pose)


def talking(k):
    """68 points of an oval face whose chin goes down."""
    draw = np.random.default_rng(0)
    points = np.array([120, 140]) + draw.uniform(-60, 60, (68, 2))
    angle = np.linspace(0, np.pi, 17)
    points[:17] = np.stack([120 - 80 * np.cos(angle), 130 + (90 + 4 * k) * np.sin(angle)], 1)
    return points.astype(np.float32)


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    common = {"image_size": list(ANIMATION_SIZE)}
    dance = {"task": "dance", "joints": H36M_17, "heat_map_sigma": 2.0, "limb_sigma": 1.0}
    return {
        "pose": write_tiny_tflite(folder / "pose.tflite", heat_map_sigma=2.0),
        "dance": write_tiny_tflite(folder / "dance.tflite", animation_network(20), **common, **dance),
        "face": write_tiny_tflite(folder / "face.tflite", animation_network(16), **common, task="face"),
    }


@pytest.fixture
def files(tmp_path):
    """A photo with a pose and with points, and folders of their motion."""
    photo = np.random.default_rng(0).integers(0, 256, (45, 30, 3), np.uint8)
    write_png(tmp_path / "me.png", np.kron(photo, np.ones((10, 10, 1), np.uint8)))
    write_openpose(tmp_path / "me.json", swaying(0))
    write_points(tmp_path / "me.txt", talking(0))
    for name in ("dance", "talk"):
        (tmp_path / name).mkdir()
    for k in range(FRAMES):
        write_openpose(tmp_path / "dance" / f"frame_{k}.json", swaying(k))  # 10 comes after 9
        write_points(tmp_path / "talk" / f"{k:03d}.txt", talking(k))
    return tmp_path


def arguments(model, files, *flags, **changed):
    named = {"model": model, "source": files / "me.png", "source_pose": files / "me.json"}
    named |= {"poses": files / "dance", "output": files / "out" / "film.gif", **changed}
    return [
        *flags,
        *(text for name, value in named.items() for text in (f"--{name.replace('_', '-')}", str(value))),
    ]


def expected_frames(subject, image, keypoints, targets):
    """The frames of the hand-made animation network, by a loop of the test's own."""
    source = image[None].astype(np.float32) / 127.5 - 1
    state = first_state(source, subject.maps(keypoints, image)[None])
    for target in targets:
        structure = subject.maps(target, image)[None]
        generated = drawn_step(**state, target_structure=structure)
        state = next_state(state, structure, generated)
        yield to_uint8(generated[0])


@pytest.mark.parametrize("task", ["dance", "face"])
def test_each_frame_is_drawn_from_the_source_and_the_frame_before(task, models, files):
    model = TFLiteModel(models[task])
    subject = subject_of(model)
    source, motion = ("me.json", "dance") if task == "dance" else ("me.txt", "talk")
    image, keypoints = read_subject(subject, files / "me.png", files / source)
    assert image.shape == (*ANIMATION_SIZE, 3)
    track = Track(subject, files / motion)
    frames = list(animate(model, subject, image, keypoints, track))
    expected = list(expected_frames(subject, image, keypoints, track))
    assert len(frames) == FRAMES
    assert max(np.abs(a.astype(int) - b).max() for a, b in zip(frames, expected, strict=True)) <= 1
    assert all(np.any(a != b) for a, b in itertools.pairwise(frames)), "the subject moves in every frame"


def test_a_pose_network_draws_every_frame_from_the_source_alone(models, files):
    model = TFLiteModel(models["pose"])
    person = subject_of(model)
    image, keypoints = read_subject(person, files / "me.png", files / "me.json")
    track = Track(person, files / "dance")
    for frame, target in zip(animate(model, person, image, keypoints, track), track, strict=True):
        np.testing.assert_array_equal(frame, to_uint8(transfer(model, image, keypoints, target)["generated"]))


@pytest.mark.parametrize(
    ("task", "changed"),
    [
        ("pose", {}),
        ("dance", {}),
        ("face", {"source_points": "me.txt", "points": "talk", "source_pose": None, "poses": None}),
    ],
)
def test_the_command_writes_a_film_of_every_task(task, changed, models, files, capsys):
    changed = {name: value and files / value for name, value in changed.items()}
    argv = arguments(models[task], files, **changed)
    argv = [word for k, word in enumerate(argv) if "None" not in argv[k : k + 2]]
    main(argv)
    film = read_video(files / "out" / "film.gif")
    frames = list(film.frames)
    height, width = SIZE if task == "pose" else ANIMATION_SIZE
    factor = -(-256 // height)
    assert film.fps == 25 and len(frames) == FRAMES
    assert frames[0].shape == (factor * height, factor * width, 3)
    assert any(np.any(frames[0] != frame) for frame in frames[1:])
    assert capsys.readouterr().out == f"wrote {files / 'out' / 'film.gif'} ({FRAMES} frames)\n"
    assert [path.name for path in (files / "out").iterdir()] == ["film.gif"]


def test_side_by_side_shows_source_structure_and_generated_at_the_rate_that_was_given(models, files):
    output = files / "film.mp4"
    main(arguments(models["dance"], files, "--side-by-side", "--fps", "10", output=output))
    film = read_video(output)
    assert film.fps == 10
    height, width, _ = next(film.frames).shape
    assert height > 256 and width > 3 * 256 * ANIMATION_SIZE[1] / ANIMATION_SIZE[0]


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
        lambda image: person.find(files / "dance" / f"frame_{next(poses)}.json")
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
            return lambda image: None if image.mean() < 5 else swaying(round(image.mean() / 20))

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


def test_the_network_without_keras_sees_the_dance_that_training_draws():
    keypoints = np.stack([swaying(k, H36M_17) for k in range(3)]) * (0.1, 0.1, 1)
    keypoints[1, 4, 2] = 0
    drawn = dance_maps(keypoints, ANIMATION_SIZE, 2.0, 1.0)
    assert drawn.shape == (3, *ANIMATION_SIZE, 20) and drawn.dtype == np.float32
    np.testing.assert_allclose(drawn, dance_structure(keypoints, ANIMATION_SIZE, 2.0, 1.0), atol=2e-6)


def test_faces_are_drawn_with_the_edges_of_the_source_around_them(models, files):
    face = subject_of(TFLiteModel(models["face"]))
    image, keypoints = read_subject(face, files / "me.png", files / "me.txt")
    np.testing.assert_array_equal(
        face.maps(keypoints, image), face_structure(keypoints[:, :2], ANIMATION_SIZE, image)
    )
    box = person_box(np.c_[talking(0), np.ones(68)], ANIMATION_SIZE, "", face.margins)
    np.testing.assert_array_equal(image, crop(read_picture(files / "me.png"), box, ANIMATION_SIZE))
    high, low = keypoints[:, 1].min(), keypoints[:, 1].max()
    assert 0.3 < high / ANIMATION_SIZE[0] < 0.6 < low / ANIMATION_SIZE[0] < 0.95


def test_bad_input_is_one_sentence_and_leaves_nothing(models, files, capsys):
    (files / "empty").mkdir()
    (files / "nobody").mkdir()
    (files / "broken").mkdir()
    (files / "nobody" / "0.json").write_text(json.dumps({"people": []}))
    (files / "broken" / "0.json").write_text("{")
    (files / "text.mp4").write_text("no video")
    before = {path: path.read_bytes() for path in files.rglob("*") if path.is_file()}
    cases = {
        "has no .json files": {"poses": files / "empty"},
        "No person was found in any of the 1 frames": {"poses": files / "nobody"},
        "not valid JSON": {"poses": files / "broken"},
        "Cannot read the video": {"poses": files / "text.mp4"},
        "There is no video": {"poses": files / "absent.mp4"},
        "No person was found in": {"source_pose": files / "nobody" / "0.json"},
        "must end in .mp4 or .gif": {"output": files / "film.avi"},
        "would overwrite": {"output": files / "text.mp4", "poses": files / "text.mp4"},
        "must be between 0.1 and 1000": {"fps": 0},
        "absent.png: No such file": {"source": files / "absent.png"},
        "Cannot write the video": {"output": files / "me.png" / "film.mp4"},
        "has no .txt files": {"model": models["face"], "source_pose": files / "me.txt"},
    }
    for reason, changed in cases.items():
        with pytest.raises(SystemExit) as stopped:
            main(arguments(changed.pop("model", models["dance"]), files, **changed))
        assert stopped.value.code == 2, reason
        message = capsys.readouterr().err.strip().splitlines()[-1]
        assert message.startswith("error: ") and reason in message, message
        assert {path: path.read_bytes() for path in files.rglob("*") if path.is_file()} == before, reason


def test_the_command_needs_no_tensorflow():
    program = "import gfla_tf.inference.animation, sys; assert not {'tensorflow', 'keras', 'mediapipe'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True, env={"PYTHONPATH": ":".join(sys.path)})
