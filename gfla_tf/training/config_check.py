"""Which values of a configuration can work, so that nothing fails after minutes of rendering and training."""

import functools
import math

from gfla_tf.errors import GflaError
from gfla_tf.losses.adversarial import ADVERSARIAL_KINDS
from gfla_tf.losses.features import FEATURE_NETWORKS, PEOPLE_HEAT_MAP_SIGMA
from gfla_tf.models.presets import PRESETS

FLOW_TERMS = ("correctness", "regularization")
TERMS = ("l1", "adversarial", *FLOW_TERMS, "content", "style")


def check_config(config, origin):
    """Raises a `GflaError` that names `origin` (where the configuration comes from) and the first value that cannot work."""

    def require(key, works, remedy):
        value = functools.reduce(getattr, key.split("."), config)
        if not works(value):
            raise GflaError(f"{origin}: {key} is {value!r}: {remedy}.")

    choices = {
        "task": ("pose",),
        "adversarial_kind": ADVERSARIAL_KINDS,
        "data.dataset": ("synthetic_people",),
        "features.network": FEATURE_NETWORKS,
    }
    for key, values in choices.items():
        require(key, lambda value, values=values: value in values, f"choose {' or '.join(values)}")
    suited = [name for name, entry in PRESETS.items() if entry["task"] == config.task]
    require(
        "model.preset",  # that there is no such preset says whoever builds it
        lambda name: name in suited or name not in PRESETS,
        f"it belongs to another task than {config.task}, choose {' or '.join(suited)}",
    )
    require("name", _is_plain_name, "it names a directory: leave out slashes")
    require("seed", lambda n: 0 <= n < 2**31 - 1, "it must be from 0 to 2147483646")
    require("data.seed", lambda n: 0 <= n < 2**63, "it must be from 0 to 9223372036854775807")
    for key in ("batch_size", "steps_per_epoch", "checkpoint_every", "data.identities"):
        require(key, lambda n: n >= 1, "it must be at least 1")
    require("data.frames", lambda n: n >= 2, "a pair needs at least 2 frames of a person")
    require("data.heat_map_sigma", _is_positive, "it must be positive")
    if config.features.network == "people" and config.features.weights is None:
        require(
            "data.heat_map_sigma",
            lambda x: x == PEOPLE_HEAT_MAP_SIGMA,
            f"the people features of the package were trained with {PEOPLE_HEAT_MAP_SIGMA}, so give that or "
            "features.weights of your own",
        )
    require("data.limb_sigma", lambda x: x is None or _is_positive(x), "it must be null or positive")
    require("model.initial_gain", _is_positive, "it must be positive")
    pairs = config.data.identities * config.data.frames * (config.data.frames - 1)
    require("batch_size", lambda n: n <= pairs, f"data.identities and data.frames make only {pairs} pairs")

    for stage in ("flow", "full"):
        weights = [getattr(getattr(config, stage), term) for term in TERMS]
        for term in TERMS:
            require(f"{stage}.{term}", _is_not_negative, "a weight must be 0 or more")
        require(f"{stage}.person_weight", _is_not_negative, "a weight must be 0 or more")
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
        require(f"{stage}.beta_2", lambda x: 0 <= x < 1, "it must be at least 0 and below 1")
        require(f"{stage}.clip_norm", lambda x: x is None or _is_positive(x), "it must be null or positive")
        require(
            f"{stage}.window_sigma",
            lambda x: len(x) == 2 and all(map(_is_positive, x)),
            "it holds its first and its last value, two positive numbers",
        )
    for term in set(TERMS) - set(FLOW_TERMS):
        require(
            f"flow.{term}",
            lambda x: x == 0,
            f"stage flow draws no image: its terms are {' and '.join(FLOW_TERMS)}",
        )


def _is_plain_name(name):
    return name not in ("", ".", "..") and not set(name) & set("/\\\0")


def _is_positive(x):
    return math.isfinite(x) and x > 0


def _is_not_negative(x):
    return math.isfinite(x) and x >= 0
