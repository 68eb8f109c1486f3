"""Which values of a configuration can work, so that nothing fails after minutes of rendering and training."""

import functools
import math

from gfla_tf.errors import GflaError
from gfla_tf.losses.adversarial import ADVERSARIAL_KINDS
from gfla_tf.losses.features import FEATURE_NETWORKS
from gfla_tf.losses.terms import FEATURE_TERMS, FLOW_TERMS, TERMS
from gfla_tf.models.presets import PRESETS
from gfla_tf.training.config import DRAWINGS, PRECISIONS, settings
from gfla_tf.training.distribution import DISTRIBUTIONS
from gfla_tf.training.optimizers import ADAMS
from gfla_tf.training.tasks import TASKS

LARGEST = 10**9


def check_config(config, origin):
    """Raises a `GflaError` that names `origin` (where the configuration comes from) and the first value that cannot work."""

    def require(key, works, remedy):
        value = functools.reduce(getattr, key.split("."), config)
        if not works(value):
            raise GflaError(f"{origin}: {key} is {value!r}: {remedy}.")

    require("task", lambda name: name in TASKS, f"choose {' or '.join(TASKS)}")
    task = TASKS[config.task](config)
    choices = {
        "adversarial_kind": ADVERSARIAL_KINDS,
        "distribution": DISTRIBUTIONS,
        "precision": PRECISIONS,
        "data.dataset": task.datasets,
        "features.network": (*FEATURE_NETWORKS, "none"),
    }
    for key, values in choices.items():
        require(key, lambda value, values=values: value in values, f"choose {' or '.join(values)}")
    require(
        "data.directory",
        lambda folder: folder is None or not config.data.dataset.startswith("synthetic_"),
        "pictures there are not read by synthetic data: add data.dataset=folder, or the public dataset's name",
    )
    if not config.data.dataset.startswith("synthetic_"):
        require("data.directory", bool, "name the folder with the dataset's files, see docs/datasets.md")
    suited = [name for name, entry in PRESETS.items() if entry["task"] == config.task]
    require(
        "model.preset",  # that there is no such preset says whoever builds it
        lambda name: name in suited or name not in PRESETS,
        f"it belongs to another task than {config.task}, choose {' or '.join(suited)}",
    )
    require("name", _is_plain_name, "it names a directory: leave out slashes")
    require("seed", lambda n: 0 <= n < 2**31 - 1, "it must be from 0 to 2147483646")
    require("data.seed", lambda n: 0 <= n < 2**63, "it must be from 0 to 9223372036854775807")
    require("ema", lambda x: x is None or 0 < x < 1, "it must be null or between 0 and 1, such as 0.999")
    for key in (
        "batch_size",
        "accumulation_steps",
        "steps_per_epoch",
        "checkpoint_every",
        "data.identities",
        "data.frames",
        "data.unroll",
    ):
        require(key, lambda n: n >= 1, "it must be at least 1")
    for key, value in settings(config).items():
        if type(value) is int and not key.endswith("seed") and not key.startswith("model."):
            require(key, lambda n: n <= LARGEST, f"it must be at most {LARGEST}")
    parts = config.accumulation_steps
    require("batch_size", lambda n: n % parts == 0, f"it must be a multiple of accumulation_steps, {parts}")
    require("data.pose_noise", lambda x: x >= 0, "it must be 0 or more")
    unroll = config.data.unroll
    require(
        "data.clip_frames",
        lambda n: n >= 1 and n % unroll == 0,
        f"it must be a multiple of data.unroll, {unroll}",
    )
    require("data.max_corrupt", lambda x: 0 <= x < 1, "it must be at least 0 and below 1")
    require("data.heat_map_sigma", _is_positive, "it must be positive")
    require("data.limb_sigma", lambda x: x is None or _is_positive(x), "it must be null or positive")
    require("data.pose_stride", lambda n: n >= 1, "it must be at least 1")
    require("data.drawing", lambda name: name in DRAWINGS, f"choose {' or '.join(DRAWINGS)}")
    require("model.initial_gain", _is_positive, "it must be positive")
    task.check_settings(require)

    for stage in ("flow", "full"):
        weights = [getattr(getattr(config, stage), term) for term in TERMS]
        for term in TERMS:
            require(f"{stage}.{term}", _is_not_negative, "a weight must be 0 or more")
            if term not in task.terms and getattr(config, stage).steps:
                require(
                    f"{stage}.{term}",
                    lambda x: x == 0,
                    f"the task {config.task} has no such term: give the weight 0",
                )
        require(f"{stage}.person_weight", _is_not_negative, "a weight must be 0 or more")
        require(
            f"{stage}.patience",
            lambda n: n is None or (n >= 1 and config.distribution != "multi_worker"),
            "it must be null or at least 1, and null where several workers train",
        )
        require(f"{stage}.steps", _is_not_negative, "it must be 0 or more")
        require(
            f"{stage}.steps",
            lambda n, w=weights: any(w) or not n,
            "without any weight there is nothing to learn",
        )
        require(f"{stage}.learning_rate", _is_positive, "it must be positive")
        require(f"{stage}.discriminator_learning_rate", _is_positive, "it must be positive")
        require(
            f"{stage}.final_learning_rate",
            lambda x: x is None or _is_not_negative(x),
            "it must be null, 0 or more",
        )
        require(f"{stage}.beta_1", lambda x: 0 <= x < 1, "it must be at least 0 and below 1")
        require(f"{stage}.adam", lambda name: name in ADAMS, f"choose {' or '.join(ADAMS)}")
        require(f"{stage}.epsilon", _is_positive, "it must be positive")
        require(f"{stage}.beta_2", lambda x: 0 <= x < 1, "it must be at least 0 and below 1")
        require(f"{stage}.clip_norm", lambda x: x is None or _is_positive(x), "it must be null or positive")
        require(
            f"{stage}.window_sigma",
            lambda x: len(x) == 2 and all(map(_is_positive, x)),
            "it holds its first and its last value, two positive numbers",
        )
        require(f"{stage}.perceptual_crop", lambda n: n >= 32, "it must be at least 32")
        if config.features.network != "vgg16":
            require(f"{stage}.lpips", lambda x: x == 0, "it wants features.network vgg16: give that, or 0")
        if config.features.network == "none" and getattr(config, stage).steps:
            for term in FEATURE_TERMS:
                require(
                    f"{stage}.{term}",
                    lambda x: x == 0,
                    "it compares features, and features.network is none: give the weight 0, or a network",
                )
    require(
        "full.steps",
        lambda n: n or config.flow.steps,
        "flow.steps is 0, too, so that nothing would be trained: give one of them steps",
    )
    level = config.flow.ready_correctness
    require(
        "flow.ready_correctness",
        lambda x: x is None or (_is_positive(x) and config.flow.correctness),
        "it must be null, or positive where flow.correctness has a weight",
    )
    require("flow.stop_when_ready", lambda stop: not stop or level, "flow.ready_correctness must say when")
    for key in ("ready_correctness", "stop_when_ready"):
        require(f"full.{key}", lambda x: not x, "it belongs to stage flow")
    for term in set(TERMS) - {*FLOW_TERMS, "masks"}:
        require(
            f"flow.{term}",
            lambda x: x == 0,
            f"stage flow draws no image: its terms are {', '.join((*FLOW_TERMS, 'masks'))}",
        )


def _is_plain_name(name):
    return name not in ("", ".", "..") and not set(name) & set("/\\\0")


def _is_positive(x):
    return math.isfinite(x) and x > 0


def _is_not_negative(x):
    return math.isfinite(x) and x >= 0
