"""Finds the pose of the main person in a photo with MediaPipe's PoseLandmarker.

The landmarker finds 33 points (`mediapipe.tasks.python.vision.PoseLandmark`), of which 17 are joints of ours;
the neck is the mean of the shoulders. Its visibility, the probability that a point is in the picture and not
hidden, becomes the confidence. No model ships with this project: `find_pose_model` says where it is looked
for.
"""

import contextlib
import hashlib
import http.client
import os
import sys
import urllib.request
from pathlib import Path

import numpy as np

from demo.photos import inside_photo
from demo.pose_files import main_person, to_joints
from gfla_tf.errors import GflaError

MODEL_URL = (
    "https://storage.googleapis.com/mediapipe-models/pose_landmarker/pose_landmarker_full/float16/1/"
    "pose_landmarker_full.task"
)
MODEL_SHA256 = "5134a3aad27a58b93da0088d431f366da362b44e3ccfbe3462b3827a839011b1"

# Our name of each of the 33 points; None where we have no such joint.
MEDIAPIPE_33 = (
    "nose",
    *(None, "left_eye", None),  # inner corner, eye, outer corner
    *(None, "right_eye", None),
    *("left_ear", "right_ear"),
    *(None, None),  # corners of the mouth
    *("left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist"),
    *(None,) * 6,  # fingers
    *("left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle"),
    *(None,) * 4,  # heels and feet
)

# MediaPipe places hidden points by guess. On footage of a person seen from behind, guesses of visibility 0.13
# to 0.46 lay where the eye would put the joint, and a limb left out costs a network more than one a little off.
MIN_CONFIDENCE = 0.1
MAX_PEOPLE = 4


def cache_folder():
    """Where downloads are kept: ~/.cache/gfla_tf."""
    return Path.home() / ".cache" / "gfla_tf"


def find_pose_model(path=None):
    """Path of the landmarker: `path`, else $GFLA_POSE_MODEL, else the cache, filled by a download.

    Raises:
        GflaError: the given file does not exist, or the model cannot be downloaded.
    """
    for given, origin in ((path, "--pose-model"), (os.environ.get("GFLA_POSE_MODEL"), "GFLA_POSE_MODEL")):
        if given:
            if not Path(given).is_file():
                raise GflaError(f"There is no pose model {given}, given by {origin}.")
            return Path(given)
    cached = cache_folder() / "pose_landmarker_full.task"
    if not cached.is_file():
        temporary = cached.with_name(f"{cached.name}.{os.getpid()}.tmp")
        try:
            with urllib.request.urlopen(MODEL_URL, timeout=20) as response:
                content = response.read()
            if hashlib.sha256(content).hexdigest() != MODEL_SHA256:
                raise OSError("what came is not the expected file")
            cached.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_bytes(content)
            os.replace(temporary, cached)
        except (OSError, http.client.HTTPException) as error:  # the latter for a download cut short
            raise GflaError(
                f"The pose model cannot be downloaded from {MODEL_URL} ({error}): fetch it elsewhere and "
                "give it by --pose-model PATH or GFLA_POSE_MODEL, or give poses as JSON files."
            ) from error
    return cached


class PoseDetector:
    """Finds the main person's joints in photos; a context manager.

    >>> with PoseDetector() as detect:
    ...     keypoints = detect(photo)

    Args:
        model: path of the PoseLandmarker model, by default found by `find_pose_model`.

    Raises:
        GflaError: MediaPipe is not installed, or the model is missing or damaged.
    """

    def __init__(self, model=None):
        model = find_pose_model(model)
        self._mediapipe, vision, options = _import_mediapipe()
        try:
            # Bytes, not a path: MediaPipe looks for relative paths in its own folder.
            base_options = options(model_asset_buffer=model.read_bytes())
            settings = vision.PoseLandmarkerOptions(base_options=base_options, num_poses=MAX_PEOPLE)
            with _silent_native_code():
                self._landmarker = vision.PoseLandmarker.create_from_options(settings)
        except (OSError, ValueError, RuntimeError) as error:
            reason = " ".join(str(error).split())
            raise GflaError(f"MediaPipe cannot load the pose model {model}: {reason}.") from error

    def __call__(self, image):
        """Keypoints (18, 3) float32 of the main person (`demo.pose_files.main_person`), or None without one.

        Joints whose visibility is below `MIN_CONFIDENCE`, or which lie outside the image, are missing.

        Args:
            image: uint8 RGB (H, W, 3).
        """
        image = np.ascontiguousarray(image, np.uint8)
        picture = self._mediapipe.Image(image_format=self._mediapipe.ImageFormat.SRGB, data=image)
        with _silent_native_code():
            people = self._landmarker.detect(picture).pose_landmarks
        return main_person([landmarks_to_joints(person, image.shape[:2]) for person in people])

    def close(self):
        """Frees MediaPipe's resources."""
        self._landmarker.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def landmarks_to_joints(landmarks, image_size):
    """Our keypoints (18, 3) from 33 landmarks with `x`, `y` in fractions of the image and `visibility`.

    A fraction counts from the outer edge of the first pixel, ours from its centre: x * width - 0.5.
    """
    height, width = image_size
    points = np.array([(point.x, point.y, point.visibility) for point in landmarks], np.float32)
    points[points[:, 2] < MIN_CONFIDENCE, 2] = 0
    points[:, :2] = points[:, :2] * (width, height) - 0.5
    return to_joints(inside_photo(points, image_size), MEDIAPIPE_33)


@contextlib.contextmanager
def _silent_native_code():
    # MediaPipe's C++ code warns of its own affairs on file descriptor 2 and heeds no variable that would stop
    # it; what goes wrong comes as an exception all the same.
    sys.stderr.flush()
    saved, sink = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(sink, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(sink)


def _import_mediapipe():
    # MediaPipe imports TensorFlow where there is one, for its documentation only. An entry of None in
    # sys.modules makes Python say that there is none, which saves three seconds and some hundred megabytes.
    with contextlib.ExitStack() as stack:
        if "tensorflow" not in sys.modules:
            sys.modules["tensorflow"] = None
            stack.callback(sys.modules.pop, "tensorflow")
        try:
            import mediapipe
            from mediapipe.tasks.python import BaseOptions, vision
        except ImportError as error:
            raise GflaError(
                f"Finding poses in photos needs MediaPipe ({error}): pip install 'gfla-tf[demo]', or give "
                "poses as JSON files."
            ) from error
    return mediapipe, vision, BaseOptions
