"""Rendered frames held in memory: what training on synthetic people draws its pairs from.

Rendering a few thousand frames takes seconds; every ordered pair of frames of one identity is then a training sample, so that
the cores are free for the network while it trains.
"""

import dataclasses
import multiprocessing
import os

import numpy as np
from tqdm import tqdm

from gfla_tf.data.synthetic.people import SyntheticPeople


@dataclasses.dataclass(frozen=True)
class FrameBank:
    """Frames of several identities.

    Attributes:
        images: (identities, frames, H, W, 3) uint8.
        keypoints: (identities, frames, joints, 3) float32.
        persons: (identities, frames, H, W) bool, the pixels that show the person.
    """

    images: np.ndarray
    keypoints: np.ndarray
    persons: np.ndarray

    @property
    def pairs(self):
        """Number of ordered pairs of different frames of one identity."""
        identities, frames = self.images.shape[:2]
        return identities * frames * (frames - 1)


def _render(arguments):
    people, identity, frames = arguments
    rendered = [people.frame(identity, index) for index in range(frames)]
    return tuple(np.stack([getattr(f, name) for f in rendered]) for name in ("image", "keypoints", "person"))


def _evaluation_pair(arguments):
    people, identity = arguments
    return people.pair(identity, 0, 1)


def _cores():
    """Number of cores that this process may use, which in a container can be fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _parallel(function, jobs, what):
    # Spawned, not forked: a fork of a process in which TensorFlow has threads can hang.
    workers = min(_cores(), len(jobs))
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        results = pool.imap(function, jobs, chunksize=max(1, min(16, len(jobs) // workers)))
        return list(tqdm(results, total=len(jobs), desc=what, unit="identity", disable=None))


def render_frames(image_size, split, seed, identities, frames):
    """Renders `frames` frames of each of `identities` synthetic people on all cores, as a `FrameBank`."""
    people = SyntheticPeople(image_size, split, seed)
    jobs = [(people, identity, frames) for identity in range(identities)]
    rendered = _parallel(_render, jobs, "rendering people")
    return FrameBank(*(np.stack(part) for part in zip(*rendered, strict=True)))


def render_pairs(image_size, split, seed, identities):
    """One pair with its true flow for each of `identities` people: a dict of stacked arrays, see `SyntheticPeople.pair`."""
    people = SyntheticPeople(image_size, split, seed)
    pairs = _parallel(_evaluation_pair, [(people, i) for i in range(identities)], "rendering pairs")
    return {name: np.stack([pair[name] for pair in pairs]) for name in pairs[0]}
