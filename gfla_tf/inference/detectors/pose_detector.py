"""Finds the pose of the main person in a photo with MediaPipe's PoseLandmarker.

The landmarker finds 33 points (`mediapipe.tasks.python.vision.PoseLandmark`), of which 17 are joints of ours;
the neck is the mean of the shoulders. Its visibility, the probability that a point is in the picture and not
hidden, becomes the confidence.
"""

import numpy as np

from gfla_tf.inference.detectors.landmarkers import Landmarker, Model
from gfla_tf.inference.photos import inside_photo
from gfla_tf.keypoints.pose_files import main_person, to_joints

POSE_MODEL = Model(
    kind="Pose",
    what="pose model",
    finds="Finding poses in photos",
    option="--pose-model",
    variable="GFLA_POSE_MODEL",
    instead="give poses as JSON files",
    url="https://storage.googleapis.com/mediapipe-models/pose_landmarker/pose_landmarker_full/float16/1/"
    "pose_landmarker_full.task",
    sha256="5134a3aad27a58b93da0088d431f366da362b44e3ccfbe3462b3827a839011b1",
)

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


class PoseDetector(Landmarker):
    """Finds the main person's joints in photos; a context manager.

    >>> with PoseDetector() as detect:
    ...     keypoints = detect(photo)

    Args:
        model: path of the PoseLandmarker model, by default found by `gfla_tf.inference.detectors.landmarkers.find_model`.

    Raises:
        GflaError: MediaPipe is not installed, or the model is missing or damaged.
    """

    def __init__(self, model=None):
        super().__init__(POSE_MODEL, model, num_poses=MAX_PEOPLE)

    def __call__(self, image):
        """Keypoints (18, 3) float32 of the main person (`gfla_tf.keypoints.pose_files.main_person`), or None without one.

        Joints whose visibility is below `MIN_CONFIDENCE`, or which lie outside the image, are missing.

        Args:
            image: uint8 RGB (H, W, 3).
        """
        people = self.detect(image).pose_landmarks
        return main_person([landmarks_to_joints(person, image.shape[:2]) for person in people])


def landmarks_to_joints(landmarks, image_size):
    """Our keypoints (18, 3) from 33 landmarks with `x`, `y` in fractions of the image and `visibility`.

    A fraction counts from the outer edge of the first pixel, ours from its centre: x * width - 0.5.
    """
    height, width = image_size
    points = np.array([(point.x, point.y, point.visibility) for point in landmarks], np.float32)
    points[points[:, 2] < MIN_CONFIDENCE, 2] = 0
    points[:, :2] = points[:, :2] * (width, height) - 0.5
    return to_joints(inside_photo(points, image_size), MEDIAPIPE_33)
