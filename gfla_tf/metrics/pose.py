"""Pose consistency: the pose found in a generated picture against the one asked for."""

import numpy as np

_HEAD = (16, 17)  # right and left ear, of OpenPose's 18 joints
_NOSE, _NECK = 0, 1
_SHARE = 0.5  # of the head's size, PCKh@0.5 of Andriluka et al. (2014)


def pose_consistency(found, wanted):
    """How well a found pose agrees with the one asked for.

    A joint counts where it was asked for. It is correct if it was found within half the head's size of its place. The size of the
    head is the larger of the distance between the ears and that from nose to neck, of the pose asked for.

    Args:
        found: (18, 3) keypoints, or None if nobody was found.
        wanted: (18, 3) keypoints, in the same pixels.

    Returns:
        (PCKh in [0, 1], mean distance in pixels over the joints present in both); NaN where there is nothing to judge by.
    """
    wanted = np.asarray(wanted, np.float64)
    asked = wanted[:, 2] > 0
    head = _head_size(wanted)
    if not asked.any() or not head:
        return float("nan"), float("nan")
    if found is None:
        return 0.0, float("nan")
    found = np.asarray(found, np.float64)
    both = asked & (found[:, 2] > 0)
    distance = np.linalg.norm(found[:, :2] - wanted[:, :2], axis=1)
    correct = (both & (distance <= _SHARE * head)).sum() / asked.sum()
    return float(correct), float(distance[both].mean()) if both.any() else float("nan")


def _head_size(keypoints):
    sizes = [
        np.linalg.norm(keypoints[a, :2] - keypoints[b, :2])
        for a, b in (_HEAD, (_NOSE, _NECK))
        if min(keypoints[a, 2], keypoints[b, 2]) > 0
    ]
    return max(sizes, default=0.0)
