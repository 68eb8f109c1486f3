"""Sequences of joints of synthetic people, without starting processes."""

import functools

from gfla_tf.synthetic.people.people import SyntheticPeople
from gfla_tf.synthetic.people.performed_motion import _perform


@functools.cache
def perform_here(split, seed, identities, length):
    """What `perform_motion` gives."""
    people = SyntheticPeople((256, 256), split, seed)
    return [_perform((people, identity, length)) for identity in range(identities)]
