"""Pose maps in `keras.ops`, for data pipelines and for graphs that take keypoints in: the twins of `gfla_tf.keypoints.poses`."""

from keras import ops

from gfla_tf.keypoints.poses import LIMBS


def heat_maps(keypoints, image_size, sigma):
    """What `gfla_tf.keypoints.poses.heat_maps` computes, for batches of static shape.

    Args:
        keypoints: (batch, joints, 3): x, y in pixels of the image and a confidence; a confidence of 0 gives an empty map.
        image_size: (height, width).
        sigma: standard deviation in pixels.

    Returns:
        (batch, height, width, joints) float32 in [0, 1].
    """
    height, width = image_size
    keypoints = ops.cast(keypoints, "float32")
    # Truncation towards zero without `trunc`, which mobile runtimes lack.
    position = ops.cast(ops.cast(keypoints[..., :2], "int32"), "float32")
    present = ops.cast(keypoints[..., 2:] > 0, "float32")
    x = ops.reshape(ops.arange(width, dtype="float32"), (1, 1, width))
    y = ops.reshape(ops.arange(height, dtype="float32"), (1, 1, height))
    column = ops.exp(-0.5 * ops.square((x - position[..., :1]) / sigma)) * present
    row = ops.exp(-0.5 * ops.square((y - position[..., 1:]) / sigma))
    column = ops.transpose(column, (0, 2, 1))  # (batch, width, joints)
    row = ops.transpose(row, (0, 2, 1))
    return ops.expand_dims(row, 2) * ops.expand_dims(column, 1)


def limb_maps(keypoints, image_size, sigma, limbs=LIMBS):
    """What `gfla_tf.keypoints.poses.limb_maps` computes, for (batch, joints, 3) and pairs of their indices."""
    height, width = image_size
    keypoints = ops.cast(keypoints, "float32")
    # Without a fifth axis, and without slices that take an axis away: the GPUs of phones know neither.
    ends = (
        ops.transpose(ops.take(keypoints, [limb[k] for limb in limbs], axis=1), (0, 2, 1)) for k in (0, 1)
    )
    first, second = ([ops.expand_dims(end[:, k : k + 1], 1) for k in range(3)] for end in ends)
    present = ops.cast((first[2] > 0) & (second[2] > 0), "float32")
    x = ops.reshape(ops.arange(width, dtype="float32"), (1, 1, width, 1)) - first[0]
    y = ops.reshape(ops.arange(height, dtype="float32"), (1, height, 1, 1)) - first[1]
    along_x, along_y = second[0] - first[0], second[1] - first[1]
    # In units of 16 pixels, whose products half precision holds for limbs of 1000 pixels.
    u, v = along_x / 16, along_y / 16
    share = ops.clip((x / 16 * u + y / 16 * v) / ops.maximum(u**2 + v**2, 1e-4), 0.0, 1.0)
    distance = ops.square(x - share * along_x) + ops.square(y - share * along_y)
    return ops.exp(-0.5 / sigma**2 * distance) * present


def pose_maps(keypoints, image_size, sigma, limb_sigma=None):
    """What `gfla_tf.keypoints.poses.pose_maps` computes, for (batch, joints, 3)."""
    maps = heat_maps(keypoints, image_size, sigma)
    if limb_sigma is None:
        return maps
    return ops.concatenate([maps, limb_maps(keypoints, image_size, limb_sigma)], axis=-1)
