"""Poses, as directions in the world: they fit every body, whatever its proportions."""

import dataclasses

import numpy as np

from gfla_tf.synthetic.bodies.template import SIDES, template
from gfla_tf.synthetic.bodies.vectors import cross, frame, rotation, unit

FINGERS = ("Index", "Middle", "Ring", "Pinky", "Thumb")


@dataclasses.dataclass(frozen=True)
class Pose:
    """One pose.

    Attributes:
        hips, chest, head: (3, 3) rotations from the base's upright stand.
        limbs: {side + "Arm" or "Leg": (direction of the upper bone, of the lower one, axis about which the joint between bends)}.
        hands: {side: (3, 3) turn of the hand against the forearm}; may lack some.
        feet: {side: (3,) direction of the foot}; those that it lacks stand flat.
        sole: whether `feet` are directions of the soles; otherwise from the ankles to the toes.
        curl: radians by which each joint of a finger bends.
        lift: height of the lowest point above the floor in decimeters.
    """

    hips: np.ndarray
    chest: np.ndarray
    head: np.ndarray
    limbs: dict
    hands: dict = dataclasses.field(default_factory=dict)
    feet: dict = dataclasses.field(default_factory=dict)
    sole: bool = True
    curl: float = 0.35
    lift: float = 0.0

    def turned(self, angle):
        """The pose turned about the vertical by an angle in radians."""
        turn = rotation([0, 1, 0], angle)
        limbs = {name: tuple(turn @ vector for vector in vectors) for name, vectors in self.limbs.items()}
        hands = {side: turn @ hand @ turn.T for side, hand in self.hands.items()}
        feet = {side: turn @ foot for side, foot in self.feet.items()}
        return dataclasses.replace(
            self, hips=turn @ self.hips, chest=turn @ self.chest, head=turn @ self.head, limbs=limbs, hands=hands, feet=feet
        )  # fmt: skip


def _between(start, end, share):
    """A share of the way from one rotation to another; trunks turn by much less than half a circle."""
    way = start.T @ end
    axis = np.array([way[2, 1] - way[1, 2], way[0, 2] - way[2, 0], way[1, 0] - way[0, 1]])
    length = np.linalg.norm(axis)
    if length < 1e-6:
        return start
    return start @ rotation(axis, share * np.arctan2(length, np.trace(way) - 1))


def matrices(pose, person):
    """(bones, 3, 4) float32: where each bone of a person takes its surroundings."""
    base, heads = template(), person.heads
    bone, turn = base.bone, [np.eye(3)] * len(base.bones)
    turn[bone["Hips"]], turn[bone["Spine2"]], turn[bone["Head"]] = pose.hips, pose.chest, pose.head
    turn[bone["Spine"]] = _between(pose.hips, pose.chest, 0.33)
    turn[bone["Spine1"]] = _between(pose.hips, pose.chest, 0.67)
    turn[bone["Neck"]] = _between(pose.chest, pose.head, 0.5)
    for side, _, sign in SIDES:
        _turn_arm(turn, pose, person, side, sign)
        _turn_leg(turn, pose, heads, side)
    result = np.zeros((len(turn), 3, 4), np.float32)
    places = np.zeros((len(turn), 3))
    for number, matrix in enumerate(turn):
        parent = base.parents[number]
        places[number] = heads[number]
        if parent >= 0:
            places[number] = places[parent] + turn[parent] @ (heads[number] - heads[parent])
        result[number, :, :3] = matrix
        result[number, :, 3] = places[number] - matrix @ heads[number]
    return result


def _turn_arm(turn, pose, person, side, sign):
    bone, heads = template().bone, person.heads
    upper, lower, hinge = pose.limbs[f"{side}Arm"]
    shoulder, elbow, wrist = (heads[bone[side + name]] for name in ("Arm", "ForeArm", "Hand"))
    at_rest = unit(cross(elbow - shoulder, wrist - elbow))
    raised = np.clip((pose.chest.T @ upper)[1] + 0.2, 0, 1.2)
    turn[bone[f"{side}Shoulder"]] = pose.chest @ rotation([0, 0, 1], sign * 0.35 * raised)
    turn[bone[f"{side}Arm"]] = frame(upper, hinge) @ frame(elbow - shoulder, at_rest).T
    turn[bone[f"{side}ForeArm"]] = frame(lower, hinge) @ frame(wrist - elbow, at_rest).T
    hand = pose.hands.get(side, np.eye(3)) @ turn[bone[f"{side}ForeArm"]]
    turn[bone[f"{side}Hand"]] = hand
    for finger in FINGERS:
        axis, thumb = person.finger_axes[side + finger], finger == "Thumb"
        bend = rotation(axis, -pose.curl * (0.4 if thumb else 1))
        joint = hand @ rotation(axis, -pose.curl * (0.24 if thumb else 0.6))
        for number in (1, 2, 3):
            turn[bone[f"{side}Hand{finger}{number}"]] = joint
            joint = joint @ bend


def _turn_leg(turn, pose, heads, side):
    bone, across = template().bone, np.array([1.0, 0, 0])
    upper, lower, hinge = pose.limbs[f"{side}Leg"]
    hip, knee, ankle = (heads[bone[side + name]] for name in ("UpLeg", "Leg", "Foot"))
    turn[bone[f"{side}UpLeg"]] = frame(upper, hinge) @ frame(knee - hip, across).T
    turn[bone[f"{side}Leg"]] = frame(lower, hinge) @ frame(ankle - knee, across).T
    if side in pose.feet:
        toe = np.array([0, 0, 1.0]) if pose.sole else heads[bone[f"{side}ToeBase"]] - ankle
        foot = frame(pose.feet[side], hinge) @ frame(toe, across).T
    else:  # flat, along the hinge's heading
        ahead = unit(cross(hinge, [0, 1, 0]))
        foot = np.stack([unit(cross([0, 1, 0], ahead)), [0, 1.0, 0], ahead], axis=1)
    turn[bone[f"{side}Foot"]] = turn[bone[f"{side}ToeBase"]] = foot
