"""The published structures inside a `tf.data` pipeline: drawn by the libraries that drew them for the published networks."""

import numpy as np
import tensorflow as tf

from gfla_tf.keypoints.poses import HEAT_MAP_SIGMA
from gfla_tf.keypoints.published_dance import drawing
from gfla_tf.keypoints.published_face import SCALE
from gfla_tf.ops.heat_maps import heat_maps


def dance_structures(joints, image_size, role):
    """What `gfla_tf.keypoints.published_dance.published_structure` gives, of joints (n, 17, 3): (n, H, W, 20) float32.

    Args:
        joints, image_size, role: see there.
    """

    def drawn(joints):
        pictures = [drawing(one, image_size, role).astype(np.uint8) for one in joints]
        return np.stack(pictures) if pictures else np.zeros((0, *image_size, 3), np.uint8)

    skeletons = tf.numpy_function(drawn, [joints], tf.uint8, stateful=False)
    skeletons = tf.ensure_shape(skeletons, (joints.shape[0], *image_size, 3))
    maps = heat_maps(joints, image_size, HEAT_MAP_SIGMA, truncate=False)
    return tf.concat([maps, tf.cast(skeletons, tf.float32)], axis=-1)


def face_structures(maps):
    """The networks' input (n, H, W, 16) float32 of the maps that `gfla_tf.keypoints.published_face.published_maps` gives."""
    return tf.cast(maps, tf.float32) * SCALE
