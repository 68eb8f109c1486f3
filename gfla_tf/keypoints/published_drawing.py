"""The published skeleton in closed form, for graphs that draw it on the phone; `published_dance.drawing` is the exact one.

scikit-image's antialiased line gives a pixel the coverage 1 - d, d its distance from the line in pixels, where d < 1 between the
line's ends. Said so, the drawing takes comparisons and products alone. What differs: some pixels next to the ends of a limb, and
limbs that leave the image, whose outer pixels are not moved to its border here. docs/published.md counts them.
"""

import numpy as np

from gfla_tf.keypoints.published_dance import COLORS, JOINT_COUNT, JOINT_RADIUS, LIMBS


def drawing_with(arrays, places, drawn, image_size, role):
    """(batch, height, width, 3) of whole numbers in [0, 255].

    Args:
        arrays: NumPy or `keras.ops`.
        places: (batch, 17, 2) float32, x and y in whole pixels.
        drawn: (batch, 17, 1) float32, 1 for the joints that are drawn, else 0.
        image_size: (height, width).
        role: "target" or "reference", see `published_dance.published_structure`.
    """
    height, width = image_size
    x = np.arange(width, dtype=np.float32).reshape(1, 1, width, 1)
    y = np.arange(height, dtype=np.float32).reshape(1, height, 1, 1)

    def of(joints, values, axis):
        """One coordinate of joints, (batch, 1, 1, number of joints)."""
        taken = arrays.take(values[..., axis : axis + 1], np.array(joints), axis=1)
        return arrays.expand_dims(arrays.transpose(taken, (0, 2, 1)), 1)

    first, second = zip(*LIMBS[role], strict=True)
    x0, y0, x1, y1 = (of(ends, places, axis) for ends in (first, second) for axis in (0, 1))
    along_x, along_y = x1 - x0, y1 - y0
    length = arrays.sqrt(arrays.maximum(along_x * along_x + along_y * along_y, 1.0))
    across = arrays.abs((y - y0) * along_x - (x - x0) * along_y)  # times the length
    inside = _within(arrays, x, x0, x1) * _within(arrays, y, y0, y1)
    shown = of(first, drawn, 0) * of(second, drawn, 0)
    covered = _less(arrays, across, length) * inside * shown
    level = arrays.floor(255.0 * (1.0 - across / length)) * covered
    picture = None
    for limb in range(len(first)):  # each over those before
        here, own = (value[..., limb : limb + 1] for value in (covered, level))
        picture = own if picture is None else picture * (1.0 - here) + own
    picture = arrays.concatenate([picture] * 3, axis=-1)
    near = _less(arrays, arrays.abs(x - of(range(JOINT_COUNT), places, 0)), JOINT_RADIUS - 0.5)
    near = near * _less(arrays, arrays.abs(y - of(range(JOINT_COUNT), places, 1)), JOINT_RADIUS - 0.5)
    near = near * of(range(JOINT_COUNT), drawn, 0)
    for joint in range(JOINT_COUNT):
        here = near[..., joint : joint + 1]
        picture = picture * (1.0 - here) + here * COLORS[joint].astype(np.float32)
    return picture


def _less(arrays, a, b):
    """1 where a < b, else 0, as float32."""
    return arrays.where(a < b, np.float32(1), np.float32(0))


def _within(arrays, x, one, other):
    """1 between two whole numbers, both included, else 0."""
    return _less(arrays, arrays.minimum(one, other) - 0.5, x) * _less(
        arrays, x, arrays.maximum(one, other) + 0.5
    )


def structure_arrays(joints, image_size, role):
    """The 20 channels in closed form, of joints (..., 17, 3); see `published_dance.published_structure`."""
    from gfla_tf.keypoints.published_dance import heat_maps

    joints = np.asarray(joints, np.float32)
    flat = joints.reshape(-1, JOINT_COUNT, 3)
    places = np.trunc(flat[..., :2])
    drawn = (flat[..., 2:] > 0) & (places != 0).all(axis=-1, keepdims=True)
    pictures = drawing_with(np, places, drawn.astype(np.float32), image_size, role)
    maps = np.stack([heat_maps(one, image_size) for one in flat])
    structure = np.concatenate([maps, pictures], axis=-1).astype(np.float32)
    return structure.reshape(*joints.shape[:-2], *structure.shape[1:])
