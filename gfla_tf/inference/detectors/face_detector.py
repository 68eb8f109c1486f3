"""Finds the 68 points of the main face in a picture: with dlib where its predictor is given, else with MediaPipe.

dlib's predictor finds the 68 points themselves. MediaPipe's FaceLandmarker finds a mesh of 478, of which `MEDIAPIPE_478`
names the one nearest to each of the 68; `docs/faces.md` has them as a table and says how far they lie apart.
"""

from pathlib import Path

import numpy as np

from gfla_tf.errors import GflaError
from gfla_tf.inference.detectors.landmarkers import Landmarker, Model

FACE_MODEL = Model(
    kind="Face",
    what="face model",
    finds="Finding faces",
    option="--face-model",
    variable="GFLA_FACE_MODEL",
    instead="use points that gfla face-points --predictor PATH has found with dlib",
    url="https://storage.googleapis.com/mediapipe-models/face_landmarker/face_landmarker/float16/1/face_landmarker.task",
    sha256="64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff",
)
MAX_FACES = 4

# The point of MediaPipe's mesh for each of the 68.
MEDIAPIPE_478 = (
    *(127, 234, 132, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 361, 454, 356),  # jaw
    *(70, 63, 105, 66, 107, 336, 296, 334, 293, 300),  # brows
    *(168, 197, 5, 4, 240, 97, 2, 326, 460),  # nose
    *(33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380),  # eyes
    *(61, 39, 37, 0, 267, 269, 291, 321, 314, 17, 84, 91),  # outer outline of the lips
    *(78, 82, 13, 312, 308, 317, 14, 87),  # inner outline
)


def main_face(faces):
    """The (68, 2) points of the largest face, by the diagonal of the box around them; None of no faces."""
    return max(faces, key=lambda points: np.hypot(*np.ptp(points, axis=0)), default=None)


class MeshFaceDetector(Landmarker):
    """Finds faces with MediaPipe; a context manager.

    Args:
        model: path of the FaceLandmarker model, by default found by `gfla_tf.inference.detectors.landmarkers.find_model`.

    Raises:
        GflaError: MediaPipe is not installed, or the model is missing or damaged.
    """

    def __init__(self, model=None):
        super().__init__(FACE_MODEL, model, num_faces=MAX_FACES)

    def __call__(self, image):
        """Points (68, 2) float32 of the main face of a uint8 RGB image (H, W, 3), or None without one."""
        return main_face(self.faces(image))

    def faces(self, image):
        """Points (68, 2) float32 of every face of a uint8 RGB image (H, W, 3)."""
        return [mesh_to_points(face, image.shape[:2]) for face in self.detect(image).face_landmarks]


def mesh_to_points(landmarks, image_size):
    """The 68 points (68, 2) from a mesh of landmarks with `x` and `y` in fractions of the image.

    A fraction counts from the outer edge of the first pixel, ours from its centre: x * width - 0.5.
    """
    height, width = image_size
    chosen = [(landmarks[index].x, landmarks[index].y) for index in MEDIAPIPE_478]
    return np.array(chosen, np.float32) * np.float32([width, height]) - np.float32(0.5)


class DlibFaceDetector:
    """Finds faces with dlib; a context manager like the others.

    Args:
        predictor: path of a file like shape_predictor_68_face_landmarks.dat.

    Raises:
        GflaError: dlib is not installed, or the file is missing, damaged, or of another number of points.
    """

    def __init__(self, predictor):
        try:
            import dlib
        except ImportError as error:
            raise GflaError(
                f"--predictor needs dlib ({error}): pip install dlib-bin, or leave it out to use MediaPipe."
            ) from error
        if not Path(predictor).is_file():
            raise GflaError(f"There is no predictor {predictor}, given by --predictor.")
        try:
            self._predict = dlib.shape_predictor(str(predictor))
        except RuntimeError as error:
            raise GflaError(f"dlib cannot load the predictor {predictor}: it is damaged.") from error
        self._faces, self._rectangle = dlib.get_frontal_face_detector(), dlib.rectangle
        self._check(predictor)

    def _check(self, predictor):
        count = self._predict(np.zeros((64, 64, 3), np.uint8), self._rectangle(8, 8, 56, 56)).num_parts
        if count != len(MEDIAPIPE_478):
            raise GflaError(
                f"The predictor {predictor} finds {count} points: give one of {len(MEDIAPIPE_478)} points."
            )

    def __call__(self, image):
        """Points (68, 2) float32 of the main face of a uint8 RGB image (H, W, 3), or None without one."""
        return main_face(self.faces(image))

    def faces(self, image):
        """Points (68, 2) float32 of every face of a uint8 RGB image (H, W, 3)."""
        image = np.ascontiguousarray(image, np.uint8)
        # dlib finds faces from 80 pixels on; enlarged once, from 40 on.
        found = [self._predict(image, box).parts() for box in self._faces(image, 1)]
        return [np.array([(point.x, point.y) for point in face], np.float32) for face in found]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass
