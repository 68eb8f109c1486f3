"""Steadies the joints of a film as they come, frame by frame, without looking ahead.

Three steps, in this order: left and right that were mistaken for each other are exchanged back; a joint that was lost is held
where it was, its confidence fading to nothing; the rest is smoothed by the one euro filter (Casiez, Roussel and Vogel, CHI 2012),
which takes a trembling away from what stands still and lags little behind what moves. Pure functions of a state; NumPy only.
JavaScript has the same, tested on the same numbers.
"""

from typing import NamedTuple

import numpy as np

MIN_CUTOFF = 1.7  # Hz, of what stands still
BETA = 4.0  # Hz per (person's size per second): how fast the filter opens with speed
SPEED_CUTOFF = 1.0  # Hz, of the speed itself
MOST_SPEED = 4.0  # person's sizes per second: a joint that is seen to go faster was seen wrongly
HOLD = 0.5  # seconds until a lost joint has faded
SWAPPED = (
    0.5  # sides are exchanged if that makes the way since the last frame so many times as long, or shorter
)
LEAST_WAY = 0.05  # ... and each joint's was longer than this share of the person's size
PATIENCE = 0.4  # seconds after which the detector is believed


class Steady(NamedTuple):
    """What the filter remembers of the frames before.

    Attributes:
        joints: (n, 3) as they were given out.
        speeds: (n, 2) smoothed, in pixels per second.
        unseen: (n,) seconds since each joint was last seen.
        sure: (n,) the confidence that it then had.
        exchanged: (groups,) seconds for which the sides of each group have been exchanged.
    """

    joints: np.ndarray
    speeds: np.ndarray
    unseen: np.ndarray
    sure: np.ndarray
    exchanged: np.ndarray


def steadied(keypoints, state, seconds, groups):
    """One frame's joints, steadied, and the state for the next one.

    Args:
        keypoints: (n, 3): x, y and a confidence, 0 where missing.
        state: `Steady` of the frame before; None for the first frame.
        seconds: since the frame before.
        groups: lists of pairs (right, left) of indices that change sides together, see `side_groups`.

    Returns:
        keypoints (n, 3) float64, `Steady`.
    """
    keypoints = np.array(keypoints, np.float64)
    if state is None:
        zeros = np.zeros(len(keypoints))
        state = Steady(
            keypoints, np.zeros((len(keypoints), 2)), zeros, keypoints[:, 2], np.zeros(len(groups))
        )
        return keypoints, state
    keypoints, exchanged = mended(keypoints, state, seconds, groups)
    seen, known = keypoints[:, 2] > 0, state.joints[:, 2] > 0
    both = seen & known
    size = person_size(state.joints) or person_size(keypoints) or 1.0
    ways = np.where(both[:, None], keypoints[:, :2] - state.joints[:, :2], 0)
    speeds = np.where(
        both[:, None], mixed(state.speeds, ways / seconds, share(SPEED_CUTOFF, seconds)), 0 * ways
    )
    cutoffs = MIN_CUTOFF + BETA * np.abs(speeds) / size
    trusted = np.clip(keypoints[:, 2:], 0.1, 1)  # what the detector guesses moves slowly
    steps = share(trusted * cutoffs, seconds) * ways
    length = np.hypot(*steps.T)[:, None]
    steps = steps * np.minimum(1, MOST_SPEED * size * seconds / np.maximum(length, 1e-9))
    smooth = np.where(both[:, None], state.joints[:, :2] + steps, keypoints[:, :2])
    unseen = np.where(seen, 0.0, state.unseen + seconds)
    sure = np.where(seen, keypoints[:, 2], state.sure)
    faded = sure * np.clip(1 - unseen / HOLD, 0, 1)
    place = np.where(seen[:, None], smooth, held(state.joints[:, :2], smooth, both))
    joints = np.concatenate([place, np.where(seen, keypoints[:, 2], faded)[:, None]], axis=1)
    joints[joints[:, 2] <= 0] = 0
    return joints, Steady(joints, speeds, unseen, sure, exchanged)


def share(cutoff, seconds):
    """How much of a new value a low-pass of a cutoff in Hz takes: 1 / (1 + 1 / (2 pi cutoff seconds))."""
    return 1 / (1 + 1 / (2 * np.pi * np.asarray(cutoff) * seconds))


def mixed(old, new, share):
    """old + share (new - old)."""
    return old + share * (new - old)


def person_size(keypoints):
    """The diagonal of the box around the joints that are there, in pixels; 0 without any."""
    places = keypoints[keypoints[:, 2] > 0, :2]
    return float(np.hypot(*np.ptp(places, axis=0))) if len(places) else 0.0


def held(before, now, both):
    """Where joints (n, 2) that were lost are taken to be: carried along by the mean way of `both`, those that were not."""
    way = (now[both] - before[both]).mean(axis=0) if both.any() else np.zeros(2)
    return before + way


def mended(keypoints, state, seconds, groups):
    """The joints with sides exchanged where that brings them back to where they were, and for how long that has been so.

    A detector that insists for `PATIENCE` seconds is believed: then it was right, and the first frame was wrong.
    """
    keypoints, exchanged = keypoints.copy(), np.zeros(len(groups))
    size = person_size(state.joints)
    for index, pairs in enumerate(groups):
        if state.exchanged[index] + seconds > PATIENCE:
            continue
        right, left = np.array(pairs).T
        order, crossed = np.concatenate([right, left]), np.concatenate([left, right])
        straight, across = (ways(state.joints[order], keypoints[of]) for of in (order, crossed))
        if len(straight) and len(across) and straight.mean() > LEAST_WAY * size:
            if across.mean() < SWAPPED * straight.mean():
                keypoints[order] = keypoints[crossed]
                exchanged[index] = state.exchanged[index] + seconds
    return keypoints, exchanged


def ways(before, after):
    """The distances of joints that are there before and after."""
    both = (before[:, 2] > 0) & (after[:, 2] > 0)
    return np.hypot(*(after[both, :2] - before[both, :2]).T)


def side_groups(joints):
    """What a detector mistakes together: the arms, the legs and the face of a tuple of joint names, as pairs of indices."""
    parts = ("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle"), ("eye", "ear")
    groups = (
        [
            (joints.index(f"right_{name}"), joints.index(f"left_{name}"))
            for name in part
            if f"right_{name}" in joints
        ]
        for part in parts
    )
    return [pairs for pairs in groups if pairs]
