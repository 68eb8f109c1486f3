"""What the synthetic datasets share: identities, each drawn from its number when it is asked for."""

import collections

from gfla_tf.errors import GflaError
from gfla_tf.synthetic.rng import Draws

# The split is a part of every random key, so train and test share no stream of random numbers, whatever the seed.
SPLITS = {"train": 0, "test": 1}
_REMEMBERED = 8


class SyntheticSource:
    """Pictures of identities; everything is a pure function of seed, split, identity and what else is asked for.

    A subclass gives `_draw_identity(number)`.

    Args:
        image_size: (height, width), each at least 16.
        split: "train" or "test"; no identity of one occurs in the other.
        seed: integer in [0, 2^64).
    """

    def __init__(self, image_size=(64, 64), split="train", seed=0):
        if split not in SPLITS:
            raise GflaError(f"Split {split!r} does not exist: use one of {', '.join(SPLITS)}.")
        if len(image_size) != 2 or min(image_size) < 16:
            raise GflaError(f"image_size {image_size} must be (height, width), each at least 16 pixels.")
        self.image_size, self.split, self.seed = tuple(int(n) for n in image_size), split, int(seed)
        self._identities = collections.OrderedDict()

    def _draws(self, identity, purpose, index=0):
        return Draws(self.seed, SPLITS[self.split], identity, purpose, index)

    def _identity(self, number):
        """The identity of a number (any integer from 0); the last few are remembered."""
        if number not in self._identities:
            self._identities[number] = self._draw_identity(number)
            if len(self._identities) > _REMEMBERED:
                self._identities.popitem(last=False)
        self._identities.move_to_end(number)
        return self._identities[number]
