"""The augmentation of Market-1501: small rotations, shifts and changes of size, of image and keypoints alike.

What is drawn depends on a seed alone, so that a resumed training sees what an uninterrupted one sees.
"""

import math

import tensorflow as tf

FILL = 128  # grey, of what comes in from outside the image
# Largest rotation in degrees, largest shift in pixels, and range of the change of size.
MOTIONS = {"source": (5.0, 5.0, (0.95, 1.05)), "target": (1.0, 2.5, (1.0, 1.0))}


def move(image, keypoints, role, seed):
    """Image and keypoints rotated and scaled about the image's centre, then shifted, all at random.

    Args:
        image: (H, W, 3) uint8.
        keypoints: (joints, 3): x, y and a confidence; missing joints stay as they are.
        role: "source" or "target"; a target moves less and keeps its size.
        seed: (2,) integer tensor.
    """
    degrees, pixels, (smallest, largest) = MOTIONS[role]
    seed = tf.random.experimental.stateless_fold_in(seed, list(MOTIONS).index(role))
    drawn = tf.random.stateless_uniform((4,), seed)
    angle = (2 * drawn[0] - 1) * degrees * math.pi / 180
    shift = (2 * drawn[1:3] - 1) * pixels
    scale = smallest + drawn[3] * (largest - smallest)

    height, width = image.shape[:2]
    centre = tf.constant([(width - 1) / 2, (height - 1) / 2], tf.float32)
    cosine, sine = tf.cos(angle), tf.sin(angle)
    turn = tf.stack([tf.stack([cosine, -sine]), tf.stack([sine, cosine])])  # of (x, y)
    position = tf.linalg.matvec(scale * turn, keypoints[:, :2] - centre) + centre + shift
    present = keypoints[:, 2:] > 0
    keypoints = tf.concat([tf.where(present, position, keypoints[:, :2]), keypoints[:, 2:]], axis=-1)

    # The image wants the way back: where in the old image each pixel of the new one lies.
    back = tf.transpose(turn) / scale
    offset = centre - tf.linalg.matvec(back, centre + shift)
    transform = tf.concat([back[0], offset[:1], back[1], offset[1:], [0.0, 0.0]], axis=0)
    moved = tf.raw_ops.ImageProjectiveTransformV3(
        images=tf.cast(image, tf.float32)[None], transforms=transform[None], output_shape=[height, width],
        fill_value=float(FILL), interpolation="BILINEAR", fill_mode="CONSTANT",
    )  # fmt: skip
    return tf.cast(tf.round(tf.ensure_shape(moved[0], image.shape)), tf.uint8), keypoints
