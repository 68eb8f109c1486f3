"""Poses: joint angles in degrees, within the limits of a human body, and the gestures they are drawn from.

Angles are (bend, side, turn) per bone, mirrored for the two sides of the body: `bend` moves a limb forward (a knee and an
elbow the way they can), `side` away from the body, `turn` rotates about the bone, outwards for legs, inwards for arms. For
pelvis, chest and head they are bow forward, lean to the person's left, turn to the person's left.
"""

import math

import numpy as np

from gfla_tf.synthetic.people.body import BONE_INDEX, BONES, SIDES

# (least, most) of bend, side, turn.
LIMITS = {
    "pelvis": ((-15, 35), (-12, 12), (-math.inf, math.inf)),
    "chest": ((-15, 35), (-22, 22), (-35, 35)),
    "head": ((-30, 35), (-20, 20), (-65, 65)),
    "upper_arm": ((-50, 175), (-20, 178), (-100, 95)),
    "forearm": ((0, 145), (0, 0), (0, 0)),
    "hand": ((-40, 40), (-20, 20), (0, 0)),
    "thigh": ((-25, 110), (-12, 55), (-20, 40)),
    "shin": ((0, 130), (0, 0), (0, 0)),
    "foot": ((-35, 25), (0, 0), (0, 0)),
}
_LIMITS = np.array([LIMITS[name.removeprefix("right_").removeprefix("left_")] for name in BONES], float)

# (bend, side, turn) of the upper arm and bend of the elbow, as ranges.
ARMS = {
    "hang": ((-10, 12), (6, 16), (0, 25), (4, 28)),
    "akimbo": ((-25, -8), (36, 50), (65, 85), (80, 100)),
    "forward": ((45, 95), (0, 16), (0, 30), (0, 50)),
    "back": ((-40, -15), (8, 18), (0, 20), (8, 40)),
    "up": ((0, 12), (135, 172), (-20, 20), (0, 45)),
    "aside": ((-5, 20), (50, 105), (-30, 20), (0, 40)),
    "wave": ((0, 12), (70, 110), (-95, -65), (50, 110)),
    "chest": ((25, 55), (8, 25), (35, 65), (85, 125)),
}
# (bend, side, turn) of the thigh and bend of the knee.
LEGS = {
    "straight": ((-3, 5), (1, 7), (2, 14), (0, 6)),
    "wide": ((-3, 8), (10, 24), (5, 20), (0, 12)),
    "step": ((12, 38), (0, 8), (0, 12), (4, 32)),
    "behind": ((-22, -6), (0, 8), (2, 14), (4, 40)),
    "raised": ((45, 90), (0, 18), (0, 20), (50, 105)),
    "kick": ((25, 65), (0, 20), (0, 12), (0, 18)),
    "loose": ((8, 24), (4, 14), (8, 25), (22, 45)),
    "squat": ((40, 70), (8, 25), (8, 25), (60, 100)),
}
LEG_PAIRS = {
    ("straight", "straight"): 3, ("straight", "loose"): 3, ("wide", "wide"): 2, ("step", "behind"): 3,
    ("straight", "raised"): 1.2, ("straight", "kick"): 1, ("loose", "loose"): 1, ("wide", "loose"): 1.5, ("squat", "squat"): 0.6,
}  # fmt: skip


def limited(angles):
    """(bones, 3) angles brought within LIMITS."""
    return np.clip(angles, _LIMITS[..., 0], _LIMITS[..., 1])


def rest():
    """(bones, 3) angles of a person standing with hanging arms, facing the camera."""
    return np.zeros((len(BONES), 3))


def walk(phase, stride=1.0, yaw=0.0):
    """Angles of a walking person; `phase` in [0, 1) is the share of a double step, `stride` 1 a normal walk."""
    angles = rest()
    angles[0, 2] = yaw
    angles[BONE_INDEX["chest"]] = (4 * stride, 0, 8 * stride * math.sin(2 * math.pi * phase))
    for side, sign in SIDES.items():
        wave = 2 * math.pi * phase + (0 if sign > 0 else math.pi)
        swing = math.sin(wave)
        _set_leg(
            angles, side, (5 + 26 * stride * swing, 2, 5), 8 + 42 * stride * max(0.0, math.cos(wave)) ** 2
        )
        _set_arm(angles, side, (-26 * stride * swing, 8, 10), 18 + 14 * stride * (1 - swing))
    return limited(angles)


def draw_pose(draws, freedom=1.0):
    """Random (bones, 3) angles: standing, walking, gesturing or dancing, seen from any side.

    Args:
        draws: Draws.
        freedom: share of their usual swing that the clothes leave to the legs.
    """
    manner = draws.weighted({"stand": 3, "walk": 2.5, "gesture": 3, "dance": 3})
    # Front, three-quarter and side views are commoner than the back in the datasets that this stands in for.
    view = draws.weighted({0: 5, 40: 4.5, 90: 1.5, 135: 1.2, 180: 1.8})
    yaw = draws.pick((-1, 1)) * view + draws.uniform(-22, 22)
    if manner == "walk":
        angles = walk(draws.uniform(), draws.uniform(0.6, 1.25) * freedom, yaw)
    else:
        angles = rest()
        angles[0] = (0, 0, yaw)
        lively = 2.2 if manner == "dance" else 1.0
        angles[0, 1] = draws.uniform(-3, 3) * lively
        angles[1] = (
            draws.uniform(-4, 8) * lively,
            draws.uniform(-7, 7) * lively,
            draws.uniform(-10, 10) * lively,
        )
        legs = draws.weighted(LEG_PAIRS) if manner == "dance" else ("straight", "straight")
        if manner == "gesture" or draws.chance(0.5):
            legs = draws.pick((("straight", "loose"), ("wide", "wide"), ("straight", "straight"), legs))
        calm = {"hang": 5, "akimbo": 2, "chest": 0.8, "back": 0.7}
        arms = calm if manner == "stand" else {**dict.fromkeys(ARMS, 1.0), "up": 1.5, "aside": 1.5}
        both = draws.weighted(arms) if draws.chance(0.4) else None
        for side, leg in zip(SIDES, legs if draws.chance(0.5) else legs[::-1]):
            *thigh, knee = draw_angles(draws, LEGS[leg])
            _set_leg(angles, side, tuple(freedom * angle for angle in thigh), freedom * knee)
            *upper, elbow = draw_angles(draws, ARMS[both or draws.weighted(arms)])
            _set_arm(angles, side, upper, elbow)
    angles[BONE_INDEX["head"]] = (draws.uniform(-10, 12), draws.uniform(-7, 7), draws.uniform(-32, 32))
    for side in SIDES:
        angles[BONE_INDEX[f"{side}_hand"], 0] = draws.uniform(-10, 25)
    return limited(angles)


def draw_angles(draws, ranges):
    """(bend, side, turn) of a limb and the bend of its hinge, drawn from the ranges of one of ARMS or LEGS."""
    return [draws.uniform(*r) for r in ranges]


def _set_arm(angles, side, upper, elbow):
    angles[BONE_INDEX[f"{side}_upper_arm"]] = upper
    angles[BONE_INDEX[f"{side}_forearm"], 0] = elbow


def _set_leg(angles, side, thigh, knee):
    angles[BONE_INDEX[f"{side}_thigh"]] = thigh
    angles[BONE_INDEX[f"{side}_shin"], 0] = knee
    # The sole stays about level, as far as the ankle allows.
    angles[BONE_INDEX[f"{side}_foot"], 0] = 0.8 * (knee - thigh[0])
