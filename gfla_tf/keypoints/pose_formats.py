"""How tools write poses: the orders of their joints, and their JSON documents as frames of people.

The orders are those of OpenPose's `doc/02_output.md` (BODY_25; its COCO model, here BODY_18), of the keypoint category of the
COCO dataset (`cocodataset.org/#format-data`, 17 joints), of Halpe (26 joints) and of MediaPipe's PoseLandmark (33). docs/poses.md
has the first three as a table.
"""

from typing import NamedTuple

import numpy as np

from gfla_tf.errors import GflaError
from gfla_tf.io.documents import is_number
from gfla_tf.io.folders import by_numbers
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
HALPE_26 = (*COCO_17, None, "neck", *(None,) * 7)  # top of the head, neck, middle of the hips, feet
# The joints that motion extraction gives, and cleaned data.
CLEAN_17 = tuple("neck" if name == "thorax" else name for name in H36M_17)
MEDIAPIPE_33 = (
    "nose",
    *(None, "left_eye", None, None, "right_eye", None, "left_ear", "right_ear"),
    *(None, None),  # corners of the mouth
    *("left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist"),
    *(None,) * 6,  # fingers
    *("left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle"),
    *(None,) * 4,  # heels and feet
)

_OPENPOSE_ORDERS = {17: CLEAN_17, 18: BODY_18, 25: BODY_25}
_COCO_ORDERS = {17: COCO_17, 26: HALPE_26}
_OPENPOSE_KEYS = (
    "pose_keypoints_2d",
    "pose_keypoints",
    "joints",
)  # today's, that of old versions, AlphaPose's cmu
_LEAST_VISIBILITY = 0.1  # of MediaPipe's points, which it gives for hidden ones, too


class Found(NamedTuple):
    """A person of a frame: keypoints (18, 3) or (17, 3), and the number that a tracker gave, or None."""

    keypoints: np.ndarray
    number: int | None = None


class Frame(NamedTuple):
    """A frame of a document: its people, the (width, height) of its picture where the file tells it, and whether the file says
    that coordinates are fractions of it."""

    people: list
    size: tuple | None = None
    fractions: bool = False


def frames_of(document, joints, path):
    """The `Frame`s of a JSON document, in the film's order.

    A person without values is none. Values that are no numbers, or too few or too many, are refused.

    Args:
        document: what `json.loads` gives; None of an empty file.
        joints: the order wanted, `JOINTS` or `gfla_tf.keypoints.joint_orders.H36M_17`.
        path: of the file, for sentences.

    Raises:
        GflaError: it is of no known format, or has values that are no joints.
    """
    if document is None:
        return [Frame([])]
    bare = (
        isinstance(document, list) and document and all(map(_is_landmarks, document))
    )  # people of one picture
    if bare or _is_landmarks(document) or _holds(document, "pose_landmarks") or _holds(document, "landmarks"):
        return [_landmark_frame(document, joints, path)]
    if _holds(document, "people") or _holds(document, "bodies"):
        return [_openpose_frame(document, joints, path)]
    frames = list(document.values()) if isinstance(document, dict) else document
    if isinstance(frames, list) and frames:
        if all(_holds(frame, "people") or _holds(frame, "bodies") for frame in frames):
            names = list(document) if isinstance(document, dict) else range(len(frames))  # of pictures
            order = sorted(range(len(frames)), key=lambda at: by_numbers(names[at]))
            return [_openpose_frame(frames[at], joints, path) for at in order]
        if all(_holds(frame, "pose_landmarks") for frame in frames):
            return [_landmark_frame(frame, joints, path) for frame in frames]
    return _coco_frames(document, joints, path)


def openpose_people(document, path):
    """(values of the joints, entry) of everybody in an OpenPose document who has any, a list.

    Raises:
        GflaError: it is no such document.
    """
    if not (_holds(document, "people") or _holds(document, "bodies")):
        raise _unknown(path)
    entries = document.get("people", document.get("bodies"))
    entries = [] if entries is None else entries
    if not isinstance(entries, list) or not all(
        entry is None or isinstance(entry, dict) for entry in entries
    ):
        raise _unknown(path)
    found = [
        (next((entry[key] for key in _OPENPOSE_KEYS if entry.get(key)), None), entry)
        for entry in filter(None, entries)
    ]
    return [(values, entry) for values, entry in found if values]


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


def _holds(entry, key):
    return isinstance(entry, dict) and key in entry


