"""Rendered pairs and clips held in memory: what training on synthetic bodies draws its samples from."""

import numpy as np

from gfla_tf.data.clips import ClipBank
from gfla_tf.data.pairs import PairBank
from gfla_tf.synthetic.bodies import assets
from gfla_tf.synthetic.bodies.bodies import SyntheticBodies
from gfla_tf.synthetic.parallel import parallel_map
from gfla_tf.synthetic.people.rendered_clips import dance_joints, noisy_poses


def _stack(dicts):
    return {name: np.stack([one[name] for one in dicts]) for name in dicts[0]}


def frames_of(bodies, identity, frames, with_flow, bled=False):
    """One person's entries of a `PairBank`: of its frames, and of its ordered pairs.

    With `bled`, the photos of the frames have the person's colors carried outward, see `SyntheticBodies.bled`.
    """
    rendered = [bodies.frame(identity, index) for index in range(frames)]
    of_frames = {
        name: np.stack([getattr(f, name) for f in rendered]) for name in ("image", "keypoints", "person")
    }
    if bodies.noise[0] > 0:
        photos = [
            bodies.photo(frame, identity, index, bodies.noise[0]) for index, frame in enumerate(rendered)
        ]
        of_frames["photo"] = np.stack(photos)
    if bled:
        photos = of_frames.get("photo", of_frames["image"])
        of_people = enumerate(zip(photos, of_frames["person"], strict=True))
        of_frames["photo"] = np.stack(
            [bodies.bled(photo, person, identity, index) for index, (photo, person) in of_people]
        )
    if not with_flow:
        return of_frames, {}
    flows = [[bodies.flow(s, t) for t in rendered if t is not s] for s in rendered]
    return of_frames, {
        "flow": np.stack([[flow.astype(np.float16) for flow, _ in row] for row in flows]),
        "visibility": np.stack([[visibility for _, visibility in row] for row in flows]),
    }


def _render(arguments):
    return frames_of(*arguments)


def render_frames(image_size, split, seed, identities, frames, with_flow=False, noise=(1.0, 0.0)):
    """Renders `frames` frames of each of `identities` synthetic bodies on all cores.

    Returns:
        `PairBank` like that of the drawn people. With noise in the source its frames have another entry, `photo`, which
        `pair_dataset` gives as the source's image.
    """
    bodies = _dataset(image_size, split, seed, noise)
    jobs = [(bodies, identity, frames, with_flow) for identity in range(identities)]
    of_frames, of_pairs = zip(*parallel_map(_render, jobs, "rendering bodies"), strict=True)
    return PairBank(_stack(of_frames), _stack(of_pairs))


def _dataset(image_size, split, seed, noise=(1.0, 0.0)):
    assets.fetch()  # here, and not in each of the processes
    return SyntheticBodies(image_size, split, seed, noise)


def _pair(arguments):
    bodies, identity = arguments
    return bodies.pair(identity, 0, 1)


def render_pairs(image_size, split, seed, identities, noise=(1.0, 0.0)):
    """One pair with its true flow for each of `identities` people: a dict of stacked arrays, see `SyntheticBodies.pair`."""
    bodies = _dataset(image_size, split, seed, noise)
    return _stack(parallel_map(_pair, [(bodies, i) for i in range(identities)], "rendering pairs"))


def _clip(arguments):
    bodies, identity, length = arguments
    return bodies.clip(identity, 0, length)


def render_clips(image_size, split, seed, identities, length, noise=0.0, detected_reference=False):
    """Renders a clip of `length` frames of each of `identities` bodies; like the drawn people's `render_clips`."""
    bodies = _dataset(image_size, split, seed)
    clips = parallel_map(_clip, [(bodies, i, length) for i in range(identities)], "rendering clips")
    poses = noisy_poses([clip.keypoints for clip in clips], seed, split, noise * image_size[0])
    return ClipBank.of(clips, [dance_joints(pose, detected_reference) for pose in poses])
