"""Motion: joint angles over time, as walks, turns, gestures and dances draw them. Units as in pose.py, time in frames.

A motion is a sum of tracks. A track leads a few angles along a closed cubic B-spline through random poses: it has continuous
accelerations, and as it stays among its poses, it keeps the limits of a human body. Limbs have tracks of different lengths, so
that the whole does not repeat. Walking adds its gait, dancing its beat.
"""

import dataclasses
import math

import numpy as np

from gfla_tf.synthetic.people.body import BONE_INDEX, BONES, SIDES
from gfla_tf.synthetic.people.pose import ARMS, LEG_PAIRS, LEGS, draw_angles, limited, walk

FRAMES_PER_SECOND = 15
BEND, SIDE, TURN = range(3)

# What arms do in calm motion, and in lively one.
_CALM = {"hang": 5, "akimbo": 2, "chest": 1.2, "back": 0.7, "wave": 1, "forward": 0.8}
_LIVELY = {**dict.fromkeys(ARMS, 1.0), "up": 1.6, "aside": 1.6, "back": 0.5}


def _place(bone, angle):
    return 3 * BONE_INDEX[bone] + angle


@dataclasses.dataclass(frozen=True)
class Track:
    """Angles that follow their controls one after the other, and then begin again.

    places: (n,) which of the 3 x bones angles; controls: (m, n) degrees; spacing: frames from one control to the next; start:
    the time of the first; advance: (n,) degrees that each round ends further than it began.
    """

    places: tuple
    controls: np.ndarray
    spacing: float
    start: float = 0.0
    advance: float = 0.0

    def at(self, time):
        """(n,) degrees at a time, which may be negative."""
        whole, share = divmod((time - self.start) / self.spacing, 1)
        rest = 1 - share
        weights = (
            rest**3 / 6,
            (4 - 6 * share**2 + 3 * share**3) / 6,
            (4 - 6 * rest**2 + 3 * rest**3) / 6,
            share**3 / 6,
        )
        total = 0
        for number, weight in enumerate(weights, start=int(whole)):
            rounds, index = divmod(number, len(self.controls))
            total = total + weight * (self.controls[index] + rounds * self.advance)
        return total


@dataclasses.dataclass(frozen=True)
class Motion:
    """Joint angles at any time.

    tracks: of Track; step: frames of a double step; stride: of the gait, 0 for none, see pose.walk; beat: frames from one
    bounce to the next; bounce: degrees by which the hips bend then; hop: meters by which it leaves the floor.
    """

    tracks: tuple
    step: float = 16.0
    stride: float = 0.0
    beat: float = 8.0
    bounce: float = 0.0
    hop: float = 0.0

    def angles(self, time):
        """(bones, 3) degrees."""
        angles = walk(time / self.step % 1, self.stride) if self.stride else np.zeros((len(BONES), 3))
        flat = angles.reshape(-1)
        for track in self.tracks:
            flat[list(track.places)] += track.at(time)
        dip = self.bounce * 0.5 * (1 - math.cos(2 * math.pi * time / self.beat))
        for side in SIDES:
            thigh, shin, foot = (BONE_INDEX[f"{side}_{bone}"] for bone in ("thigh", "shin", "foot"))
            angles[thigh, BEND] += dip
            angles[shin, BEND] += 2 * dip
            angles[foot, BEND] = 0.9 * (angles[shin, BEND] - angles[thigh, BEND])  # soles about level
        return limited(angles)

    def lift(self, time):
        """Height of the lowest foot above the floor in meters."""
        return self.hop * max(0.0, math.cos(2 * math.pi * time / self.beat)) ** 2


