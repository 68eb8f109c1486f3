"""Whether two pictures show the same face: one face in other light, mirrored and small, and other people's."""

import cv2
import numpy as np
import pytest
from skimage import data

from gfla_tf.evaluation.protocols import PROTOCOLS
from gfla_tf.evaluation.scores import PairScorer
from gfla_tf.inference.detectors.face_detector import MeshFaceDetector
from gfla_tf.metrics.face_identity import SAME, SIDE, FaceIdentity, face_square


@pytest.fixture(scope="module")
def identity():
    return FaceIdentity()


@pytest.fixture(scope="module")
def find_face():
    return MeshFaceDetector()


def test_one_face_is_the_same_in_other_light_mirrored_and_small(identity, find_face):
    photo = data.astronaut()
    points = find_face(photo)
    others = {
        "dark": np.clip(0.7 * photo + 20, 0, 255).astype(np.uint8),
        "mirrored": np.ascontiguousarray(photo[:, ::-1]),
        "small": cv2.resize(photo, (256, 256), interpolation=cv2.INTER_AREA),
    }
    for name, other in others.items():
        assert identity.distance(photo, points, other, find_face(other)) < SAME / 2, name


def test_other_people_are_further_apart(identity, find_face):
    photo = data.astronaut()
    faces = np.uint8(255 * data.lfw_subset())[:20]  # of many people, 25 x 25 pixels
    squares = [
        cv2.cvtColor(cv2.resize(face, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC), cv2.COLOR_GRAY2RGB)
        for face in faces
    ]
    ours = identity.describe(face_square(photo, find_face(photo))[None])
    assert (np.linalg.norm(identity.describe(np.stack(squares)) - ours, axis=1) > SAME).all()


def test_the_square_holds_the_face():
    points = np.zeros((68, 2), np.float32)
    points[36:42], points[42:48], points[48:68] = (40, 40), (60, 40), (50, 62)
    image = np.zeros((128, 128, 3), np.uint8)
    image[36:66, 36:64] = 255
    square = face_square(image, points)
    assert square.shape == (SIDE, SIDE, 3)
    inside = square[..., 0] > 127
    assert 0.2 < inside.mean() < 0.5 and not inside[:5].any() and not inside[-5:].any()


def test_the_score_needs_a_face_in_both_pictures(find_face):
    photo = data.astronaut()
    nobody = np.full_like(photo, 90)
    scorer = PairScorer(PROTOCOLS["pidm"], ["face_distance"], find_face=find_face)
    known = [{"keypoints": None, "mask": None, "drawn": {}}] * 2
    same, without = scorer([photo, nobody], [photo, photo], known)
    assert same == {"face_distance": pytest.approx(0, abs=1e-4)} and without == {}
    assert len(scorer.weights["face identity"]) == 64
