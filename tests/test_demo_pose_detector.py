"""From the detector's 33 points, in MediaPipe's own enumeration, to our joints, and who is followed."""

import zipfile
from pathlib import Path

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from gfla_tf.errors import GflaError
from gfla_tf.inference.detectors import pose_detector
from gfla_tf.inference.detectors.blazepose import PersonFound
from gfla_tf.inference.detectors.pose_detector import MEDIAPIPE_33, PoseDetector, joints_of
from gfla_tf.inference.detectors.regions import Region
from gfla_tf.keypoints.poses import JOINTS

JOINT = {name: index for index, name in enumerate(JOINTS)}
SIZE = (100, 200)


def found(number=0, x=99.5, spread=0.0):
    """A person whose points lie in one place, or `spread` pixels to both sides of it."""
    points = np.tile(np.float32([x, 24.5, 0, 0.9, 1]), (len(MEDIAPIPE_33), 1))
    points[::2, 0] += spread
    points[1::2, 0] -= spread
    region = Region(x, 24.5, 50)
    return PersonFound(points, 1.0, region, np.zeros((256, 256), np.float32), number, region)


def test_the_order_of_the_33_landmarks_is_mediapipes():
    vision = pytest.importorskip("mediapipe.tasks.python.vision")
    for landmark in vision.PoseLandmark:
        assert MEDIAPIPE_33[landmark] in (landmark.name.lower(), None), landmark.name
    assert {name for name in MEDIAPIPE_33 if name} == set(JOINTS) - {"neck"}


def test_visibility_becomes_confidence_and_the_neck_is_between_the_shoulders():
    person = found()
    unseen, outside, left, right = (
        MEDIAPIPE_33.index(name) for name in ("nose", "left_ear", "left_shoulder", "right_shoulder")
    )
    person.points[unseen, 3] = 0.05
    person.points[outside, 0] = 201
    person.points[left, 0], person.points[right, 0], person.points[right, 3] = 119.5, 39.5, 0.7
    keypoints = joints_of(person, SIZE)
    np.testing.assert_allclose(keypoints[JOINT["left_knee"]], [99.5, 24.5, 0.9], rtol=1e-6)
    np.testing.assert_allclose(keypoints[JOINT["neck"]], [79.5, 24.5, 0.7], rtol=1e-6)
    np.testing.assert_array_equal(keypoints[[JOINT["nose"], JOINT["left_ear"]]], np.zeros((2, 3)))


def test_in_a_film_the_first_main_person_is_followed_in_photos_each_has_its_own(monkeypatch):
    frames = [
        [found(0, 50, 20), found(1, 150, 10)],
        [found(1, 150, 40), found(0, 52, 20)],  # a larger person, another order
        [found(1, 150, 40)],  # gone
        [found(1, 150, 40), found(2, 52, 45)],  # back, as another one
    ]

    class Finder:
        def __init__(self, networks, threads):
            self._frames = iter(frames)

        def find(self, image):
            return next(self._frames)

        follow = find

        def follow_only(self, number):
            alone.append(number)

    alone = []
    monkeypatch.setattr(pose_detector, "PeopleFinder", Finder)
    monkeypatch.setattr(pose_detector, "read_pose_networks", lambda model: None)
    image = np.zeros((*SIZE, 3), np.uint8)
    centers = {}
    for film in (True, False):
        with PoseDetector(film=film) as detect:
            centers[film] = [round(detect(image)[JOINT["nose"], 0]) for _ in frames]
    left, right = 70, 190
    assert centers[True] == [left, left + 2, right, right]
    assert centers[False] == [left, right, right, 97]
    assert alone == [0, 0, 1, 1], "in a film nobody else costs time"


@pytest.mark.parametrize("content", [b"PK not a bundle" * 100, b""])
def test_a_damaged_file_of_networks_is_refused_in_one_sentence(tmp_path, content):
    model = tmp_path / "damaged.task"
    model.write_bytes(content)
    with pytest.raises(GflaError, match=r"Cannot read the networks in .*damaged\.task") as raised:
        PoseDetector(model)
    assert "\n" not in str(raised.value)


def test_networks_of_a_bundle_are_looked_at_before_litert_sees_them(tmp_path):
    """A tensor that is not there ended the process."""
    content = (Path(__file__).parent / "fixtures" / "tiny_pose.tflite").read_bytes()
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    first = model.subgraphs[0].operators[0]
    first.inputs = [99999, *first.inputs[1:]]
    builder = flatbuffers.Builder()
    builder.Finish(model.Pack(builder), b"TFL3")
    with zipfile.ZipFile(tmp_path / "damaged.task", "w") as archive:
        for name in ("pose_detector.tflite", "pose_landmarks_detector.tflite"):
            archive.writestr(name, bytes(builder.Output()))
    with pytest.raises(
        GflaError, match=r"damaged\.task is damaged \(.*\): delete the file and fetch it again\.$"
    ):
        PoseDetector(tmp_path / "damaged.task")


@pytest.mark.parametrize("place", [8, 6], ids=["an unknown compression", "encrypted"])
def test_a_bundle_that_zip_cannot_unpack_is_a_sentence(place, tmp_path):
    path = tmp_path / "damaged.task"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("pose_detector.tflite", "pose_landmarks_detector.tflite"):
            archive.writestr(name, b"0" * 100)
    content = bytearray(path.read_bytes())
    for mark, shift in ((b"PK\x03\x04", 0), (b"PK\x01\x02", 2)):
        begin = content.find(mark)
        while begin >= 0:
            content[begin + place + shift] |= 0x61
            begin = content.find(mark, begin + 4)
    path.write_bytes(content)
    with pytest.raises(GflaError, match=r"Cannot read the networks in .*damaged\.task"):
        PoseDetector(path)
