"""Gives a driver's motion the proportions and the place of the person of a photo.

A person of other build moves to the same angles with limbs of another length. So each joint is placed from the joint that carries
it: in the driver's direction, at the driver's distance times how much longer this limb is in the photo. Distances that the view
foreshortens stay foreshortened. Lengths are those of limbs seen in full: the largest seen of both sides, at least those of a
person of usual build of this size. Pure functions; NumPy only. JavaScript has the same, tested on the same numbers.
"""

from typing import NamedTuple

import numpy as np

MODES = ("none", "scale", "limbs")

# Joint: the joint that carries it, and its distance in a person of usual build, whose neck is 1 above the middle of the hips.
BODY = {
    "neck": (None, 0.0),
    "pelvis": ("neck", 1.0),
    **{f"{side}_{name}": (carrier.format(side), length) for side in ("right", "left") for name, carrier, length in (
        ("shoulder", "neck", 0.36), ("elbow", "{}_shoulder", 0.56), ("wrist", "{}_elbow", 0.5),
        ("hip", "pelvis", 0.2), ("knee", "{}_hip", 0.82), ("ankle", "{}_knee", 0.8),
    )},
    "nose": ("neck", 0.42),
    "right_eye": ("nose", 0.1), "left_eye": ("nose", 0.1), "right_ear": ("right_eye", 0.14), "left_ear": ("left_eye", 0.14),
    "spine": ("neck", 0.5), "head": ("nose", 0.3),
}  # fmt: skip
# Those that say how large a person is: long, and seldom much foreshortened.
LONG = (
    "pelvis",
    "right_elbow",
    "left_elbow",
    "right_wrist",
    "left_wrist",
    "right_knee",
    "left_knee",
    "right_ankle",
    "left_ankle",
)
USUAL = 0.85  # a limb is taken to be at least so long, of the usual length for the person's size
UNEQUAL = 1.5  # a limb's scale differs from the whole person's by at most this factor
STRETCH = 1.15  # no limb becomes longer than this, of its length in the photo
SIZE_QUANTILE = 0.6  # of what the long limbs say of the person's size
SEEN = 0.9  # the share of frames in which a limb is shorter than it is taken to be


class Build(NamedTuple):
    """How a person is built, and where it stands.

    Attributes:
        size: the distance of neck and hips in full view, in pixels.
        lengths: (n,) the distance in full view of each joint from the one that carries it; 0 for the first.
        hips, neck, middle: (2,) where the middle of the hips, the neck and the middle of all joints mostly are, in pixels; None
            where they are not seen.
        stands: whether a knee or an ankle is seen; a half figure is hung up by its neck.
    """

    size: float
    lengths: np.ndarray
    hips: np.ndarray | None
    neck: np.ndarray | None
    middle: np.ndarray
    stands: bool


def with_pelvis(keypoints, joints):
    """Keypoints (..., n, 3) and their names, with a "pelvis", the middle of the hips, as last of those that lack it.

    The joint "thorax" of Human3.6M is called "neck".
    """
    names = tuple("neck" if name == "thorax" else name for name in joints)
    keypoints = np.asarray(keypoints, np.float64)
    if "pelvis" in names:
        return keypoints, names
    right, left = (keypoints[..., names.index(f"{side}_hip"), :] for side in ("right", "left"))
    middle = (right + left) / 2
    middle[..., 2] = np.minimum(right[..., 2], left[..., 2])
    middle = middle * (middle[..., 2:] > 0)
    return np.concatenate([keypoints, middle[..., None, :]], axis=-2), (*names, "pelvis")


