"""Synthetic people in motion as a pose detector sees them and as they are: what motion extraction learns from."""

import numpy as np

from gfla_tf.keypoints.joint_orders import COCO_17, to_coco, to_h36m
from gfla_tf.synthetic.identity_source import SPLITS
from gfla_tf.synthetic.parallel import parallel_map
from gfla_tf.synthetic.people.people import SyntheticPeople
from gfla_tf.synthetic.people.pose_noise import noisy_keypoints
from gfla_tf.synthetic.rng import Draws

SIZE = 256  # pixels of the part of the picture that the person moves in, both ways
# Of the whole picture's width: from portraits to wide screens.
WIDTHS = 0.9 * SIZE, 2.4 * SIZE
_MOTION = 0x6D6F74696F6E  # keeps the keys apart from those of the people


def perform_motion(split, seed, identities, length):
    """Sequences of `length` frames, one of each of `identities` synthetic people, made on all cores.

    Returns:
        list of (noisy (T, 17, 3) `COCO_17`, clean (T, 17, 2) `H36M_17`, image width), in pixels.
    """
    people = SyntheticPeople((SIZE, SIZE), split, seed)
    return parallel_map(_perform, [(people, i, length) for i in range(identities)], "moving people")


def _perform(arguments):
    people, identity, length = arguments
    draws = Draws(_MOTION, people.seed, SPLITS[people.split], identity)
    width = draws.uniform(*WIDTHS)
    keypoints = people.joints(identity, 0, length)
    keypoints[..., 0] += np.round(draws.uniform(0, max(0, width - SIZE)))
    noisy = noisy_keypoints(to_coco(keypoints), int(draws.uniform(0, 2**53)), SIZE, COCO_17)
    return noisy, to_h36m(keypoints)[..., :2], width
