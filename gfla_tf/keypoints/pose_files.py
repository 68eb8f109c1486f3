"""Poses in files: OpenPose JSON (BODY_18, BODY_25, or the 17 joints of Human3.6M) and COCO keypoint JSON, as our 18 joints or as
Human3.6M's 17.

The orders are those of OpenPose's `doc/02_output.md` (BODY_25; its COCO model, here BODY_18) and of the
keypoint category of the COCO dataset (`cocodataset.org/#format-data`, 17 joints). `docs/poses.md` has them as
a table. Our order is BODY_18; see `gfla_tf.keypoints.poses.JOINTS`.
"""

import json
import os
from pathlib import Path

import numpy as np

from gfla_tf.errors import GflaError
from gfla_tf.keypoints.joint_orders import H36M_17, to_h36m
from gfla_tf.keypoints.poses import JOINTS

# Our name of each joint of a format, in the format's order; None where we have no such joint.
BODY_18 = JOINTS
BODY_25 = (
    *("nose", "neck", "right_shoulder", "right_elbow", "right_wrist"),
    *("left_shoulder", "left_elbow", "left_wrist"),
    None,  # middle of the hips
    *("right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle"),
    *("right_eye", "left_eye", "right_ear", "left_ear"),
    *(None,) * 6,  # toes and heels
)  # fmt: skip
COCO_17 = (
    *("nose", "left_eye", "right_eye", "left_ear", "right_ear"),
    *("left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist"),
    *("left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle"),
)

# The joints that motion extraction gives, and cleaned data.
CLEAN_17 = tuple("neck" if name == "thorax" else name for name in H36M_17)

_OPENPOSE_ORDERS = {17: CLEAN_17, 18: BODY_18, 25: BODY_25}
_COCO_ORDERS = {17: COCO_17}


def to_joints(points, order):
    """Points of another format in our order.

    A joint that the format lacks is missing, except the neck, which is then the mean of the shoulders with
    the lower confidence of the two (missing if either is). Joints of confidence 0 or less are all zeros.

    Args:
        points: (n, 3): x, y and a confidence.
        order: n names of our joints, or None, one for each point.

    Returns:
        (18, 3) float32.
    """
    found = {name: np.asarray(point, np.float32) for name, point in zip(order, points) if name}
    if "neck" not in found and {"right_shoulder", "left_shoulder"} <= found.keys():
        right, left = found["right_shoulder"], found["left_shoulder"]
        found["neck"] = np.append((right[:2] + left[:2]) / 2, min(right[2], left[2]))
    keypoints = np.stack([found.get(name, np.zeros(3)) for name in JOINTS]).astype(np.float32)
    keypoints[keypoints[:, 2] <= 0] = 0
    return keypoints


def main_person(people):
    """The person of the largest (sum of confidences) * (diagonal of the box around the joints), or None.

    So a whole person in front is taken before a small, half-seen one in the back, however sure that one is.

    Args:
        people: list of (18, 3) keypoints.
    """
    people = [person for person in people if (person[:, 2] > 0).any()]
    return max(people, key=_prominence, default=None)


def read_pose(path):
    """What `find_pose` gives, where there has to be a person: raises a `GflaError` if there is none, too."""
    person = find_pose(path)
    if person is None:
        raise GflaError(f"The pose file {path} contains no person; give a file in which a person was found.")
    return person


