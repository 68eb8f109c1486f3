"""Finds the 68 points of the main face in a picture: with dlib where its predictor is given, else with MediaPipe's networks.

dlib's predictor finds the 68 points themselves. MediaPipe's network finds a mesh of 468, of which `MEDIAPIPE_468`
names the one nearest to each of the 68; `docs/faces.md` has them as a table and says how far they lie apart.
"""

from pathlib import Path

import numpy as np

from gfla_tf.errors import GflaError
from gfla_tf.inference.detectors.blazeface import FaceFinder
from gfla_tf.inference.detectors.network_files import read_face_networks

# The point of MediaPipe's mesh for each of the 68.
MEDIAPIPE_468 = (
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


class MeshFaceDetector:
    """Finds faces with MediaPipe's face networks on LiteRT; a context manager.

    Raises:
        GflaError: the networks cannot be had or loaded.
    """

    def __init__(self):
        self._finder = FaceFinder(read_face_networks())

    def __call__(self, image):
        """Points (68, 2) float32 of the main face of a uint8 RGB image (H, W, 3), or None without one."""
        return main_face(self.faces(image))

    def faces(self, image):
        """Points (68, 2) float32 of every face of a uint8 RGB image (H, W, 3)."""
        return [mesh_to_points(mesh) for mesh in self._finder.find(np.ascontiguousarray(image, np.uint8))]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


def mesh_to_points(mesh):
    """The 68 points (68, 2) of a mesh (468, 3)."""
    return mesh[list(MEDIAPIPE_468), :2]


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
        if count != len(MEDIAPIPE_468):
            raise GflaError(
                f"The predictor {predictor} finds {count} points: give one of {len(MEDIAPIPE_468)} points."
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
