"""Augmentation of anyone's pictures: mirrored, moved and in another light, pixels, joints and masks together.

What is drawn depends on a seed alone, so that a resumed training sees what an uninterrupted one sees. Joints keep their places
between pixels: they lie within half a pixel of where the moved pixels show them.
"""

import math
from typing import NamedTuple

import tensorflow as tf

from gfla_tf.keypoints.poses import JOINTS

_OTHER_SIDE = {"left": "right", "right": "left"}
# The joint that stands at each place after mirroring: left and right are swapped.
MIRRORED = [
    JOINTS.index("_".join(_OTHER_SIDE.get(part, part) for part in name.split("_"))) for name in JOINTS
]
_DEGREES, _SHIFT, _SCALE = 8.0, 0.04, 0.1  # largest turn; shift as a share of a side; change of size
_BRIGHTNESS, _CONTRAST, _SATURATION, _HUE = 0.15, 0.2, 0.2, 0.02


class Augmentation(NamedTuple):
    """What may happen to a pair.

    Attributes:
        flip: both pictures of half of the pairs are mirrored; that of one alone would put a pattern on the wrong side.
        color: brightness, contrast, saturation and hue change, alike in both.
        motion: each picture turns by up to 8 degrees, shifts by up to 4 % and changes its size by up to 10 %.
    """

    flip: bool = False
    color: bool = False
    motion: bool = False


def augment(sample, augmentation, seed):
    """A pair after a random change.

    Args:
        sample: dict of source_image, target_image (H, W, 3) uint8, source_keypoints, target_keypoints (18, 3) and, where there
            are masks, source_person, target_person (H, W) bool.
        augmentation: `Augmentation`.
        seed: (2,) integer tensor.
    """
    sample = dict(sample)
    drawn = tf.random.stateless_uniform((5,), _seed(seed, 0))
    for number, role in enumerate(("source", "target"), 1):
        image, keypoints = sample[f"{role}_image"], sample[f"{role}_keypoints"]
        person = sample.get(f"{role}_person")
        if augmentation.motion:
            motion = tf.random.stateless_uniform((4,), _seed(seed, number), -1, 1)
            image, keypoints, person = move(image, keypoints, person, motion)
        if augmentation.flip:
            flips, (other, joints, mask) = drawn[0] < 0.5, mirror(image, keypoints, person)
            image, keypoints = tf.where(flips, other, image), tf.where(flips, joints, keypoints)
            person = None if person is None else tf.where(flips, mask, person)
        if augmentation.color:
            image = _relight(image, 2 * drawn[1:] - 1)
        sample |= {f"{role}_image": image, f"{role}_keypoints": keypoints}
        if person is not None:
            sample[f"{role}_person"] = person
    return sample


def mirror(image, keypoints, person=None):
    """Image, keypoints and mask as in a mirror: x becomes W - 1 - x, and left joints become right ones."""
    width = image.shape[1]
    mirrored = tf.gather(keypoints, MIRRORED)
    present = mirrored[:, 2:] > 0
    x = tf.where(present, width - 1 - mirrored[:, :1], mirrored[:, :1])
    return image[:, ::-1], tf.concat([x, mirrored[:, 1:]], -1), None if person is None else person[:, ::-1]


def move(image, keypoints, person, motion):
    """Image, keypoints and mask turned and scaled about the middle, then shifted.

    Args:
        image: (H, W, 3) uint8; what comes in from outside repeats the border.
        keypoints: (18, 3).
        person: (H, W) bool, or None; outside is nobody.
        motion: (4,) in [-1, 1]: turn, shifts in x and y, change of size, as shares of the largest ones.
    """
    height, width = image.shape[:2]
    angle = motion[0] * _DEGREES * math.pi / 180
    shift = motion[1:3] * tf.constant([_SHIFT * width, _SHIFT * height])
    scale = 1 + _SCALE * motion[3]
    middle = tf.constant([(width - 1) / 2, (height - 1) / 2], tf.float32)
    cosine, sine = tf.cos(angle), tf.sin(angle)
    turn = tf.stack([tf.stack([cosine, -sine]), tf.stack([sine, cosine])])  # of (x, y)
    places = tf.linalg.matvec(scale * turn, keypoints[:, :2] - middle) + middle + shift
    present = keypoints[:, 2:] > 0
    keypoints = tf.concat([tf.where(present, places, keypoints[:, :2]), keypoints[:, 2:]], axis=-1)
    # The image wants the way back: where in the old image each pixel of the new one lies.
    back = tf.transpose(turn) / scale
    offset = middle - tf.linalg.matvec(back, middle + shift)
    transform = tf.concat([back[0], offset[:1], back[1], offset[1:], [0.0, 0.0]], axis=0)
    moved = tf.cast(tf.round(_transformed(image, transform, "NEAREST")), tf.uint8)
    if person is not None:
        person = _transformed(person[..., None], transform, "CONSTANT")[..., 0] > 0.5
    return moved, keypoints, person


def _transformed(image, transform, fill_mode):
    moved = tf.raw_ops.ImageProjectiveTransformV3(
        images=tf.cast(image, tf.float32)[None], transforms=transform[None], output_shape=image.shape[:2],
        fill_value=0.0, interpolation="BILINEAR", fill_mode=fill_mode,
    )  # fmt: skip
    return tf.ensure_shape(moved[0], image.shape)


def _relight(image, drawn):
    values = tf.cast(image, tf.float32) / 255
    values = tf.image.adjust_brightness(values, _BRIGHTNESS * drawn[0])
    values = tf.image.adjust_contrast(values, 1 + _CONTRAST * drawn[1])
    values = tf.clip_by_value(values, 0, 1)
    values = tf.image.adjust_saturation(values, 1 + _SATURATION * drawn[2])
    values = tf.image.adjust_hue(values, _HUE * drawn[3])
    return tf.cast(tf.round(255 * tf.clip_by_value(values, 0, 1)), tf.uint8)


def _seed(seed, number):
    return tf.random.experimental.stateless_fold_in(seed, number)
