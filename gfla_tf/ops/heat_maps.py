"""Pose heat maps in `keras.ops`, for data pipelines and for graphs that take keypoints in."""

from keras import ops


def heat_maps(keypoints, image_size, sigma):
    """What `gfla_tf.data.poses.heat_maps` computes, for batches of static shape.

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
