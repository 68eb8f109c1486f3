"""What a pose detector does to a clean sequence of joints: jitter, slow drift, outliers, swapped sides, dropouts."""

import numpy as np

from gfla_tf.errors import GflaError
from gfla_tf.keypoints.poses import JOINTS
from gfla_tf.synthetic.rng import Draws

# Shares of the person's height. Those who marked COCO's joints by hand differ by about 0.025 to 0.045 of it from picture to
# picture (the deviations in its OKS, for a person that covers a sixth of a square as high).
JITTER, DRIFT, OUTLIER = 0.010, 0.010, 0.05
_DRIFT_PERIOD = 24  # frames between two places of the drift's random path
_NOISE = 0x6E6F697365  # keeps the key apart from those of the rendered people
# Joints that detectors place less surely.
_UNSURE = {"wrist": 1.7, "elbow": 1.3, "knee": 1.2, "ankle": 1.6, "hip": 1.5}
_SWAPPED = (("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle"), ("eye", "ear"))


def noisy_keypoints(keypoints, seed, size, joints=JOINTS):
    """A detector's idea of a sequence of poses; a pure function of its arguments.

    Every joint jitters from frame to frame and drifts slowly; now and then it is far off for a frame or missing for several,
    and now and then arms, legs or the sides of the face change sides for several frames.

    Args:
        keypoints: (T, J, 3): x, y in pixels and a confidence, 0 where missing.
        seed: integer in [0, 2^64).
        size: height of the person in pixels (the image's will do), with which the noise grows.
        joints: names of the J joints, such as `JOINTS` or `joint_orders.COCO_17`; those called right_* and left_* can swap.

    Returns:
        (T, J, 3) float32, positions in multiples of 1/64; confidence 1, or 0 for missing joints, which stand at (0, 0).
    """
    keypoints = np.asarray(keypoints, np.float32)
    if keypoints.ndim != 3 or keypoints.shape[1:] != (len(joints), 3):
        raise GflaError(
            f"Keypoints of shape {keypoints.shape} are no sequence of {len(joints)} joints: they must be (T, {len(joints)}, 3)."
        )
    draws, frames = Draws(_NOISE, seed), len(keypoints)
    unsure = np.array([_UNSURE.get(name.rpartition("_")[2], 1.0) for name in joints])[:, None]
    # Sums of four uniform numbers: nearly normal, and the same digits on every machine. Deviation 1.
    jitter = (draws.array(frames, len(joints), 2, 4).sum(axis=-1) - 2) * np.sqrt(3)
    far = draws.array(frames, len(joints), 1) < 0.006
    offset = (
        JITTER * unsure * jitter
        + OUTLIER * far * jitter
        + DRIFT * unsure * _drift(draws, frames, len(joints))
    )

    place = _with_swaps(keypoints, draws, joints)
    seen = (place[..., 2] > 0) & ~_episodes(draws, (frames, len(joints)), 0.01, 6)
    xy = np.round((place[..., :2] + size * offset) * 64) / 64
    return (np.concatenate([xy, np.ones_like(xy[..., :1])], axis=-1) * seen[..., None]).astype(np.float32)


def _drift(draws, frames, joints):
    """(frames, joints, 2) in [-1, 1]: smooth paths between random places."""
    knots = 2 * draws.array(frames // _DRIFT_PERIOD + 2, joints, 2) - 1
    time = np.arange(frames) / _DRIFT_PERIOD
    index, share = time.astype(int), (time % 1)[:, None, None]
    share = share * share * (3 - 2 * share)
    return knots[index] + share * (knots[index + 1] - knots[index])


def _episodes(draws, shape, rate, longest):
    """Bool (T, ...): stretches of 1 to `longest` frames, which begin at each frame with probability `rate`."""
    starts, lengths = draws.array(*shape) < rate, 1 + np.floor(draws.array(*shape) * longest)
    inside = np.zeros(shape, bool)
    for delay in range(min(longest, shape[0])):
        inside[delay:] |= (starts & (lengths > delay))[: shape[0] - delay]
    return inside


def _with_swaps(keypoints, draws, joints):
    result = keypoints.copy()
    swapped = _episodes(draws, (len(keypoints), len(_SWAPPED)), 0.012, 4)
    for names, during in zip(_SWAPPED, swapped.T, strict=True):
        for name in names:
            if f"right_{name}" in joints and f"left_{name}" in joints:
                pair = [joints.index(f"right_{name}"), joints.index(f"left_{name}")]
                result[np.ix_(during, pair)] = keypoints[np.ix_(during, pair[::-1])]
    return result
