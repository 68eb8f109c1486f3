"""Sequences of noisy and of clean joints held in memory: what training of motion extraction draws its windows from."""

import dataclasses

import numpy as np

from gfla_tf.keypoints.sequences import filled, to_coordinates


@dataclasses.dataclass(frozen=True)
class MotionBank:
    """Sequences, one after the other.

    Attributes:
        noisy: (frames, 34) float32, coordinates of the detected joints, `COCO_17`.
        clean: (frames, 34) float32, of the true ones, `H36M_17`.
        lengths: (sequences,) frames of each.
    """

    noisy: np.ndarray
    clean: np.ndarray
    lengths: np.ndarray

    @classmethod
    def of(cls, sequences):
        """The bank of an iterable of (noisy (T, 17, 3), clean (T, 17, 2), image width), both in pixels."""
        noisy, clean = [], []
        for detected, true, width in sequences:
            noisy.append(to_coordinates(filled(detected), width))
            clean.append(to_coordinates(true, width))
        return cls(np.concatenate(noisy), np.concatenate(clean), np.array([len(frames) for frames in noisy]))
