"""Rendered frames held in memory: what training on synthetic people draws its pairs from.

Rendering a few thousand frames takes seconds; every ordered pair of frames of one identity is then a training sample, so that
the cores are free for the network while it trains.
"""

import numpy as np

from gfla_tf.data.pairs import PairBank
from gfla_tf.synthetic.parallel import parallel_map
from gfla_tf.synthetic.people.people import SyntheticPeople


def _render(arguments):
    people, identity, frames, with_flow = arguments
    rendered = [people.frame(identity, index) for index in range(frames)]
    of_frames = {
        name: np.stack([getattr(f, name) for f in rendered]) for name in ("image", "keypoints", "person")
    }
    if not with_flow:
        return of_frames, {}
    flows = [[people.flow(s, t) for t in rendered if t is not s] for s in rendered]
    return of_frames, {
        # Multiples of 1/64 pixel: half precision holds them exactly up to 32 pixels.
        "flow": np.stack([[flow.astype(np.float16) for flow, _ in row] for row in flows]),
        "visibility": np.stack([[visibility for _, visibility in row] for row in flows]),
    }


def _evaluation_pair(arguments):
    people, identity = arguments
    return people.pair(identity, 0, 1)


def _stack(dicts):
    return {name: np.stack([one[name] for one in dicts]) for name in dicts[0]}


def render_frames(image_size, split, seed, identities, frames, with_flow=False):
    """Renders `frames` frames of each of `identities` synthetic people on all cores.

    Returns:
        `PairBank` whose frames have image (H, W, 3) uint8, keypoints (joints, 3) float32 and person (H, W) bool, the pixels
        that show the person; with_flow its pairs have the true flow (H, W, 2) float16 and its visibility (H, W) bool.
    """
    people = SyntheticPeople(image_size, split, seed)
    jobs = [(people, identity, frames, with_flow) for identity in range(identities)]
    of_frames, of_pairs = zip(*parallel_map(_render, jobs, "rendering people"), strict=True)
    return PairBank(_stack(of_frames), _stack(of_pairs))


def render_pairs(image_size, split, seed, identities):
    """One pair with its true flow for each of `identities` people: a dict of stacked arrays, see `SyntheticPeople.pair`."""
    people = SyntheticPeople(image_size, split, seed)
    return _stack(parallel_map(_evaluation_pair, [(people, i) for i in range(identities)], "rendering pairs"))
