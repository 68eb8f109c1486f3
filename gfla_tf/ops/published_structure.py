"""The published dance structure in `keras.ops`, for graphs that take keypoints in."""

from keras import ops

from gfla_tf.keypoints.poses import HEAT_MAP_SIGMA
from gfla_tf.keypoints.published_drawing import drawing_with
from gfla_tf.ops.heat_maps import heat_maps


def published_structure(joints, image_size, role):
    """What `gfla_tf.keypoints.published_drawing.structure_arrays` computes, of joints (batch, 17, 3) in a graph."""
    joints = ops.cast(joints, "float32")
    # Truncation towards zero without `trunc`, which mobile runtimes lack.
    places = ops.cast(ops.cast(joints[..., :2], "int32"), "float32")
    x, y = ops.abs(places[..., :1]), ops.abs(places[..., 1:])
    drawn = ops.cast(joints[..., 2:] > 0, "float32") * ops.cast(ops.minimum(x, y) > 0.5, "float32")
    pictures = drawing_with(ops, places, drawn, image_size, role)
    return ops.concatenate([heat_maps(joints, image_size, HEAT_MAP_SIGMA, truncate=False), pictures], axis=-1)
