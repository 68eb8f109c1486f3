"""Forward kinematics: body and joint angles to the placement of every part and joint in the world."""

import math

import numpy as np

from gfla_tf.keypoints.poses import JOINTS
from gfla_tf.synthetic.people.body import BONE_INDEX, BONES

_PARENTS = [None if parent is None else BONE_INDEX[parent] for parent in BONES.values()]
# Signs that turn (bend, side, turn) of each bone into right-handed angles about X, Z, Y.
_SIGNS = np.array(
    [
        (1, 1, 1) if name in ("pelvis", "chest", "head")
        else (
            1 if "shin" in name else -1,
            -1 if "right" in name else 1,
            (-1 if "right" in name else 1) * (-1 if "arm" in name or "hand" in name else 1),
        )
        for name in BONES
    ], float
)  # fmt: skip


def _rotation(x, z, y):
    """Rz Rx Ry: first about the bone, then forward, then aside (angles in radians)."""
    cx, sx, cy, sy, cz, sz = math.cos(x), math.sin(x), math.cos(y), math.sin(y), math.cos(z), math.sin(z)
    return (
        (cz * cy - sz * sx * sy, -sz * cx, cz * sy + sz * sx * cy),
        (sz * cy + cz * sx * sy, cz * cx, sz * sy - cz * sx * cy),
        (-cx * sy, sx, cx * cy),
    )


def _trunk_rotation(x, z, y):
    """Ry Rz Rx: a bow and a lean in the person's own frame, which then turns."""
    cx, sx, cy, sy, cz, sz = math.cos(x), math.sin(x), math.cos(y), math.sin(y), math.cos(z), math.sin(z)
    return (
        (cy * cz, sy * sx - cy * sz * cx, cy * sz * sx + sy * cx),
        (sz, cz * cx, -cz * sx),
        (-sy * cz, sy * sz * cx + cy * sx, cy * cx - sy * sz * sx),
    )


def place(body, angles):
    """Where parts and joints are when the pelvis is at the origin.

    Args:
        body: Body.
        angles: (bones, 3) degrees, see pose.py.

    Returns:
        (parts, 3, 4) affine maps from the coordinates of each part to the world, and (18, 3) joints in meters.
    """
    radians = np.deg2rad(angles * _SIGNS).tolist()
    frames = np.empty((len(BONES), 3, 4))
    for i, parent in enumerate(_PARENTS):
        local = (_rotation if i > 2 else _trunk_rotation)(*radians[i])
        if parent is None:
            frames[i, :, :3], frames[i, :, 3] = local, 0
        else:
            frames[i, :, :3] = frames[parent, :, :3] @ local
            frames[i, :, 3] = frames[parent, :, :3] @ body.origins[i] + frames[parent, :, 3]
    parts = frames[body.bone_of]
    placed = parts[:, :, :3] @ body.frames
    placed[:, :, 3] += parts[:, :, 3]
    if "skirt" in body.index:
        _swing_skirt(body, frames, placed)
    bones = np.array([BONE_INDEX[body.keypoints[name][0]] for name in JOINTS])
    offsets = np.array([body.keypoints[name][1] for name in JOINTS])
    joints = (frames[bones, :, :3] @ offsets[:, :, None])[..., 0] + frames[bones, :, 3]
    return placed, joints


def _swing_skirt(body, frames, placed):
    """The hem follows the knees, and the skirt widens in the direction in which they part."""
    i = body.index["skirt"]
    right, left = (frames[BONE_INDEX[f"{side}_shin"], :, 3] for side in ("right", "left"))
    pelvis = frames[0, :, :3]
    right, left = right @ pelvis, left @ pelvis  # in the pelvis's own axes
    drop = -0.5 * (right[1] + left[1])
    middle = 0.5 * (right + left) / drop if drop > 0.05 else np.zeros(3)
    axis = placed[i, :, 1]
    placed[i, :, 1] = axis + pelvis @ (0.75 * np.array([middle[0], 0.0, middle[2]]).clip(-0.6, 0.6))
    apart = np.abs(left - right)
    placed[i, :, 0] *= 1 + min(0.3, 0.5 * max(0.0, apart[0] - 0.12 * body.height))
    placed[i, :, 2] *= 1 + min(0.4, 1.1 * max(0.0, apart[2] - 0.06))
