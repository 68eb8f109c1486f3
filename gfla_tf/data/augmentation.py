"""The augmentation of the published training runs: small turns, shifts and changes of size, of image, mask and joints alike.

What is drawn depends on a seed alone, so that a resumed training sees what an uninterrupted one sees.
"""

import dataclasses

import numpy as np
import tensorflow as tf

from gfla_tf.data.affine import affine_matrix, move_image, move_joints


@dataclasses.dataclass(frozen=True)
class Ranges:
    """Where the numbers of an affine are drawn from, all uniformly.

    Attributes:
        angle: largest turn either way, degrees.
        shift: largest shift either way, (x, y) pixels of images of `size`; in other images in proportion.
        scale: smallest and largest.
        fill: gray level of what comes in from outside the image.
        size: (height, width).
    """

    angle: float
    shift: tuple[float, float]
    scale: tuple[float, float]
    fill: int
    size: tuple[int, int] = (256, 256)


# {dataset: {role: Ranges}}; where "reference" is missing, it moves with its clip, so that their backgrounds agree.
AUGMENTATIONS = {
    "market": {
        "source": Ranges(5.0, (5.0, 5.0), (0.95, 1.05), 128, (128, 64)),
        "target": Ranges(1.0, (2.5, 2.5), (1.0, 1.0), 128, (128, 64)),
    },
    "fashionvideo": {
        "clip": Ranges(5.0, (20.0, 3.0), (0.98, 1.02), 255),
        "reference": Ranges(5.0, (20.0, 3.0), (0.98, 1.02), 255),
    },
    "iper": {"clip": Ranges(5.0, (0.0, 0.0), (1.0, 1.0), 0)},
}
_ROLES = ("source", "target", "clip", "reference")  # each draws of its own


def draw_affine(ranges, image_size, seed, role):
    """Angle, x and y shift, scale: (4,) float64.

    Args:
        ranges: `Ranges`.
        image_size: (height, width).
        seed: (2,) integer tensor.
        role: one of "source", "target", "clip", "reference".
    """
    seed = tf.random.experimental.stateless_fold_in(seed, _ROLES.index(role))
    uniform = tf.random.stateless_uniform((4,), seed, dtype=tf.float64)
    shift = np.array(ranges.shift) * image_size[::-1] / ranges.size[::-1]
    low = np.array([-ranges.angle, *-shift, ranges.scale[0]])
    high = np.array([ranges.angle, *shift, ranges.scale[1]])
    return low + uniform * (high - low)


def move(image, joints, numbers, fill, mask=None):
    """An image, its joints and, where there is one, its mask, after the affine of the numbers that `draw_affine` gave.

    Args:
        image: (H, W, 3) uint8.
        joints: (n, 3): x, y and a confidence; missing joints stay, the others come to whole pixels, truncated.
        numbers: (4,) float64.
        fill: gray level of what comes into the image from outside; a mask is filled with 0.
        mask: optional (H, W) uint8.

    Returns:
        image, joints float32, and the mask where one was given.
    """

    def moved(numbers, image, joints, *mask):
        matrix = affine_matrix(numbers[0], numbers[1:3], numbers[3], image.shape[:2])
        result = [move_image(image, matrix, fill), move_joints(joints, matrix).astype(np.float32)]
        return result + [move_image(one, matrix, 0) for one in mask]

    given = [image, joints] if mask is None else [image, joints, mask]
    types = [tf.uint8, tf.float32, tf.uint8][: len(given)]
    results = tf.numpy_function(moved, [numbers, *given], types, stateful=False)
    return [tf.ensure_shape(result, one.shape) for result, one in zip(results, given)]
