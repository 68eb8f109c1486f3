"""Single inputs of a network and what is known of the answer: to calibrate quantization with, and to score converted networks."""

import dataclasses

import numpy as np

SEED = 29  # of the synthetic identities and of the order


@dataclasses.dataclass(frozen=True)
class Sample:
    """One input of a network, a batch of one, in whichever form it takes little memory.

    Attributes:
        inputs: {input name: array}: images uint8; keypoints where the maps can be drawn from them (source_keypoints in place of
            source_pose), otherwise maps, views or coordinates as the Keras model takes them.
        truth: what is known of the answer, without a batch: target_image (H, W, 3) uint8; flow or flow_SOURCE (H, W, 2) in pixels
            of the image, visibility or visibility_SOURCE (H, W) bool; clean (frames, 34).
        first: False if it is the step after the one before, of an animation, whose state it takes.
    """

    inputs: dict
    truth: dict
    first: bool = True


def arrays_of(batch):
    """A batch of tensors as one of NumPy arrays."""
    return {name: np.asarray(value) for name, value in batch.items()}
