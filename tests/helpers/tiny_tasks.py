"""The smallest training of every task: configurations, and batches of random numbers, which nobody has to render."""

import json

import keras
import numpy as np
import tensorflow as tf
import yaml

from gfla_tf.models.correspondence_features import CorrespondenceFeatures
from gfla_tf.training.config_file import load_config

BATCH, FRAMES, SIZE = 4, 3, (32, 32)
_NETWORK = {
    "image_size": list(SIZE), "attention_kernels": {1: 3}, "attention_units": 4, "base_channels": 4, "max_channels": 4,
    "depth": 1, "flow_base_channels": 4, "flow_max_channels": 4, "flow_depth": 2,
}  # fmt: skip
_DISCRIMINATOR = {"depth": 1, "base_channels": 4, "max_channels": 4}
_WITHOUT = dict.fromkeys(("adversarial", "correctness", "content", "style"), 0.0)
_CLIPS = {
    "data": {"clip_frames": 2 * FRAMES, "unroll": FRAMES},
    "model": {"generator": _NETWORK, "discriminator": _DISCRIMINATOR, "video_discriminator": _DISCRIMINATOR},
    "features": {"network": "none"},
    "full": {**_WITHOUT, "flow_error": 1.0, "person_weight": 1.0},
}
TASKS = {
    "pose": {
        "adversarial_kind": "wgan-gp",
        "data": {"heat_map_sigma": 9.0},
        "model": {"generator": _NETWORK, "discriminator": _DISCRIMINATOR},
        "features": {"network": "people"},
        "full": {"style": 1.0, "person_weight": 1.0},
    },
    "view": {
        "model": {"generator": _NETWORK},
        "features": {"network": "none"},
        "full": {**_WITHOUT, "flow_error": 1.0},
    },
    "dance": _CLIPS,
    "face": {**_CLIPS, "full": {**_CLIPS["full"], "adversarial": 2.0}},
    "motion": {
        "model": {"generator": {"channels": 8, "dilations": [1, 2], "dropout": 0.2}},
        "features": {"network": "none"},
        "full": {**_WITHOUT, "l1": 0.0, "regularization": 0.0, "joints": 100.0},
    },
}


def tiny_task(folder, task, *overrides):
    """The configuration of a task; its files are written into `folder`."""
    settings = {**TASKS[task], "name": task, "task": task, "batch_size": BATCH, "steps_per_epoch": 10}
    settings["model"] = {**settings["model"], "preset": f"{task}_quickstart"}
    if task != "motion":
        settings["model"]["initial_gain"] = 1.0
    settings["flow"] = {"steps": 0}
    settings["full"] = {"steps": 10, "learning_rate": 1e-4, "clip_norm": 1.0, **settings["full"]}
    if settings["features"]["network"] == "people":
        weights = folder / "features.weights.h5"
        if not weights.exists():
            keras.utils.set_random_seed(1)
            CorrespondenceFeatures(name="people_features").save_weights(weights)
        settings["features"] = {"network": "people", "weights": str(weights)}
    path = folder / f"{task}.yaml"
    # By way of JSON: what stands twice is written twice, for configurations may not refer to their own parts.
    path.write_text(yaml.safe_dump(json.loads(json.dumps(settings))))
    return load_config(path, overrides)


def random_batches(task, part=(0, 1), count=2):
    """An endless dataset of `count` batches as the task's own have them, or of part i of n of each."""
    draw = np.random.default_rng(0)

    def images(*shape):
        return draw.uniform(-1, 1, (*shape, *SIZE, 3))

    def maps(channels, *shape):
        return draw.uniform(0, 1, (*shape, *SIZE, channels))

    def masks(*shape):  # of which each sample has more than the one before: sums over parts of a batch differ
        share = np.arange(1, BATCH + 1).reshape(-1, *[1] * (len(shape) + 2)) / (BATCH + 1)
        return draw.uniform(0, 1, (*shape, *SIZE, 1)) < share

    def flows(*shape):
        return draw.normal(0, 2, (*shape, *SIZE, 2))

    def batch(number):
        if task == "motion":
            return {
                "keypoints": draw.normal(0, 0.3, (BATCH, 32, 34)),
                "clean": draw.normal(0, 0.3, (BATCH, 24, 34)),
            }
        if task in ("pose", "view"):
            result = {f"{role}_image": images(BATCH) for role in ("source", "target")}
            for role in ("source", "target"):
                views = np.eye(21)[draw.integers(0, 21, BATCH)]
                result[f"{role}_{task}"] = maps(18, BATCH) if task == "pose" else views
            return {**result, "target_person": masks(BATCH), "flow": flows(BATCH), "visibility": masks(BATCH)}
        channels = {"dance": 20, "face": 16}[task]
        result = {"target_images": images(BATCH, FRAMES), "target_structures": maps(channels, BATCH, FRAMES)}
        for role in ("reference", "previous"):
            result |= {f"{role}_image": images(BATCH), f"{role}_structure": maps(channels, BATCH)}
            result |= {f"flow_{role}": flows(BATCH, FRAMES), f"visibility_{role}": masks(BATCH, FRAMES)}
        return {**result, "target_persons": masks(BATCH, FRAMES), "first": np.full(BATCH, number == 0)}

    batches = [batch(number) for number in range(count)]
    stacked = {
        name: np.stack([one[name] for one in batches]).astype(bool if name == "first" else np.float32)
        for name in batches[0]
    }
    rows = slice(part[0] * BATCH // part[1], (part[0] + 1) * BATCH // part[1])
    stacked = {name: x[:, rows] for name, x in stacked.items()}
    return tf.data.Dataset.from_tensor_slices(stacked).repeat()
