"""Sequences of joints: gaps filled in, and the coordinates in which the motion network sees them. NumPy only.

The network's coordinates of a frame are the y of all joints, then the x, both as 2 v / image width - 1.
"""

import numpy as np

from gfla_tf.errors import GflaError
from gfla_tf.keypoints.joint_orders import COCO_17

# Where the joints of COCO_17 are on a standing person that faces the camera: x, y in heights from the soles to the crown.
_STANDING = np.array(
    [
        (0, 0.07), (0.02, 0.055), (-0.02, 0.055), (0.045, 0.06), (-0.045, 0.06), (0.11, 0.18), (-0.11, 0.18), (0.14, 0.36),
        (-0.14, 0.36), (0.15, 0.51), (-0.15, 0.51), (0.055, 0.48), (-0.055, 0.48), (0.06, 0.73), (-0.06, 0.73), (0.06, 0.95),
        (-0.06, 0.95),
    ]
)  # fmt: skip
MIN_JOINTS = 4  # of those that are seen at some time; fewer do not say where a person is


def filled(keypoints):
    """Places for the joints that a detector missed.

    Between two frames in which it is seen a joint moves in a straight line; before the first and after the last it stays. A joint
    that is never seen stands where a standing person's would, moved and scaled to fit the others in each frame.

    Args:
        keypoints: (T, 17, 3) in the order `COCO_17`: x, y in pixels and a confidence, 0 where missing.

    Returns:
        (T, 17, 2) float32.

    Raises:
        GflaError: fewer than `MIN_JOINTS` joints are ever seen.
    """
    keypoints = np.asarray(keypoints, np.float64)
    seen, time = keypoints[..., 2] > 0, np.arange(len(keypoints))
    known = seen.any(axis=0)
    if known.sum() < MIN_JOINTS:
        raise GflaError(
            f"The poses show {known.sum()} joints of a person, too few: {MIN_JOINTS} of {len(COCO_17)} are needed."
        )
    result = np.empty((len(keypoints), len(COCO_17), 2))
    for joint in np.flatnonzero(known):
        when = seen[:, joint]
        for axis in range(2):
            result[:, joint, axis] = np.interp(time, time[when], keypoints[when, joint, axis])
    if not known.all():
        usual, middle = (
            _STANDING - _STANDING[known].mean(axis=0),
            result[:, known].mean(axis=1, keepdims=True),
        )
        along = ((result[:, known] - middle) * usual[known]).sum(axis=(1, 2)) / (usual[known] ** 2).sum()
        result[:, ~known] = middle + along[:, None, None] * usual[~known]
    return result.astype(np.float32)


def to_coordinates(points, width):
    """Points (T, joints, 2) in pixels of an image of that width as the network's coordinates, (T, 2 joints) float32."""
    scaled = 2 * np.asarray(points, np.float32) / np.float32(width) - 1
    return np.concatenate([scaled[..., 1], scaled[..., 0]], axis=-1)


def to_points(coordinates, width):
    """The inverse of `to_coordinates`: (T, joints, 2) float32 in pixels."""
    y, x = np.split(np.asarray(coordinates, np.float32), 2, axis=-1)
    return (np.stack([x, y], axis=-1) + 1) * np.float32(width) / 2
