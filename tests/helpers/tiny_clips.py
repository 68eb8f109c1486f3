"""The smallest training of dances and of faces: its configuration, and clips rendered without starting processes."""

import functools

import yaml

from gfla_tf.data.clips import ClipBank
from gfla_tf.keypoints.face_structure import face_maps
from gfla_tf.synthetic.faces import SyntheticFaces, talking_clips
from gfla_tf.synthetic.people.people import SyntheticPeople
from gfla_tf.synthetic.people.rendered_clips import dance_joints
from gfla_tf.training.config_file import load_config

CLIPS = 3
_NETWORK = {
    "image_size": [32, 32], "attention_kernels": {1: 3}, "attention_units": 8, "base_channels": 4, "max_channels": 8,
    "depth": 2, "flow_base_channels": 4, "flow_max_channels": 8, "flow_depth": 3,
}  # fmt: skip
_STAGE = {"steps": 2, "learning_rate": 1e-3, "correctness": 0.0, "flow_error": 1.0}


def clip_config(folder, task, *overrides, **data):
    """The configuration of "dance" or "face", whose file is written into `folder`; `data` are settings of its data."""
    settings = {
        "name": f"tiny_{task}",
        "task": task,
        "batch_size": 2,
        "steps_per_epoch": 2,
        "checkpoint_every": 2,
        "data": {"identities": CLIPS, "drawing": "simple", **data},
        "model": {"preset": f"{task}_quickstart", "generator": _NETWORK, "initial_gain": 1.0},
        "features": {"network": "none"},
        "flow": _STAGE,
        "full": {**_STAGE, "adversarial": 0.0, "content": 0.0, "style": 0.0},
    }
    path = folder / f"tiny_{task}.yaml"
    path.write_text(yaml.safe_dump(settings))
    return load_config(path, overrides)


@functools.cache
def render_dances(image_size, split, seed, identities, length, noise=0.0, detected_reference=False):
    """What `gfla_tf.synthetic.people.rendered_clips.render_clips` gives."""
    people = SyntheticPeople(image_size, split, seed)
    clips = [people.clip(identity, 0, length) for identity in range(identities)]
    return ClipBank.of(clips, [dance_joints(clip.keypoints, detected_reference) for clip in clips])


@functools.cache
def render_faces(image_size, split, seed, identities, length, draw=face_maps):
    """What `gfla_tf.synthetic.faces.talking_clips.render_clips` gives."""
    faces = SyntheticFaces(image_size, split, seed)
    rendered = [talking_clips._render((faces, identity, length, draw)) for identity in range(identities)]
    return ClipBank.of(*zip(*rendered, strict=True))
