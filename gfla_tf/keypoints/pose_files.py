"""Poses in files: OpenPose, COCO, AlphaPose and MediaPipe JSON as our 18 joints or as Human3.6M's 17, in pixels of the picture.

Whether coordinates are pixels or fractions is decided by the spread of the joints: nobody can be seen in `LEAST_SPREAD` pixels.
Fractions are scaled where the file says how large its picture is, or the picture is at hand; otherwise they are refused.
`gfla_tf.keypoints.pose_formats` has the formats.
"""

import json
from pathlib import Path

import numpy as np

from gfla_tf.errors import GflaError, os_reason
from gfla_tf.files import write_whole
from gfla_tf.io.documents import read_json
from gfla_tf.keypoints.pose_formats import Found, Frame, frames_of, to_joints
from gfla_tf.keypoints.poses import JOINTS

__all__ = [
    "LEAST_SPREAD",
    "find_pose",
    "main_person",
    "read_frames",
    "read_pose",
    "to_joints",
    "write_openpose",
]

LEAST_SPREAD = 4.0  # pixels between most joints of a person
_FRACTIONS = (
    -0.1,
    2.0,
)  # between which fractions of a picture lie, also of joints that were guessed beyond its border
_SAME_PROPORTIONS = 0.02


def main_person(people):
    """The person of the largest (sum of confidences) * (diagonal of the box around the joints), or None.

    So a whole person in front is taken before a small, half-seen one in the back, however sure that one is.

    Args:
        people: list of (18, 3) keypoints.
    """
    people = [person for person in people if (person[:, 2] > 0).any()]
    return max(people, key=_prominence, default=None)


def read_pose(path, image_size=None, joints=JOINTS):
    """What `find_pose` gives, where there has to be a person: raises a `GflaError` if there is none, too."""
    person = find_pose(path, joints, image_size)
    if person is None:
        raise GflaError(f"The pose file {path} contains no person; give a file in which a person was found.")
    return person


def find_pose(path, joints=JOINTS, image_size=None):
    """Keypoints of the main person (`main_person`) of a pose file of one picture, or None if there is no person.

    Args:
        path: of the file.
        joints: the order wanted, `JOINTS` or `gfla_tf.keypoints.joint_orders.H36M_17`.
        image_size: (height, width) of the picture that the pose is of, where it is at hand.

    Returns:
        (18, 3) or (17, 3) float32, or None.

    Raises:
        GflaError: the file cannot be read, is of another format or of several pictures, or its coordinates cannot be pixels.
    """
    frames = read_frames(path, joints, image_size)
    if len(frames) > 1:
        raise GflaError(f"The pose file {path} has poses of {len(frames)} images; keep those of one image.")
    return main_person([person.keypoints for person in frames[0].people])


def read_frames(path, joints=JOINTS, image_size=None):
    """All frames of a pose file, `gfla_tf.keypoints.pose_formats.Frame`, in pixels; arguments and errors as for `find_pose`."""
    frames = frames_of(read_json(path, "pose file"), joints, path)
    shown = None if image_size is None else (float(image_size[1]), float(image_size[0]))
    people = [person.keypoints for frame in frames for person in frame.people]
    spread = max((_spread(person) for person in people), default=np.inf)
    fractions = any(frame.fractions for frame in frames) or spread < LEAST_SPREAD
    return [_in_pixels(frame, fractions, shown, path) for frame in frames]


def write_openpose(path, keypoints):
    """Writes keypoints as OpenPose JSON with one person, or with none if all are missing; missing joints are 0, 0, 0.

    Args:
        path: of the file, in a folder that exists.
        keypoints: (18, 3) in our order, which is BODY_18, or (17, 3) in that of Human3.6M.

    Raises:
        GflaError: the file cannot be written.
    """
    keypoints = np.asarray(keypoints, np.float32)
    keypoints = np.where(keypoints[:, 2:] > 0, keypoints, 0)
    values = [round(float(value), 3) for value in keypoints.ravel()]
    people = [{"person_id": [-1], "pose_keypoints_2d": values}] if any(values) else []
    path = Path(path)
    try:
        if not path.parent.is_dir():
            raise NotADirectoryError(f"there is no folder {path.parent}")
        write_whole(path, json.dumps({"version": 1.3, "people": people}).encode())
    except OSError as error:
        raise GflaError(f"Cannot write the pose file {path}: {os_reason(error)}.") from error


def _in_pixels(frame, fractions, shown, path):
    """The frame in pixels of the picture that is shown, or of its own."""
    if not frame.people:
        return frame
    own = frame.size
    if fractions:
        places = np.concatenate([person.keypoints[person.keypoints[:, 2] > 0, :2] for person in frame.people])
        size = own or shown
        low, high = _FRACTIONS
        inside = len(places) == 0 or (np.percentile(places, 10) >= low and np.percentile(places, 90) <= high)
        if size is None or not inside:
            raise GflaError(
                f"The pose file {path} has all joints of a person within {LEAST_SPREAD:g} pixels: coordinates must be pixels of "
                "the image (OpenPose: --keypoint_scale 0), or fractions of it where canvas_width and canvas_height say its size."
            )
        frame = _scaled(frame, size)
        own = size
    if own and shown and own != shown:
        stretch = (shown[0] / own[0]) / (shown[1] / own[1])
        if abs(stretch - 1) > _SAME_PROPORTIONS:
            raise GflaError(
                f"The pose file {path} is of an image of {own[0]:g} x {own[1]:g} pixels, and the photo has {shown[0]:g} x "
                f"{shown[1]:g}: give the pose of this photo."
            )
        frame = _scaled(frame, (shown[0] / own[0], shown[1] / own[1]))
    return frame


def _scaled(frame, factors):
    scale = np.float32([*factors, 1])
    return Frame([Found(person.keypoints * scale, person.number) for person in frame.people], frame.size)


def _spread(person):
    """How far most of a person's joints lie apart, in the longer direction; no limit where there are too few to tell."""
    places = person[person[:, 2] > 0, :2]
    if len(places) < 3:
        return 0.0 if len(places) and np.abs(places).max() <= _FRACTIONS[1] else np.inf
    return float((np.percentile(places, 90, axis=0) - np.percentile(places, 10, axis=0)).max())


def _prominence(person):
    positions = person[person[:, 2] > 0, :2]
    return person[:, 2].sum() * np.hypot(*np.ptp(positions, axis=0))
