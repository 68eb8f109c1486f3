"""The demo on footage of a real person.

Model and footage come from package registries, see `tests/helpers/fetch_test_assets.py`. Without a network these tests
are skipped, but not where CI is set.
"""

import itertools
import os

import cv2
import numpy as np
import pytest

from gfla_tf.cli import animate
from gfla_tf.cli.transfer import main
from gfla_tf.errors import GflaError
from gfla_tf.inference.detectors.pose_detector import PoseDetector
from gfla_tf.inference.subjects import subject_of
from gfla_tf.inference.tracks import Track
from gfla_tf.inference.video import read_video
from gfla_tf.inference.video_writer import write_video
from gfla_tf.keypoints.joint_orders import H36M_17
from gfla_tf.keypoints.poses import JOINTS
from gfla_tf.litert.runner import TFLiteModel
from gfla_tf.pictures.drawing import write_png
from tests.helpers.fetch_test_assets import POSE_MODEL, VIDEOS, fetch_test_assets, frame
from tests.helpers.tiny_tflite import ANIMATION_SIZE, SIZE, animation_network, write_tiny_tflite

JOINT = {name: index for index, name in enumerate(JOINTS)}


@pytest.fixture(scope="module")
def assets():
    try:
        return fetch_test_assets()
    except GflaError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def detect(assets):
    with PoseDetector(assets / POSE_MODEL) as detector:
        yield detector


# Positions of joints in the first frames, read off the footage by eye: camera 1 faces the person, camera 3 sees its
# back, so that its right side changes sides.
BY_EYE = {
    "cam01.mp4": {
        "right_shoulder": (355, 500),
        "right_elbow": (285, 605),
        "right_wrist": (267, 733),
        "left_shoulder": (525, 510),
        "left_wrist": (545, 725),
        "right_knee": (370, 905),
        "right_ankle": (325, 1010),
        "left_knee": (455, 905),
        "left_ankle": (410, 1090),
    },
    "cam03.mp4": {
        "left_shoulder": (580, 630),
        "left_elbow": (550, 805),
        "left_wrist": (520, 955),
        "right_shoulder": (745, 630),
        "right_elbow": (775, 765),
        "left_knee": (540, 1065),
        "left_ankle": (545, 1215),
        "right_knee": (665, 1085),
        "right_ankle": (705, 1280),
    },
}


@pytest.mark.parametrize("video", BY_EYE)
def test_joints_of_a_real_person_are_where_the_eye_sees_them(assets, detect, video):
    keypoints = detect(frame(assets, video, 0))
    for name, position in BY_EYE[video].items():
        joint = keypoints[JOINT[name]]
        assert joint[2] > 0, name
        assert np.hypot(*(joint[:2] - position)) < 40, name  # of 1920 pixels in height


@pytest.mark.parametrize("video", VIDEOS)
def test_the_person_is_found_by_every_camera(assets, detect, video):
    for index in (0, 50, 99):
        keypoints = detect(frame(assets, video, index))
        assert keypoints.shape == (18, 3) and keypoints.dtype == np.float32
        assert (keypoints[:, 2] > 0).sum() >= 16


def test_a_mirrored_photo_swaps_left_and_right(assets, detect):
    image = frame(assets, "cam01.mp4", 0)
    keypoints, mirrored = detect(image), detect(image[:, ::-1])
    swap = [JOINT[name.replace("left", "RIGHT").replace("right", "left").lower()] for name in JOINTS]
    expected = keypoints[swap] * (-1, 1, 1) + (image.shape[1] - 1, 0, 0)
    both = (expected[:, 2] > 0) & (mirrored[:, 2] > 0)
    assert both.sum() >= 16
    assert np.hypot(*(expected - mirrored)[both, :2].T).max() < 30


def test_without_a_person_there_is_no_pose(detect):
    assert detect(np.full((300, 400, 3), 128, np.uint8)) is None


def test_the_command_crops_both_photos_to_the_person_and_wants_one(tmp_path, capsys, assets):
    for video in ("cam01.mp4", "cam03.mp4"):
        write_png(tmp_path / f"{video}.png", frame(assets, video, 50))
    write_png(tmp_path / "nobody.png", np.full((300, 400, 3), 128, np.uint8))
    model = write_tiny_tflite(tmp_path / "tiny.tflite", task="pose")
    argv = ["--model", str(model), "--pose-model", str(assets / POSE_MODEL)]
    argv += ["--source", str(tmp_path / "cam01.mp4.png"), "--output", str(tmp_path / "out" / "picture.png")]
    with pytest.raises(SystemExit) as stopped:
        main([*argv, "--pose", str(tmp_path / "nobody.png")])
    assert stopped.value.code == 2 and not (tmp_path / "out").exists()
    nobody = (
        f"No person was found in the photo {tmp_path / 'nobody.png'}; give one of a whole, visible person."
    )
    assert capsys.readouterr().err == f"error: {nobody}\n"
    main([*argv, "--pose", str(tmp_path / "cam03.mp4.png")])
    assert cv2.imread(str(tmp_path / "out" / "picture_generated.png")).shape == (*SIZE, 3)
    # Nine pictures of 256 x 128: source, its pose, pose, two flows, two masks, generated, and the target's photo.
    assert cv2.imread(str(tmp_path / "out" / "picture.png")).shape[1] > 9 * 128


def test_a_film_of_a_person_is_followed_frame_by_frame(assets, tmp_path):
    film = tmp_path / "walk.mp4"
    original = read_video(assets / VIDEOS[0])
    write_video(film, itertools.islice(original.frames, 30), original.fps)
    write_png(tmp_path / "me.png", frame(assets, VIDEOS[0], 0))
    dance = {"task": "dance", "joints": H36M_17, "heat_map_sigma": 1.0, "limb_sigma": 0.7}
    model = write_tiny_tflite(
        tmp_path / "dance.tflite", animation_network(20), image_size=list(ANIMATION_SIZE), **dance
    )
    output = tmp_path / "out.mp4"
    command = ["--model", model, "--source", tmp_path / "me.png", "--poses", film, "--output", output]
    command += ["--pose-model", assets / POSE_MODEL, "--side-by-side"]
    animate.main([str(word) for word in command])
    result = read_video(output)
    assert result.fps == original.fps and len(list(result.frames)) == 30
    track = Track(subject_of(TFLiteModel(model), assets / POSE_MODEL), film)
    assert track.found == track.count == 30
    poses = np.stack(list(track))
    assert (poses[..., 2] > 0).mean() > 0.95
    inside = (poses[..., :2] > 0) & (poses[..., :2] < np.array(ANIMATION_SIZE[::-1]))
    assert inside[poses[..., 2] > 0].all()
    # Frame after frame the person is nearly where it was.
    assert np.abs(np.diff(poses[:, H36M_17.index("pelvis"), :2], axis=0)).max() < 2
