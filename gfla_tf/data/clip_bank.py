"""Clips held in memory: what training of animations draws its samples from."""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class ClipBank:
    """Clips of equal length, each with a reference frame.

    Attributes:
        frames: {name: (clips, 1 + T, ...)}, what belongs to a frame, the reference first: its `image` (H, W, 3) uint8, its
            `structure` in whatever form `prepare` turns into maps, and what else there is, such as `person` (H, W) bool.
        targets: {name: (clips, T, ...)}, what belongs to a frame of the clip and its sources, such as flow_reference.
    """

    frames: dict[str, np.ndarray]
    targets: dict[str, np.ndarray] = dataclasses.field(default_factory=dict)

    @property
    def shape(self):
        """(clips, T): how many there are and how long each is without its reference."""
        clips, frames = next(iter(self.frames.values())).shape[:2]
        return clips, frames - 1
