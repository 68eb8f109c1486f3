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

    @classmethod
    def of(cls, clips, structures):
        """Of synthetic clips (`gfla_tf.synthetic.people.Clip`) and the structures (1 + T, ...) of each.

        Its frames have image, person and structure; its targets flow_reference, flow_previous (H, W, 2) float16 and
        visibility_reference, visibility_previous (H, W) bool.
        """
        frames = {"image": "images", "person": "persons"}
        frames = {name: np.stack([getattr(clip, field) for clip in clips]) for name, field in frames.items()}
        targets = {}
        for source in ("reference", "previous"):
            # Half the memory, and exact to a 32nd of a pixel where flows are shorter than 64 pixels.
            flows = [getattr(clip, f"flow_{source}").astype(np.float16) for clip in clips]
            targets[f"flow_{source}"] = np.stack(flows)
            targets[f"visibility_{source}"] = np.stack(
                [getattr(clip, f"visibility_{source}") for clip in clips]
            )
        return cls({**frames, "structure": np.stack(structures)}, targets)
