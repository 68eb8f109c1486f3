"""Pose maps in `keras.ops`, for data pipelines and for graphs that take keypoints in: the twins of `gfla_tf.keypoints.poses`."""

from keras import ops

from gfla_tf.keypoints.poses import LIMBS, places
from gfla_tf.ops.limb_flow import limb_ends


def heat_maps(keypoints, image_size, sigma, stride=1, truncate=True):
    """What `gfla_tf.keypoints.poses.heat_maps` computes, for batches of static shape.

    Args:
        keypoints: (batch, joints, 3): x, y in pixels of the image and a confidence; a confidence of 0 gives an empty map.
        image_size: (height, width).
        sigma: standard deviation in pixels.
        stride: pixels of the image to one of the maps.
        truncate: whether positions are truncated to whole pixels; otherwise maps have their middle in between.

    Returns:
        (batch, height / stride, width / stride, joints) float32 in [0, 1].
    """
    height, width = image_size
    keypoints = ops.cast(keypoints, "float32")
    position = keypoints[..., :2]
    if truncate and stride == 1:  # towards zero, without `trunc`, which mobile runtimes lack
        position = ops.cast(ops.cast(position, "int32"), "float32")
    present = ops.cast(keypoints[..., 2:] > 0, "float32")
    x = ops.convert_to_tensor(places(width, stride)[None, None])
    y = ops.convert_to_tensor(places(height, stride)[None, None])
    column = ops.exp(-0.5 * ops.square((x - position[..., :1]) / sigma)) * present
    row = ops.exp(-0.5 * ops.square((y - position[..., 1:]) / sigma))
    column = ops.transpose(column, (0, 2, 1))  # (batch, width, joints)
    row = ops.transpose(row, (0, 2, 1))
    return ops.expand_dims(row, 2) * ops.expand_dims(column, 1)


def limb_maps(keypoints, image_size, sigma, limbs=LIMBS, stride=1):
    """What `gfla_tf.keypoints.poses.limb_maps` computes, for (batch, joints, 3) and pairs of their indices."""
    height, width = image_size
    keypoints = ops.cast(keypoints, "float32")
    # Without a fifth axis, and without slices that take an axis away: the GPUs of phones know neither.
    # A product takes the limbs' ends, for browsers' GPUs take no gather along the joints.
    by_joint = ops.transpose(keypoints, (0, 2, 1))
    ends = (ops.matmul(by_joint, limb_ends(limbs, k, keypoints.shape[1])) for k in (0, 1))
    first, second = ([ops.expand_dims(end[:, k : k + 1], 1) for k in range(3)] for end in ends)
    present = ops.cast((first[2] > 0) & (second[2] > 0), "float32")
    x = ops.convert_to_tensor(places(width, stride)[None, None, :, None]) - first[0]
    y = ops.convert_to_tensor(places(height, stride)[None, :, None, None]) - first[1]
    along_x, along_y = second[0] - first[0], second[1] - first[1]
    # In units of 16 pixels, whose products half precision holds for limbs of 1000 pixels.
    u, v = along_x / 16, along_y / 16
    share = ops.clip((x / 16 * u + y / 16 * v) / ops.maximum(u**2 + v**2, 1e-4), 0.0, 1.0)
    distance = ops.square(x - share * along_x) + ops.square(y - share * along_y)
    return ops.exp(-0.5 / sigma**2 * distance) * present


def pose_maps(keypoints, image_size, sigma, limb_sigma=None, stride=1):
    """What `gfla_tf.keypoints.poses.pose_maps` computes, for (batch, joints, 3)."""
    maps = heat_maps(keypoints, image_size, sigma, stride)
    if limb_sigma is None:
        return maps
    return ops.concatenate([maps, limb_maps(keypoints, image_size, limb_sigma, stride=stride)], axis=-1)
