"""Random numbers that are a pure function of integers, the same on every machine and in every process."""

import numpy as np

from gfla_tf.errors import GflaError

_WORD = 2**32


class Draws:
    """A stream of random numbers for one key: a tuple of integers in [0, 2^64).

    Every integer takes two 32-bit words of the seed, so that two different keys of one length never give the same seed.
    All draws are made from PCG64's raw doubles, whose sequence NumPy keeps stable.
    """

    def __init__(self, *key):
        if any(not 0 <= int(k) < _WORD**2 for k in key):
            raise GflaError(
                f"Random key {key}: seeds, identities and indices must lie between 0 and 2^64 - 1."
            )
        words = np.array([w for k in key for w in (int(k) % _WORD, int(k) // _WORD)], np.uint32)
        self._generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence(words)))

    def uniform(self, low=0.0, high=1.0):
        """A double in [low, high)."""
        return low + (high - low) * self._generator.random()

    def array(self, *shape):
        """Doubles in [0, 1) of that shape: as many draws of `uniform`, in the order of their indices."""
        return self._generator.random(shape)

    def chance(self, probability):
        return self._generator.random() < probability

    def pick(self, options):
        """One of a sequence, all equally likely."""
        return options[int(self._generator.random() * len(options))]

    def weighted(self, options):
        """One key of a dictionary {option: weight}."""
        point, names = self._generator.random() * sum(options.values()), list(options)
        for name in names[:-1]:
            point -= options[name]
            if point < 0:
                return name
        return names[-1]
