"""Rendered clips of synthetic people, for dances."""

from gfla_tf.data.clip_bank import ClipBank
from gfla_tf.data.joint_orders import to_h36m
from gfla_tf.data.parallel import parallel_map
from gfla_tf.data.synthetic.people import SyntheticPeople


def render_clips(image_size, split, seed, identities, length):
    """Renders a clip of `length` frames of each of `identities` synthetic people on all cores.

    Returns:
        `ClipBank.of` them, with the joints (17, 3) float32 in the order `H36M_17` for structures.
    """
    people = SyntheticPeople(image_size, split, seed)
    clips = parallel_map(_render, [(people, i, length) for i in range(identities)], "rendering clips")
    return ClipBank.of(clips, [to_h36m(clip.keypoints) for clip in clips])


def _render(arguments):
    people, identity, length = arguments
    return people.clip(identity, 0, length)
