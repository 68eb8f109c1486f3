"""The structure that dance networks see, in `keras.ops`: for data pipelines and for graphs that take keypoints in."""

from keras import ops

from gfla_tf.keypoints.dance_structure import LIMB_SIGMA, structure_with
from gfla_tf.keypoints.poses import HEAT_MAP_SIGMA
from gfla_tf.ops import heat_maps


def dance_structure(keypoints, image_size, sigma=HEAT_MAP_SIGMA, limb_sigma=LIMB_SIGMA):
    """What `gfla_tf.keypoints.dance_structure.dance_maps` computes, for keypoints (batch, 17, 3) in a graph."""
    return structure_with(ops, heat_maps, keypoints, image_size, sigma, limb_sigma)
