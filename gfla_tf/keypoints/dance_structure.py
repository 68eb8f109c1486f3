"""What the dance networks see of a pose: a heat map for each joint, and the skeleton as a picture (TIP 2020, section 4).

`dance_maps` is in NumPy, so that the demos need no TensorFlow; `gfla_tf.ops.dance_structure` is its twin in `keras.ops`.
"""

import colorsys

import numpy as np

from gfla_tf.keypoints import poses
from gfla_tf.keypoints.joint_orders import H36M_17, H36M_LIMBS
from gfla_tf.keypoints.poses import HEAT_MAP_SIGMA

DANCE_CHANNELS = len(H36M_17) + 3
LIMB_SIGMA = 2.0  # pixels, as wide as the published skeletons' lines


def _color(limb):
    """Reddish on the right, bluish on the left, greenish in the middle; every limb in its own hue."""
    name, number = H36M_17[limb[1]], H36M_LIMBS.index(limb) / len(H36M_LIMBS)
    start = 0.92 if name.startswith("right") else 0.52 if name.startswith("left") else 0.22
    return colorsys.hsv_to_rgb((start + 0.2 * number) % 1, 1.0, 1.0)


LIMB_COLORS = np.array([_color(limb) for limb in H36M_LIMBS], np.float32)


def dance_maps(keypoints, image_size, sigma=HEAT_MAP_SIGMA, limb_sigma=LIMB_SIGMA):
    """Heat maps of the joints, then the red, green and blue of the drawn skeleton.

    A limb is its color times exp(-d^2 / (2 limb_sigma^2)) at the distance d from it, and where limbs cross, each channel is the
    brightest of theirs. A joint of confidence 0 has an empty map, and its limbs are left out.

    Args:
        keypoints: (..., 17, 3) in the order `H36M_17`: x, y in pixels of the image and a confidence.
        image_size: (height, width).
        sigma: standard deviation of the heat maps in pixels.
        limb_sigma: of the limbs' profile, in pixels.

    Returns:
        (..., height, width, 20) float32 in [0, 1].
    """
    return structure_with(np, poses, keypoints, image_size, sigma, limb_sigma)


def structure_with(arrays, maps, keypoints, image_size, sigma, limb_sigma):
    """The structure with the functions of NumPy or `keras.ops`, and with the maps that belong to them."""
    limbs = maps.limb_maps(keypoints, image_size, limb_sigma, H36M_LIMBS)
    # A channel at a time: the phone knows no tensors of five dimensions.
    skeleton = [arrays.max(limbs * color, axis=-1, keepdims=True) for color in LIMB_COLORS.T]
    return arrays.concatenate([maps.heat_maps(keypoints, image_size, sigma), *skeleton], axis=-1)


def skeleton_picture(structure, scale=255):
    """The drawn skeleton of structures (..., 20), as uint8 pictures (..., 3); `scale` makes its values 0 to 255."""
    return np.round(scale * np.asarray(structure)[..., -3:]).astype(np.uint8)