def draw_motion(draws, freedom=1.0):
    """A random Motion.

    Args:
        draws: Draws.
        freedom: share of their usual swing that the clothes leave to the legs.
    """
    kind = draws.weighted({"walk": 2, "turn": 1.5, "gesture": 2, "dance": 4})
    # As in pose.draw_pose: people face the camera more often than not.
    view = draws.weighted({0: 5, 40: 4, 90: 1.2, 180: 1}) * draws.pick((-1, 1)) + draws.uniform(-20, 20)
    tracks = [_head(draws)]
    if kind == "walk":
        tracks.append(_yaw(draws, view, draws.uniform(5, 30), 22))
        if draws.chance(0.3):
            tracks.append(_arm(draws, draws.pick(tuple(SIDES)), _CALM, 12))
        return Motion(tuple(tracks), draws.uniform(15, 20), draws.uniform(0.65, 1.15) * freedom)
    if kind == "turn":
        tracks += [_turning(draws, view), _sway(draws, 5, 10)]
        tracks += [_arm(draws, side, _CALM, draws.uniform(10, 14)) for side in SIDES]
        return Motion(tuple(tracks), draws.uniform(11, 15), draws.uniform(0.2, 0.4) * freedom)
    if kind == "gesture":
        tracks += [
            _yaw(draws, view, draws.uniform(5, 25), 18),
            _sway(draws, 6, draws.uniform(9, 13)),
            _trunk(draws, 0.7, 11),
        ]
        tracks += [_arm(draws, side, {**_LIVELY, "hang": 2.5}, draws.uniform(7, 11)) for side in SIDES]
        pairs = {("straight", "straight"): 2, ("straight", "loose"): 2, ("wide", "wide"): 1}
        tracks.append(_legs(draws, pairs, 16, freedom))
        return Motion(tuple(tracks))
    pace = draws.uniform(1.05, 1.45)
    tracks += [
        _yaw(draws, view, draws.uniform(10, 50), 12 * pace),
        _sway(draws, 11, 4.5 * pace),
        _trunk(draws, 1.6, 6 * pace),
    ]
    tracks.append(_legs(draws, LEG_PAIRS, 8 * pace, freedom))
    spacing, mirrored = draws.uniform(5.5, 8) * pace, draws.chance(0.35)
    right = _arm(draws, "right", _LIVELY, spacing)
    left = right if mirrored else _arm(draws, "left", _LIVELY, draws.uniform(5.5, 8) * pace)
    tracks += [right, dataclasses.replace(left, places=_arm_places("left"))]
    bounce, hop = draws.uniform(2, 14), draws.uniform(0.02, 0.09) if draws.chance(0.25) else 0.0
    return Motion(tuple(tracks), beat=8 * pace, bounce=bounce * freedom, hop=hop)


def _track(draws, places, poses, spacing, **kwargs):
    """Goes to each of the poses and stays there for a moment, for a spline cuts the corners of single controls."""
    controls = np.repeat(np.asarray(poses, float).reshape(-1, len(places)), 2, axis=0)
    return Track(tuple(places), controls, spacing / 2, draws.uniform(-50, 0), **kwargs)


def _yaw(draws, view, reach, spacing):
    poses = [view + draws.uniform(-reach, reach) for _ in range(6)]
    return _track(draws, [_place("pelvis", TURN)], poses, spacing)


def _turning(draws, view):
    """Quarter and half turns to one side, with rests between them."""
    way, poses = draws.pick((-1, 1)), [view]
    while abs(poses[-1] - view) < 360:
        poses.append(poses[-1] + way * draws.pick((0, 60, 90, 90, 120)))
    return _track(draws, [_place("pelvis", TURN)], poses[:-1], draws.uniform(9, 13), advance=poses[-1] - view)


def _head(draws):
    places = [_place("head", angle) for angle in (BEND, SIDE, TURN)]
    poses = [(draws.uniform(-10, 12), draws.uniform(-7, 7), draws.uniform(-30, 30)) for _ in range(5)]
    return _track(draws, places, poses, draws.uniform(10, 16))


def _sway(draws, reach, spacing):
    """The hips swing from side to side above straight legs and below a straight back."""
    places = [
        _place("pelvis", SIDE),
        _place("chest", SIDE),
        _place("right_thigh", SIDE),
        _place("left_thigh", SIDE),
    ]
    poses = [
        np.multiply(way * draws.uniform(0.2, 1) * reach, (1, -1.4, 0.7, -0.7))
        for way in (1, -1, 1, -1, 1, -1)
    ]
    return _track(draws, places, poses, spacing)


def _trunk(draws, lively, spacing):
    places = [_place("chest", BEND), _place("chest", TURN)]
    poses = [(draws.uniform(-5, 9) * lively, draws.uniform(-13, 13) * lively) for _ in range(5)]
    return _track(draws, places, poses, spacing)


def _arm_places(side):
    return (*(_place(f"{side}_upper_arm", angle) for angle in range(3)), _place(f"{side}_forearm", BEND))


def _arm(draws, side, gestures, spacing):
    poses = [draw_angles(draws, ARMS[draws.weighted(gestures)]) for _ in range(5)]
    return _track(draws, _arm_places(side), poses, spacing)


def _legs(draws, pairs, spacing, freedom):
    places = [
        place
        for side in SIDES
        for place in (*(_place(f"{side}_thigh", angle) for angle in range(3)), _place(f"{side}_shin", BEND))
    ]
    poses = []
    for _ in range(5):
        pair = draws.weighted(pairs)
        pair = pair if draws.chance(0.5) else pair[::-1]
        poses.append(freedom * np.array([draw_angles(draws, LEGS[leg]) for leg in pair]))
    return _track(draws, places, poses, spacing)
