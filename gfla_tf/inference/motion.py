"""A film's motion made fit for the person of a photo: steadied, in that person's proportions, in the photo's own frame."""

import numpy as np

from gfla_tf.inference.retarget import build_of, retargeted
from gfla_tf.inference.smoothing import side_groups, steadied

# The neck stays within these shares of the picture's width and height: whoever walks out of the film stays in the picture.
ACROSS, DOWN = (0.15, 0.85), (0.08, 0.92)
CALIBRATION = 45  # frames by which a live driver's build is judged


class FittedMotion:
    """Keypoints (n, 3) in pixels of the source's crop, frame by frame; can be iterated over again and again.

    Args:
        frames: function that begins the film anew: gives an iterator over keypoints (n, 3) in its own pixels.
        joints: n names.
        source: keypoints (n, 3) of the source in its crop.
        size: (height, width) of the crop.
        mode: "scale" or "limbs", see `gfla_tf.inference.retarget`.
        fps: frames per second.
    """

    def __init__(self, frames, joints, source, size, mode, fps):
        self._frames, self._joints, self._seconds = frames, joints, 1 / fps
        self._fit = Fit(joints, source, size, mode)
        self._driver = build_of(np.stack(list(frames())), joints)

    def __iter__(self):
        state, groups = None, side_groups(self._joints)
        for keypoints in self._frames():
            steady, state = steadied(keypoints, state, self._seconds, groups)
            yield self._fit(steady, self._driver)


class Fit:
    """A function from a driver's keypoints and its `Build` to keypoints (n, 3) float32 in pixels of the source's crop.

    Arguments as of `FittedMotion`. Joints that the photo shows on neither side are left out: nothing is invented.
    """

    def __init__(self, joints, source, size, mode):
        self._joints, self._size, self._mode = joints, size, mode
        self._source = build_of(source[None], joints)
        self._shown = shown_joints(source, joints)

    def __call__(self, keypoints, driver):
        if driver is None or self._source is None:
            return np.zeros((len(self._joints), 3), np.float32)
        moved = retargeted(keypoints, driver, self._source, self._joints, self._mode)
        moved[~self._shown] = 0
        return kept_inside(moved, self._size, self._joints).astype(np.float32)


class LiveFit:
    """A function from the keypoints of one frame after the other, and the seconds between them, to those of the source's crop.

    The driver's build is that of its first `CALIBRATION` frames, or of as many as there were. Arguments as of `FittedMotion`.
    """

    def __init__(self, joints, source, size, mode):
        self._joints, self._groups, self._fit = joints, side_groups(joints), Fit(joints, source, size, mode)
        self._seen, self._driver, self._state, self._last = [], None, None, None

    def __call__(self, keypoints, seconds):
        """Keypoints (n, 3), or those of the frame before where `keypoints` is None; None before anybody was seen."""
        if keypoints is None:
            return self._last
        steady, self._state = steadied(keypoints, self._state, max(seconds, 1e-3), self._groups)
        if len(self._seen) < CALIBRATION:
            self._seen.append(np.array(keypoints))
            self._driver = build_of(np.stack(self._seen), self._joints)
        self._last = self._fit(steady, self._driver)
        return self._last


def shown_joints(keypoints, joints):
    """(n,) which joints a person who was photographed shows, on this side of the body or on the other."""
    there = {name.split("_", 1)[-1] for name, point in zip(joints, keypoints) if point[2] > 0}
    return np.array([name.split("_", 1)[-1] in there for name in joints])


def hidden_parts(keypoints, joints):
    """The limbs that the photo does not show, as for a sentence: "knees and ankles"; an empty string if it shows all."""
    shown = dict(zip(joints, shown_joints(keypoints, joints)))
    parts = [part for part in ("elbow", "wrist", "hip", "knee", "ankle") if not shown[f"right_{part}"]]
    plural = [f"{part}s" for part in parts]
    return " and ".join([", ".join(plural[:-1]), plural[-1]] if len(plural) > 1 else plural)


def kept_inside(keypoints, size, joints):
    """The keypoints moved as little as it takes to have the neck in the picture of `size` (height, width)."""
    neck = joints.index("thorax" if "thorax" in joints else "neck")
    present = keypoints[:, 2] > 0
    if not present[neck]:
        return keypoints
    height, width = size
    low, high = np.array([ACROSS, DOWN]).T * (width, height)
    shift = np.clip(keypoints[neck, :2], low, high) - keypoints[neck, :2]
    moved = keypoints.copy()
    moved[present, :2] += shift
    return moved
