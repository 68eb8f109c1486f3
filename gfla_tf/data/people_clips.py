"""Rendered clips of synthetic people, for dances."""

import numpy as np

from gfla_tf.data.clip_bank import ClipBank
from gfla_tf.data.joint_orders import to_h36m
from gfla_tf.data.parallel import parallel_map
from gfla_tf.data.synthetic.people import SyntheticPeople


def render_clips(image_size, split, seed, identities, length):
    """Renders a clip of `length` frames of each of `identities` synthetic people on all cores.

    Returns:
        `ClipBank` whose frames have image, person and structure, the joints (17, 3) float32 in the order `H36M_17`, and whose
        targets have flow_reference, flow_previous (H, W, 2) float16 and visibility_reference, visibility_previous (H, W) bool,
        see `Clip`.
    """
    people = SyntheticPeople(image_size, split, seed)
    clips = parallel_map(_render, [(people, i, length) for i in range(identities)], "rendering clips")
    frames, targets = zip(*clips, strict=True)
    return ClipBank(
        *({name: np.stack([one[name] for one in dicts]) for name in dicts[0]} for dicts in (frames, targets))
    )


def _render(arguments):
    people, identity, length = arguments
    clip = people.clip(identity, 0, length)
    frames = {"image": clip.images, "structure": to_h36m(clip.keypoints), "person": clip.persons}
    # Half the memory, and exact to a 32nd of a pixel where flows are shorter than 64 pixels.
    targets = {
        f"flow_{source}": getattr(clip, f"flow_{source}").astype(np.float16)
        for source in ("reference", "previous")
    }
    targets |= {name: getattr(clip, name) for name in ("visibility_reference", "visibility_previous")}
    return frames, targets
