"""Frames held in memory: what training draws its pairs from."""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class PairBank:
    """Frames of several identities; every ordered pair of different frames of one identity is a training sample.

    Attributes:
        frames: {name: (identities, frames, ...)}, what belongs to a frame, such as its `image` (uint8).
        pairs: {name: (identities, frames, frames - 1, ...)}, what belongs to an ordered pair, such as its true flow: [i, s, k]
            is that of the source s and the k-th of the other frames as target, which is k, or k + 1 from s on.
    """

    frames: dict[str, np.ndarray]
    pairs: dict[str, np.ndarray] = dataclasses.field(default_factory=dict)

    @property
    def shape(self):
        """(identities, frames of each)."""
        return next(iter(self.frames.values())).shape[:2]

    @property
    def pair_count(self):
        """Number of ordered pairs of different frames of one identity."""
        identities, frames = self.shape
        return identities * frames * (frames - 1)