def _unknown(path):
    return GflaError(
        f"The pose file {path} is neither OpenPose JSON (people with pose_keypoints_2d) nor COCO keypoint JSON (annotations "
        "with keypoints), nor MediaPipe's landmarks; give one of these."
    )


def _openpose_frame(document, joints, path):
    people = [
        Found(_person(values, _OPENPOSE_ORDERS, joints, path), _number(entry.get("person_id")))
        for values, entry in openpose_people(document, path)
    ]
    return Frame(people, _size(document, "canvas_width", "canvas_height"))


def _coco_frames(document, joints, path):
    entries, pictures = document, {}
    if isinstance(document, dict):
        if "annotations" in document:
            entries = document["annotations"]
            listed = document.get("images")
            for entry in listed if isinstance(listed, list) else []:
                if isinstance(entry, dict):
                    pictures[_key(entry.get("id"))] = entry
        elif "keypoints" in document:
            entries = [document]
    if not isinstance(entries, list) or not all(
        entry is None or isinstance(entry, dict) for entry in entries
    ):
        raise _unknown(path)
    if entries and not any(_holds(entry, "keypoints") or _holds(entry, "bbox") for entry in entries):
        raise _unknown(path)
    frames = {}
    for entry in entries:
        # A whole dataset also annotates things without joints.
        if not entry or not entry.get("keypoints") or entry.get("num_keypoints") == 0:
            continue
        picture = _key(entry.get("image_id"))
        number = _number(entry.get("idx", entry.get("track_id")))
        frames.setdefault(picture, []).append(
            Found(_person(entry["keypoints"], _COCO_ORDERS, joints, path), number)
        )
    # Pictures on which nobody was found are frames, too, where the file lists its pictures.
    every = {**{picture: [] for picture in pictures if len(frames) > 1}, **frames} or {"": []}

    def name(picture):
        return by_numbers(pictures.get(picture, {}).get("file_name") or picture)

    return [
        Frame(every[one], _size(pictures.get(one, {}), "width", "height")) for one in sorted(every, key=name)
    ]


def _landmark_frame(document, joints, path):
    people, size = document, None
    if isinstance(document, dict):
        people = document.get("pose_landmarks", document.get("landmarks"))
        size = _size(document, "image_width", "image_height") or _size(document, "width", "height")
    people = [people] if _is_landmarks(people) else people or []
    if not isinstance(people, list) or not all(_is_landmarks(person) for person in people):
        raise _unknown(path)
    found = []
    for person in people:
        values = [(point["x"], point["y"], point.get("visibility", 1.0)) for point in person]
        values = [value if value[2] is None or value[2] >= _LEAST_VISIBILITY else (*value[:2], 0) for value in values
                  if checked(value, path)]  # fmt: skip
        found.append(Found(_in_order(np.array(values, np.float32), MEDIAPIPE_33, joints)))
    return Frame(found, size, fractions=True)


def _is_landmarks(value):
    return (
        isinstance(value, list)
        and len(value) == len(MEDIAPIPE_33)
        and all(isinstance(point, dict) and {"x", "y"} <= point.keys() for point in value)
    )


def _person(values, orders, joints, path):
    if not isinstance(values, list) or len(values) not in {3 * count for count in orders}:
        count = len(values) if isinstance(values, list) else 0
        counts = " or ".join(f"{3 * count} ({count} joints)" for count in orders)
        raise GflaError(f"The pose file {path} has a person of {count} values; a person takes {counts}.")
    checked(values, path)
    points = np.array(values, np.float32).reshape(-1, 3)
    points[:, 2] = points[:, 2].clip(0, 1)
    return _in_order(points, orders[len(points)], joints)


def checked(values, path):
    """True; a `GflaError` if values are no numbers of pixels."""
    if not all(map(is_number, values)):
        raise GflaError(
            f"The pose file {path} has a person with values that are no numbers of pixels; write it again."
        )
    return True


def _in_order(points, order, joints):
    if joints == JOINTS:
        return to_joints(points, order)
    return np.where(points[:, 2:] > 0, points, 0) if order == CLEAN_17 else to_h36m(to_joints(points, order))


def _number(value):
    """A tracker's number of a person; OpenPose writes [-1] where it tracks nobody."""
    while isinstance(value, list) and len(value) == 1:
        value = value[0]
    return int(value) if is_number(value) and value >= 0 else None


def _size(entry, width, height):
    found = entry.get(width), entry.get(height)
    return (float(found[0]), float(found[1])) if all(is_number(one) and one >= 1 for one in found) else None


def _key(value):
    return value if isinstance(value, (str, int)) else repr(value)