def build_of(frames, joints):
    """The `Build` of a person from one or more frames.

    Args:
        frames: (frames, n, 3) keypoints.
        joints: n names.

    Returns:
        `Build` of the joints and, if they lack it, the pelvis; None if no frame shows two joints of a limb.
    """
    frames, names = with_pelvis(frames, joints)
    usual = np.array([BODY[name][1] for name in names])
    spans = np.array([_length(frames, names, name) for name in names])
    mirrored = [names.index(_other_side(name)) for name in names]
    spans = np.maximum(spans, spans[mirrored])
    long = [index for index, name in enumerate(names) if name in LONG and spans[index] > 0]
    long = long or [index for index in range(len(names)) if spans[index] > 0]
    if not long:
        return None
    size = float(np.quantile(spans[long] / usual[long], SIZE_QUANTILE))
    lengths = np.maximum(spans, USUAL * size * usual)
    hips, neck = (_mostly(frames[:, names.index(name)]) for name in ("pelvis", "neck"))
    legs = [index for index, name in enumerate(names) if name.endswith(("knee", "ankle"))]
    stands = bool((frames[:, legs, 2] > 0).any())
    return Build(size, lengths, hips, neck, _mostly(frames.reshape(-1, 3)), stands)


def retargeted(keypoints, driver, source, joints, mode="limbs"):
    """A driver's keypoints for the person of the source, in pixels of the source.

    Args:
        keypoints: (n, 3) of one frame of the driver.
        driver, source: `Build` of both.
        joints: n names.
        mode: of `MODES`: "none" leaves the keypoints; "scale" gives them the source's size and place; "limbs" its proportions.

    Returns:
        (n, 3) float64; missing joints are zeros.
    """
    if mode == "none":
        return np.array(keypoints, np.float64)
    points, names = with_pelvis(keypoints, joints)
    scale = source.size / driver.size
    anchor = _anchor(driver, source)
    placed = scale * (points[:, :2] - getattr(driver, anchor)) + getattr(source, anchor)
    if mode == "limbs":
        moved = _limb_by_limb(points, names, driver, source, scale)
        index = names.index({"hips": "pelvis"}.get(anchor, "neck"))
        held = [index] if points[index, 2] > 0 else points[:, 2] > 0
        placed = moved + (placed - moved)[held].mean(axis=0)
    result = np.concatenate([placed, points[:, 2:]], axis=1)[: len(joints)]
    return np.where(result[:, 2:] > 0, result, 0)


def _limb_by_limb(points, names, driver, source, scale):
    """The places (n, 2) of the joints around the first one that carries others, which stands where it stood, times `scale`."""
    ratios = source.lengths / np.maximum(driver.lengths, 1e-9)
    ratios = np.clip(ratios, scale / UNEQUAL, scale * UNEQUAL)
    placed = scale * points[:, :2]
    for name in sorted(names, key=_depth):
        index, carrier, direct = names.index(name), BODY[name][0], True
        while carrier and points[names.index(carrier), 2] <= 0:
            carrier, direct = BODY[carrier][0], False
        if carrier and points[index, 2] > 0:
            way = points[index, :2] - points[names.index(carrier), :2]
            way = way * (ratios[index] if direct else scale)
            longest = STRETCH * source.lengths[index]
            if direct and (length := np.hypot(*way)) > longest:
                way = way * longest / length
            placed[index] = placed[names.index(carrier)] + way
    return placed


def _anchor(driver, source):
    """What of the driver goes where the source's is: the hips of whole figures, else the neck, else the middle."""
    for name in ("hips", "neck") if source.stands else ("neck",):
        if getattr(driver, name) is not None and getattr(source, name) is not None:
            return name
    return "middle"


def _mostly(points):
    """(2,) the median place of points (n, 3) of which some may be missing; None if all are."""
    present = points[points[:, 2] > 0, :2]
    return np.median(present, axis=0) if len(present) else None


def _length(frames, names, name):
    """The length in full view of what leads to a joint: the quantile `SEEN` over the frames that show it; 0 if none does."""
    carrier = BODY[name][0]
    if carrier is None:
        return 0.0
    ends = frames[:, [names.index(carrier), names.index(name)]]
    ends = ends[(ends[..., 2] > 0).all(axis=1), :, :2]
    return float(np.quantile(np.hypot(*(ends[:, 1] - ends[:, 0]).T), SEEN)) if len(ends) else 0.0


def _other_side(name):
    side, _, rest = name.partition("_")
    return {"right": f"left_{rest}", "left": f"right_{rest}"}.get(side, name)


def _depth(name):
    carrier = BODY[name][0]
    return 0 if carrier is None else 1 + _depth(carrier)
