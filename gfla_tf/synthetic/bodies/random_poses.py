"""Random poses of standing, walking and gesturing people, within the limits of their joints."""

import numpy as np

from gfla_tf.synthetic.bodies.pose import Pose
from gfla_tf.synthetic.bodies.template import SIDES
from gfla_tf.synthetic.bodies.vectors import cross, rotation, unit

_ARMS = {"hang": 0.56, "hip": 0.13, "front": 0.12, "raised": 0.07, "side": 0.06, "any": 0.06}


def draw_pose(rng):
    """A random `Pose` that faces the camera (z)."""
    hips = rotation([1, 0, 0], rng.normal(0, 0.04)) @ rotation([0, 0, 1], rng.normal(0, 0.04))
    chest = hips @ rotation([1, 0, 0], rng.normal(0.04, 0.09)) @ rotation([0, 1, 0], rng.normal(0, 0.15))
    chest = chest @ rotation([0, 0, 1], rng.normal(0, 0.06))
    head = chest @ rotation([0, 1, 0], np.clip(rng.normal(0, 0.33), -0.9, 0.9))
    head = head @ rotation([1, 0, 0], rng.normal(0.05, 0.12)) @ rotation([0, 0, 1], rng.normal(0, 0.07))
    kind = str(rng.choice(["stand", "walk", "wide"], p=[0.6, 0.27, 0.13]))
    stride = rng.uniform(0.15, 0.5) * rng.choice([-1, 1])
    limbs, hands, feet = {}, {}, {}
    alike = rng.random() < 0.35  # both arms do the same
    modes = rng.choice(list(_ARMS), size=2, p=list(_ARMS.values()))
    for number, (side, _, sign) in enumerate(SIDES):
        mode = str(modes[0 if alike else number])
        limbs[f"{side}Arm"] = tuple(
            chest @ v for v in _draw_arm(rng, mode, sign, stride if kind == "walk" else 0.0)
        )
        hands[side] = chest @ rotation(rng.normal(size=3), rng.normal(0, 0.2)) @ chest.T
        limbs[f"{side}Leg"], feet[side] = _draw_leg(rng, kind, sign, stride)
    return Pose(hips, chest, head, limbs, hands, feet, curl=rng.uniform(0.15, 0.6))


def _draw_arm(rng, mode, sign, stride):
    for _ in range(20):
        twist, bend = rng.normal(0, 0.22), rng.uniform(0.1, 0.55)
        rise, around = rng.uniform(0.15, 0.36), rng.normal(0.3, 0.7)
        if mode == "hang" and stride:
            rise, around = 0.2 + 0.5 * abs(stride), (1.3 if sign * stride < 0 else -1.2)
        elif mode == "hip":
            rise, around, bend = rng.uniform(0.55, 0.8), rng.uniform(-0.5, 0.1), rng.uniform(1.4, 1.9)
            twist = rng.uniform(-1.5, -1.1)
        elif mode == "front":
            rise, around, bend = rng.uniform(0.25, 0.7), rng.uniform(0.3, 1.3), rng.uniform(0.9, 2.0)
        elif mode == "raised":
            rise, around, bend = rng.uniform(1.8, 2.7), rng.uniform(-0.1, 0.8), rng.uniform(0.1, 1.4)
            twist = rng.uniform(-0.4, 0.6)
        elif mode == "side":
            rise, around, bend = rng.uniform(1.2, 1.7), rng.uniform(-0.2, 0.6), rng.uniform(0.05, 0.9)
            twist = rng.uniform(-0.3, 1.2)
        elif mode == "any":
            rise, around, bend = rng.uniform(0.2, 2.2), rng.uniform(-0.5, 1.5), rng.uniform(0.1, 2.0)
            twist = rng.uniform(-0.6, 0.8)
        upper = np.array([sign * np.sin(rise) * np.cos(around), -np.cos(rise), np.sin(rise) * np.sin(around)])
        ahead = np.array([0, 0, 1.0]) if abs(upper[2]) < 0.9 else np.array([0, 1.0, 0])
        hinge = rotation(upper, -sign * twist) @ unit(cross(upper, ahead))
        lower = rotation(hinge, bend) @ upper
        if not _inside_body(upper, lower, sign):
            break
    return upper, lower, hinge


def _inside_body(upper, lower, sign):
    """Whether a forearm or hand would be inside the trunk or the head."""
    for share in (0.5, 0.75, 1.0, 1.25):
        x, y, z = np.array([1.75 * sign, 5.2, 0]) + upper * 2.4 + lower * 2.4 * share
        if -2 < y < 5.6 and (x / 1.95) ** 2 + ((z - 0.2) / 1.75) ** 2 < 1:
            return True
        if (x / 1.7) ** 2 + ((y - 7.3) / 1.8) ** 2 + ((z - 0.3) / 1.9) ** 2 < 1:
            return True
    return False


def _draw_leg(rng, kind, sign, stride):
    ahead = sign * stride > 0
    if kind == "walk":
        swing, bend = (
            (stride * sign, rng.uniform(0.02, 0.15))
            if ahead
            else (stride * sign * 0.7, rng.uniform(0.25, 0.9))
        )
        aside = 0.03
    elif kind == "wide":
        swing, aside, bend = rng.normal(0, 0.15), rng.uniform(0.12, 0.33), rng.uniform(0.03, 0.4)
    else:
        swing, aside, bend = rng.normal(0, 0.09), rng.uniform(-0.02, 0.1), abs(rng.normal(0, 0.13))
    hinge = rotation([0, 1, 0], sign * rng.normal(0.15, 0.13)) @ np.array([1.0, 0, 0])
    upper = rotation(hinge, -swing) @ rotation([0, 0, 1], sign * aside) @ np.array([0, -1.0, 0])
    lower = rotation(hinge, bend) @ upper
    if kind == "walk":
        pitch = -0.12 if ahead else np.clip(0.75 * (bend - swing) - 0.15, 0, 1.0)
    else:
        pitch = max(0, 0.5 * (bend - swing) - 0.15)
    return (upper, lower, hinge), rotation(hinge, pitch) @ cross(hinge, [0, 1.0, 0])
