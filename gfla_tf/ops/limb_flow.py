"""A first guess of how a person moved, from the joints alone: every limb carries what is around it along.

Displacements of joints, interpolated along the limbs between them, are a better start for a flow than none (on our synthetic
people, 0.36 of zero flow's error), and what a network has to learn is the rest: thickness, turns and folds.
"""

import numpy as np
from keras import ops

SHARPNESS = (
    3  # heat maps are squared so often before their mean is taken, lest the image's border draw it inwards
)
FARTHEST = 1e-6  # weight of limbs that are far away, so that every position follows some
# Square of the length in pixels below which a limb is a point: positions are not exact enough to tell its direction.
SHORTEST = 1.0
SIGMA = 1.5  # of a limb's weight around it, in pixels of the image


def limb_ends(limbs, end, joints):
    """(joints, limbs) float32 that is 1 where a joint is that end, 0 or 1, of a limb: values by joint times it are by limb."""
    return ops.convert_to_tensor(np.eye(joints, dtype=np.float32)[:, [limb[end] for limb in limbs]])


def joint_positions(heat_maps):
    """Where joints are.

    Args:
        heat_maps: (batch, H, W, joints), empty for a joint that is missing.

    Returns:
        x, y in pixels and presence, 0 for missing joints and 1 for others, each (batch, 1, 1, joints).
    """
    height, width = heat_maps.shape[1:3]
    weights = heat_maps
    for _ in range(SHARPNESS):
        weights = ops.square(weights)
    positions = []
    for axis, extent in ((2, width), (1, height)):
        # Sums of few numbers, around the middle: rounding them otherwise on a phone hardly moves a joint.
        profile = ops.sum(weights, axis=3 - axis, keepdims=True)
        total, middle = ops.sum(profile, axis=axis, keepdims=True), (extent - 1) / 2
        places = ops.arange(extent, dtype=weights.dtype) - middle
        places = ops.reshape(places, (1, 1, width, 1) if axis == 2 else (1, height, 1, 1))
        mean = ops.sum(profile * places, axis=axis, keepdims=True) / ops.maximum(total, 1e-6)
        positions.append(mean + middle)
    return *positions, ops.minimum(total, 1.0)


def limb_flow(source, target, limbs, image_size, level=0):
    """Displacement of the limbs that a position is near to.

    On the line from joint a to joint b the displacement is that of a and b, interpolated; other positions take it from the
    nearest point of each limb, weighted by exp(-d^2 / (2 SIGMA^2)) of its distance d. Limbs of which a joint is missing, in the
    source or in the target, count for nothing.

    Args:
        source, target: of `joint_positions`.
        limbs: pairs of joints.
        image_size: (height, width) of the image.
        level: of the flow.

    Returns:
        (batch, H / 2^level, W / 2^level, 2) from target to source, in pixels of the level.
    """
    # Products, for browsers' GPUs take no gather along the joints.
    joints = target[0].shape[-1]
    a, b = (ops.cast(limb_ends(limbs, end, joints), target[0].dtype) for end in (0, 1))
    (ax, ay, seen), (bx, by, also) = ([ops.matmul(v, end) for v in target] for end in (a, b))
    (sax, say, there), (sbx, sby, too) = ([ops.matmul(v, end) for v in source] for end in (a, b))
    scale, offset = 2**level, (2**level - 1) / 2
    height, width = (extent >> level for extent in image_size)
    x = ops.reshape(ops.arange(width, dtype=ax.dtype), (1, 1, width, 1)) * scale + offset - ax
    y = ops.reshape(ops.arange(height, dtype=ax.dtype), (1, height, 1, 1)) * scale + offset - ay
    vx, vy = bx - ax, by - ay
    share = ops.clip((x * vx + y * vy) / (vx * vx + vy * vy + SHORTEST), 0.0, 1.0)
    distance = ops.square(x - share * vx) + ops.square(y - share * vy)
    weight = (ops.exp(distance * (-0.5 / SIGMA**2)) + FARTHEST) * (seen * also * there * too)
    total = ops.maximum(ops.sum(weight, axis=-1, keepdims=True), 1e-9)
    moved = [
        ops.sum(weight * (start + share * (end - start)), axis=-1, keepdims=True) / total / scale
        for start, end in ((sax - ax, sbx - bx), (say - ay, sby - by))
    ]
    return ops.concatenate(moved, axis=-1)