def find_pose(path, joints=JOINTS):
    """Keypoints of the main person (`main_person`) of an OpenPose or COCO keypoint JSON file, or None if there is no person.

    OpenPose: an object with `people`, each with `pose_keypoints_2d` of 18 or 25 joints, in pixels, or of 17, which are in the
    order of Human3.6M. COCO: an annotation or result with `keypoints` of 17 joints, a list of them, or a dataset with
    `annotations`, of one image. COCO's visibility flags 1 and 2 and scores above 1 become confidence 1.

    Args:
        path: of the file.
        joints: the order wanted, `JOINTS` or `gfla_tf.keypoints.joint_orders.H36M_17`.

    Returns:
        (18, 3) or (17, 3) float32, or None.

    Raises:
        GflaError: the file cannot be read, is not such JSON, has a wrong number of values, or values that are no numbers.
    """
    try:
        document = json.loads(Path(path).read_bytes())
    except OSError as error:
        raise GflaError(f"Cannot read the pose file {path}: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise GflaError(f"The pose file {path} is not valid JSON ({error}); write it again.") from error
    if isinstance(document, dict) and "people" in document:
        entries, key, orders = document["people"], "pose_keypoints_2d", _OPENPOSE_ORDERS
    else:
        entries, key, orders = _coco_entries(document, path), "keypoints", _COCO_ORDERS
    if not isinstance(entries, list) or not all(
        isinstance(entry, dict) and key in entry for entry in entries
    ):
        raise GflaError(
            f"The pose file {path} is neither OpenPose JSON (people with pose_keypoints_2d) nor COCO "
            "keypoint JSON (annotations with keypoints)."
        )
    person = main_person([_person(entry[key], orders, joints, path) for entry in entries])
    if person is None:
        return None
    present = person[:, 2] > 0
    if np.abs(person[present, :2]).max() <= 1:
        raise GflaError(
            f"The pose file {path} has coordinates within [-1, 1]; they must be pixels of the image "
            "(OpenPose: --keypoint_scale 0)."
        )
    return person


def write_openpose(path, keypoints):
    """Writes keypoints as OpenPose JSON with one person, or with none if all are missing; missing joints are 0, 0, 0.

    Args:
        path: of the file.
        keypoints: (18, 3) in our order, which is BODY_18, or (17, 3) in that of Human3.6M.

    Raises:
        GflaError: the file cannot be written.
    """
    keypoints = np.asarray(keypoints, np.float32)
    keypoints = np.where(keypoints[:, 2:] > 0, keypoints, 0)
    values = [round(float(value), 3) for value in keypoints.ravel()]
    people = [{"person_id": [-1], "pose_keypoints_2d": values}] if any(values) else []
    path = Path(path)
    temporary = path.with_name(f"{path.name}.tmp")
    try:
        temporary.write_text(json.dumps({"version": 1.3, "people": people}))
        os.replace(temporary, path)
    except OSError as error:
        raise GflaError(f"Cannot write the pose file {path}: {error.strerror}.") from error


def _coco_entries(document, path):
    if isinstance(document, dict):
        document = document.get("annotations", [document])
    if not isinstance(document, list):
        return document
    # A whole dataset also annotates things without joints.
    entries = [
        entry for entry in document if not (isinstance(entry, dict) and entry.get("num_keypoints") == 0)
    ]
    images = {json.dumps(entry.get("image_id")) for entry in entries if isinstance(entry, dict)}
    if len(images) > 1:
        raise GflaError(f"The pose file {path} has poses of {len(images)} images; keep those of one image.")
    return entries


def _person(values, orders, joints, path):
    if not isinstance(values, list) or len(values) not in {3 * count for count in orders}:
        count = len(values) if isinstance(values, list) else 0
        counts = " or ".join(f"{3 * count} ({count} joints)" for count in orders)
        raise GflaError(f"The pose file {path} has a person of {count} values; a person takes {counts}.")
    if not all(type(value) in (int, float) and abs(value) < 1e6 for value in values):  # also false for NaN
        raise GflaError(f"The pose file {path} has a person with values that are no numbers of pixels.")
    points = np.array(values, np.float32).reshape(-1, 3)
    points[:, 2] = points[:, 2].clip(0, 1)
    order = orders[len(points)]
    if joints == JOINTS:
        return to_joints(points, order)
    return np.where(points[:, 2:] > 0, points, 0) if order == CLEAN_17 else to_h36m(to_joints(points, order))


def _prominence(person):
    positions = person[person[:, 2] > 0, :2]
    return person[:, 2].sum() * np.hypot(*np.ptp(positions, axis=0))
