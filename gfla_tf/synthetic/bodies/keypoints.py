"""The 18 joints where a pose detector finds them."""

import numpy as np

from gfla_tf.keypoints.poses import JOINTS
from gfla_tf.synthetic.bodies.template import SIDES, template

# Joint: the bone that begins there, without its side; the rig and the motion clips name them alike.
BONES = {
    "shoulder": "Arm",
    "elbow": "ForeArm",
    "wrist": "Hand",
    "hip": "UpLeg",
    "knee": "Leg",
    "ankle": "Foot",
}
# Detectors find shoulders and ankles higher than the rig's, hips and knees lower: shares of the trunk's length along the trunk,
# for ankles and knees of the lower leg along it, measured against BlazePose by benchmarks/synthetic_people.py.
_SHOULDER_RISE, _HIP_DROP, _KNEE_DROP, _ANKLE_RISE = 0.04, 0.03, 0.04, 0.06


def places(person, bones):
    """{joint: (3,)} in the world, of a person whose bones have been placed by (bones, 3, 4) matrices."""
    base, shape = template(), person.shape

    def bone(name):
        number = base.bone[name]
        return bones[number, :, :3] @ person.heads[number] + bones[number, :, 3]

    def mark(name):
        vertices = person.marks[name]
        weights, place = base.weights[vertices].mean(axis=0), shape.vertices[vertices].mean(axis=0)
        return np.einsum("b,bij,j->i", weights, bones[:, :, :3], place) + weights @ bones[:, :, 3]

    found = {name: mark(name) for name in person.marks}
    for side, _, _ in SIDES:
        found |= {f"{side.lower()}_{joint}": bone(side + name) for joint, name in BONES.items()}
    shoulders, hips = (found[f"left_{name}"] + found[f"right_{name}"] for name in ("shoulder", "hip"))
    trunk = np.linalg.norm(shoulders - hips) / 2
    for side in ("left", "right"):
        found[f"{side}_shoulder"] = (
            found[f"{side}_shoulder"] + _SHOULDER_RISE * trunk * bones[base.bone["Spine2"], :, 1]
        )
        found[f"{side}_hip"] = found[f"{side}_hip"] - _HIP_DROP * trunk * bones[base.bone["Hips"], :, 1]
        ankle, knee = found[f"{side}_ankle"], found[f"{side}_knee"]
        found[f"{side}_ankle"] = ankle + _ANKLE_RISE * (knee - ankle)
        found[f"{side}_knee"] = knee + _KNEE_DROP * (ankle - knee)
    found["neck"] = (found["left_shoulder"] + found["right_shoulder"]) / 2
    return found


def find_keypoints(person, bones, camera):
    """(18, 3) float32 x, y in pixels (the first pixel's center is 0), multiples of 1/64, and 1, or 0 outside the picture."""
    found = places(person, bones)
    xy = camera.project(np.array([found[name] for name in JOINTS], np.float32))[:, :2] - np.float32(0.5)
    xy = np.round(xy * 64) / 64
    height, width = camera.size
    inside = ((xy >= -0.5) & (xy <= (width - 0.5, height - 0.5))).all(axis=1)
    return np.concatenate([xy, inside[:, None]], axis=1).astype(np.float32)
