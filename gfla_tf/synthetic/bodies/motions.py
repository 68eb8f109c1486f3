"""Motion clips as poses: joints in space, read as directions of bones, which need no bind pose and fit every body."""

import functools

import numpy as np

from gfla_tf.synthetic.bodies import assets
from gfla_tf.synthetic.bodies.pose import Pose
from gfla_tf.synthetic.bodies.repack_motions import FRAMES_PER_SECOND, JOINTS
from gfla_tf.synthetic.bodies.template import SIDES
from gfla_tf.synthetic.bodies.vectors import cross, rotation, unit, upright

_MIRRORED = {side: other for (side, _, _), (other, _, _) in zip(SIDES, SIDES[::-1])}


@functools.lru_cache(maxsize=1)
def motions():
    """{name: `Motion`} of all clips."""
    arrays = assets.load("motions")
    offsets = arrays["offsets"]
    return {
        str(name): Motion(
            arrays["places"][offsets[i] : offsets[i + 1]], arrays["heads"][offsets[i] : offsets[i + 1]]
        )
        for i, name in enumerate(arrays["names"])
    }


class Motion:
    """One clip; `length` in seconds."""

    def __init__(self, places, heads):
        self._places, self._heads = places.astype(float), heads.astype(float)
        self.length = (len(places) - 1) / FRAMES_PER_SECOND
        leg = np.linalg.norm(
            np.diff(self._places[0, [JOINTS.index(f"Left{b}") for b in ("UpLeg", "Leg", "Foot")]], axis=0),
            axis=1,
        )
        self._scale = 8.0 / leg.sum()  # to the base's legs, in decimeters
        feet = self._places[:, [JOINTS.index(f"{side}ToeBase") for side, _, _ in SIDES], 1].min(axis=1)
        self._middle = self._places[:, JOINTS.index("Hips")].mean(axis=0)
        self._ground, self._feet = np.percentile(feet, 10), feet

    def place(self, time):
        """{joint: (3,)} and the head's axes, at a time in seconds; the clip goes to and fro."""
        time = abs((time + self.length) % (2 * self.length) - self.length) if self.length else 0.0
        at = np.clip(time * FRAMES_PER_SECOND, 0, len(self._places) - 1)
        left = int(at)
        right, share = min(left + 1, len(self._places) - 1), at - left
        blend = lambda values: (1 - share) * values[left] + share * values[right]  # noqa: E731
        lift = max(0.0, float(blend(self._feet)) - self._ground) * self._scale
        lift = 1 - np.exp(-lift)  # a decimeter at most: some of the clips jump a meter high, and one hovers
        return dict(zip(JOINTS, blend(self._places))), blend(self._heads), lift

    def travel(self, time, mirrored=False, view=0.0):
        """(2,) decimeters (x, z) by which the hips have moved from the clip's middle, turned by a view in radians."""
        hips = (self.place(time)[0]["Hips"] - self._middle) * self._scale
        x, z = (-hips[0] if mirrored else hips[0]), hips[2]
        moved = np.array([np.cos(view) * x + np.sin(view) * z, np.cos(view) * z - np.sin(view) * x])
        return np.clip(moved, -4, 4)

    def pose(self, time, mirrored=False):
        """The `Pose` at a time; mirrored, left and right change places."""
        place, axes, lift = self.place(time)
        if mirrored:
            flip = np.array([-1.0, 1, 1])
            place = {_mirror(name): point * flip for name, point in place.items()}
            axes = axes * flip[:, None]  # an improper rotation, of which only directions are used below
        hips = upright(unit(place["Spine1"] - place["Hips"]), unit(place["LeftUpLeg"] - place["RightUpLeg"]))
        chest = upright(unit(place["Neck"] - place["Spine1"]), unit(place["LeftArm"] - place["RightArm"]))
        across = unit(axes[:, 0])
        across = -across if across @ chest[:, 0] < 0 else across
        head = upright(unit(axes[:, 1]), across) @ rotation([1, 0, 0], -0.15)
        limbs, feet = {}, {}
        for side, _, _ in SIDES:
            upper, lower = _bones(place, side, ("Arm", "ForeArm", "Hand"))
            hinge = cross(upper, lower)
            sure = np.clip(np.linalg.norm(hinge) / 0.3, 0, 1)
            usual = cross(upper, chest[:, 2])
            limbs[f"{side}Arm"] = upper, lower, unit(sure * unit(hinge) + (1 - sure) * unit(usual))
            upper, lower = _bones(place, side, ("UpLeg", "Leg", "Foot"))
            hinge = cross(upper, lower)
            along = hinge @ hips[:, 0]
            hinge = hinge * (np.sign(along) if abs(along) > 0.3 * np.linalg.norm(hinge) else 0)
            sure = np.clip(np.linalg.norm(hinge) / 0.35, 0, 1)
            limbs[f"{side}Leg"] = upper, lower, unit(sure * unit(hinge) + (1.05 - sure) * hips[:, 0])
            feet[side] = unit(place[f"{side}ToeBase"] - place[f"{side}Foot"])
        return Pose(hips, chest, head, limbs, feet=feet, sole=False, lift=lift)


def _mirror(name):
    for side, other in _MIRRORED.items():
        if name.startswith(side):
            return other + name.removeprefix(side)
    return name


def _bones(place, side, names):
    first, second, third = (place[side + name] for name in names)
    return unit(second - first), unit(third - second)


# What people do more often than they dance.
_WEIGHTS = {
    "idle": 5,
    "walk": 7,
    "fashion": 3,
    "fashion-2": 2,
    "fashion-3": 3,
    "fashion-4": 1,
    "dance": 4,
    "run": 1.5,
    "jump": 0.4,
}
DANCES = (
    "dance",
    "fashion",
    "fashion-2",
    "fashion-3",
    "fashion-4",
    "fist-pump",
    "clap",
    "money",
    "walk",
    "wave",
)


def draw_motion(rng, names=None):
    """A random `Motion`, whether it is mirrored, and its name; of `names`, or of all, weighted to what people do."""
    if names is None:
        names = list(motions())
        weights = np.array([_WEIGHTS.get(name, 1.0) for name in names])
    else:
        weights = np.ones(len(names))
    name = str(rng.choice(names, p=weights / weights.sum()))
    return motions()[name], bool(rng.random() < 0.5), name


def draw_moment(rng):
    """A random `Pose` out of the clips, facing about the camera."""
    motion, mirrored, _ = draw_motion(rng)
    return motion.pose(rng.uniform(0, motion.length), mirrored)
