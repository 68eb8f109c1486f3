"""Finding the pose model, and from MediaPipe's 33 landmarks, in its own enumeration, to our joints."""

from types import SimpleNamespace

import numpy as np
import pytest

from gfla_tf.errors import GflaError
from gfla_tf.inference.detectors.landmarkers import find_model
from gfla_tf.inference.detectors.pose_detector import (
    MEDIAPIPE_33,
    POSE_MODEL,
    PoseDetector,
    landmarks_to_joints,
)
from gfla_tf.keypoints.poses import JOINTS

JOINT = {name: index for index, name in enumerate(JOINTS)}


def test_the_order_of_the_33_landmarks_is_mediapipes():
    from mediapipe.tasks.python.vision import PoseLandmark

    for landmark in PoseLandmark:
        assert MEDIAPIPE_33[landmark] in (landmark.name.lower(), None), landmark.name
    assert {name for name in MEDIAPIPE_33 if name} == set(JOINTS) - {"neck"}


def test_landmarks_become_pixels_and_visibility_becomes_confidence():
    landmarks = [SimpleNamespace(x=0.5, y=0.25, visibility=0.9) for _ in MEDIAPIPE_33]
    unseen, outside, left, right = (
        MEDIAPIPE_33.index(name) for name in ("nose", "left_ear", "left_shoulder", "right_shoulder")
    )
    landmarks[unseen].visibility = 0.05
    landmarks[outside].x = 1.01
    landmarks[left].x, landmarks[right].x, landmarks[right].visibility = 0.6, 0.2, 0.7
    keypoints = landmarks_to_joints(landmarks, (100, 200))
    np.testing.assert_allclose(keypoints[JOINT["left_knee"]], [99.5, 24.5, 0.9], rtol=1e-6)
    np.testing.assert_allclose(keypoints[JOINT["neck"]], [79.5, 24.5, 0.7], rtol=1e-6)
    np.testing.assert_array_equal(keypoints[[JOINT["nose"], JOINT["left_ear"]]], np.zeros((2, 3)))


def test_the_model_is_looked_for_where_the_user_says(tmp_path, monkeypatch):
    model = tmp_path / "model.task"
    model.write_bytes(b"")
    monkeypatch.setenv("GFLA_POSE_MODEL", str(model))
    assert find_model(POSE_MODEL) == model
    with pytest.raises(GflaError, match=r"absent\.task, given by --pose-model"):
        find_model(POSE_MODEL, tmp_path / "absent.task")
    monkeypatch.setenv("GFLA_POSE_MODEL", str(tmp_path / "gone.task"))
    with pytest.raises(GflaError, match=r"gone\.task, given by GFLA_POSE_MODEL"):
        find_model(POSE_MODEL)


def test_the_model_is_downloaded_once_and_checked(tmp_path, monkeypatch):
    served = tmp_path / "served.task"
    served.write_bytes(b"model")
    monkeypatch.delenv("GFLA_POSE_MODEL", raising=False)
    monkeypatch.setattr("gfla_tf.inference.detectors.landmarkers.cache_folder", lambda: tmp_path / "cache")
    wanted = POSE_MODEL._replace(url=served.as_uri())
    with pytest.raises(GflaError, match="not the expected file"):
        find_model(wanted)
    wanted = wanted._replace(sha256="9372c470eeadd5ecd9c3c74c2b3cb633f8e2f2fad799250a0f70d652b6b825e4")
    cached = find_model(wanted)
    assert cached.read_bytes() == b"model" and [*cached.parent.iterdir()] == [cached]
    served.unlink()
    assert find_model(wanted) == cached


def test_without_a_network_the_user_is_told_what_to_do(tmp_path, monkeypatch):
    monkeypatch.delenv("GFLA_POSE_MODEL", raising=False)
    monkeypatch.setattr("gfla_tf.inference.detectors.landmarkers.cache_folder", lambda: tmp_path)
    with pytest.raises(GflaError, match="--pose-model PATH or GFLA_POSE_MODEL"):
        find_model(POSE_MODEL._replace(url=(tmp_path / "nowhere").as_uri()))
    assert not [*tmp_path.iterdir()]


def test_a_damaged_model_is_refused_in_one_sentence(tmp_path):
    model = tmp_path / "damaged.task"
    model.write_bytes(b"PK not a bundle" * 100)
    with pytest.raises(GflaError, match=r"MediaPipe cannot load the pose model .*damaged\.task") as raised:
        PoseDetector(model)
    assert "\n" not in str(raised.value)
