"""Finds the pose of the main person in a photo or in the frames of a film, as our 18 joints.

The networks (`gfla_tf.inference.detectors.blazepose`) find 33 points, of which 17 are joints of ours; the neck is the mean of the
shoulders. Their visibility, the probability that a point is in the picture and not hidden, becomes the confidence.
"""

import numpy as np

from gfla_tf.inference.detectors.blazepose import PeopleFinder
from gfla_tf.inference.detectors.network_files import read_pose_networks
from gfla_tf.inference.photos import inside_photo
from gfla_tf.keypoints.pose_files import main_person, to_joints

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

# The networks place hidden points by guess. On footage of a person seen from behind, guesses of visibility 0.13
# to 0.46 lay where the eye would put the joint, and a limb left out costs a network more than one a little off.
MIN_CONFIDENCE = 0.1


class PoseDetector:
    """Finds the main person's joints; a context manager.

    >>> with PoseDetector() as detect:
    ...     keypoints = detect(photo)

    Args:
        model: the networks, as for `read_pose_networks`.
        film: pictures are the frames of one film, in order: whoever was the main person is followed as long as it is there.
        threads: on which the networks run.

    Raises:
        GflaError: the networks cannot be had or loaded.
    """

    def __init__(self, model=None, film=False, threads=2):
        self._finder = PeopleFinder(read_pose_networks(model), threads=threads)
        self._find = self._finder.follow if film else self._finder.find
        self._film, self._number = film, None

    def found(self, image):
        """Everybody in a uint8 RGB picture (H, W, 3), or in the next frame: list of `PersonFound`, with numbers and outlines."""
        return self._find(image)

    def people(self, image):
        """Keypoints (18, 3) of everybody in a uint8 RGB picture (H, W, 3), or in the next frame."""
        return [joints_of(person, image.shape[:2]) for person in self.found(image)]

    def __call__(self, image):
        """Keypoints (18, 3) float32 of the main person (`main_person`), or None without one.

        Joints whose visibility is below `MIN_CONFIDENCE`, or which lie outside the image, are missing.

        Args:
            image: uint8 RGB (H, W, 3).
        """
        people = {person.number: joints_of(person, image.shape[:2]) for person in self.found(image)}
        chosen = people.get(self._number) if self._film else None
        if chosen is None:
            chosen = main_person(list(people.values()))
        self._number = next((number for number, joints in people.items() if joints is chosen), None)
        if self._film and self._number is not None:
            self._finder.follow_only(self._number)
        return chosen

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


def joints_of(person, image_size):
    """Our keypoints (18, 3) of a `PersonFound` in a picture of `image_size` (height, width)."""
    points = person.points[:, [0, 1, 3]]
    points = np.where(points[:, 2:] < MIN_CONFIDENCE, 0, points)
    return to_joints(inside_photo(points, image_size), MEDIAPIPE_33)
