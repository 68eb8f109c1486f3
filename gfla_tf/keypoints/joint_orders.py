"""Joint orders of other datasets, made from the package's 18 OpenPose joints.

Detectors of the COCO kind see ears, eyes and nose; motion capture as in Human3.6M has a spine and the top of the head instead.
The dance networks draw the latter, and motion extraction leads from the former to it. NumPy only.
"""

import numpy as np

from gfla_tf.errors import GflaError
from gfla_tf.keypoints.poses import JOINTS

COCO_17 = (
    "nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder", "left_elbow", "right_elbow",
    "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle",
)  # fmt: skip
H36M_17 = (
    "pelvis", "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle", "spine", "thorax", "nose",
    "head", "left_shoulder", "left_elbow", "left_wrist", "right_shoulder", "right_elbow", "right_wrist",
)  # fmt: skip

# Pairs of indices into H36M_17: inner joint, outer joint.
H36M_LIMBS = (
    (0, 1), (1, 2), (2, 3), (0, 4), (4, 5), (5, 6), (0, 7), (7, 8), (8, 9), (9, 10), (8, 11), (11, 12), (12, 13), (8, 14),
    (14, 15), (15, 16),
)  # fmt: skip

# The top of the head lies so far from the neck, in multiples of the distance between the neck and the middle of the ears.
_HEAD = 1.55


def to_coco(keypoints):
    """OpenPose's 18 joints (..., 18, 3) in the order `COCO_17`, (..., 17, 3) float32: the neck is left out."""
    return _checked(keypoints)[..., [JOINTS.index(name) for name in COCO_17], :]


def from_coco(keypoints):
    """`COCO_17` keypoints (..., 17, 3) as OpenPose's 18, (..., 18, 3) float32: the neck is the middle of the shoulders."""
    keypoints = np.asarray(keypoints, np.float32)
    joint = dict(zip(COCO_17, np.moveaxis(keypoints, -2, 0), strict=True))
    joint["neck"] = _between(joint["right_shoulder"], joint["left_shoulder"], 0.5)
    return np.stack([joint[name] for name in JOINTS], axis=-2)


def coco_to_h36m(points):
    """Points (..., 17, any) in the order `COCO_17`, none missing, in the order `H36M_17`: a linear map."""
    return np.einsum("...jk,jn->...nk", points, COCO_TO_H36M)


def to_h36m(keypoints):
    """OpenPose's 18 joints (..., 18, 3) as `H36M_17`, (..., 17, 3) float32.

    Limbs and nose are what they are called. thorax: the neck; pelvis: the middle of the hips; spine: the middle of pelvis and
    thorax; head (its top): from the neck through the middle of the ears and 0.55 of that distance beyond, where the eyes or at
    last the nose stand in for ears that are missing. A joint is missing (all zeros) where one that it is made of is missing.
    """
    keypoints = _checked(keypoints)
    joint = dict(zip(JOINTS, np.moveaxis(keypoints, -2, 0), strict=True))
    joint["thorax"] = joint["neck"]
    joint["pelvis"] = _between(joint["right_hip"], joint["left_hip"], 0.5)
    joint["spine"] = _between(joint["pelvis"], joint["thorax"], 0.5)
    face = joint["nose"]
    for name in ("eye", "ear"):
        middle = _between(joint[f"right_{name}"], joint[f"left_{name}"], 0.5)
        face = np.where(middle[..., 2:] > 0, middle, face)
    joint["head"] = _between(joint["neck"], face, _HEAD)
    return np.stack([joint[name] * (joint[name][..., 2:] > 0) for name in H36M_17], axis=-2)


def _between(first, second, share):
    """first + share (second - first), with the smaller confidence; zeros where one is missing."""
    place = first + np.float32(share) * (second - first)
    place[..., 2] = np.minimum(first[..., 2], second[..., 2])
    return place * (place[..., 2:] > 0)


def _coco_to_h36m():
    """(17, 17) float32: what each joint of `COCO_17` adds to each of `H36M_17` where none is missing."""
    unit = np.eye(len(COCO_17), dtype=np.float32)[..., None]
    return to_h36m(from_coco(np.concatenate([unit, unit, np.ones_like(unit)], axis=-1)))[..., 0]


def _checked(keypoints):
    keypoints = np.asarray(keypoints, np.float32)
    if keypoints.shape[-2:] != (len(JOINTS), 3):
        raise GflaError(
            f"Keypoints of shape {keypoints.shape} are not OpenPose's: they must be (..., {len(JOINTS)}, 3)."
        )
    return keypoints


COCO_TO_H36M = _coco_to_h36m()
