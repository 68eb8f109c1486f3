"""A training small enough for tests: its configuration, frames and features."""

import functools
from unittest import mock

import yaml

from gfla_tf.models.correspondence_features import CorrespondenceFeatures
from gfla_tf.synthetic.people import rendered_pairs as frame_bank
from gfla_tf.training.config_file import load_config
from gfla_tf.training.tasks.pose import PoseTask

SETTINGS = {
    "name": "tiny",
    "batch_size": 2,
    "steps_per_epoch": 3,
    "checkpoint_every": 2,
    "data": {"identities": 2, "frames": 3, "heat_map_sigma": 2.0},
    "model": {
        "preset": "pose_quickstart",
        "generator": {
            "image_size": [32, 32],
            "attention_kernels": {2: 3, 1: 3},
            "attention_units": 8,
            "base_channels": 4,
            "max_channels": 8,
            "depth": 2,
            "flow_base_channels": 4,
            "flow_max_channels": 8,
            "flow_depth": 3,
        },
        "discriminator": {"depth": 2, "base_channels": 4, "max_channels": 8},
    },
    "features": {"network": "people"},
    "flow": {"steps": 4, "learning_rate": 1e-3},
    "full": {"steps": 7, "learning_rate": 1e-3, "final_learning_rate": 1e-4, "clip_norm": 5.0, "style": 1.0},
}


def write_config(folder):
    """Writes tiny.yaml, with features of random weights beside it, and returns its path."""
    features, path = folder / "features.weights.h5", folder / "tiny.yaml"
    if not features.exists():
        CorrespondenceFeatures(name="people_features").save_weights(features)
    settings = {**SETTINGS, "features": {"network": "people", "weights": str(features)}}
    path.write_text(yaml.safe_dump(settings))
    return path


def tiny_config(folder, *overrides):
    """The tiny configuration with `key=value` overrides."""
    return load_config(write_config(folder), overrides)


@functools.cache
def render_here(*arguments):
    """What `render_frames` gives, without starting processes."""
    with mock.patch.object(frame_bank, "parallel_map", lambda function, jobs, what: [*map(function, jobs)]):
        return frame_bank.render_frames(*arguments)


def tiny_batch(folder):
    """The first batch of the tiny training."""
    task = PoseTask(tiny_config(folder))
    return next(iter(task.dataset(render_here((32, 32), "train", 0, 2, 3), seed=0, start=0)))
