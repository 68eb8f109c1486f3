"""Training configuration: YAML files merged into typed objects, where an unknown key is an error.

Defaults are the published training's (CVPR 2020, section 4.1; TIP 2020, section V). A configuration file says what differs,
and `key=value` on the command line what differs from the file.
"""

from dataclasses import dataclass, field
from typing import Any

import yaml
from omegaconf import OmegaConf
from omegaconf.errors import ConfigKeyError, OmegaConfBaseException

from gfla_tf.data.poses import HEAT_MAP_SIGMA
from gfla_tf.errors import GflaError
from gfla_tf.files import write_whole


@dataclass
class DataConfig:
    """Where samples come from. Of synthetic data, `identities` times `frames` rendered frames are held in memory."""

    dataset: str | None = None  # null: the first one of the task
    directory: str | None = None  # of a public dataset's files, see docs/datasets.md
    max_corrupt: float = 0.01  # share of its records that may be corrupt; they are left out
    seed: int = 0
    identities: int = 400
    frames: int = 6
    heat_map_sigma: float = HEAT_MAP_SIGMA  # pixels
    limb_sigma: float | None = None  # pixels; adds a map per limb to the joints' heat maps
    clip_frames: int = 30  # dance, face: length of a clip
    unroll: int = 6  # dance, face: frames of it in an update
    # Synthetic dances: 0 for true joints; otherwise a pose detector's, with this share of its jitter and drift.
    pose_noise: float = 0.0


@dataclass
class ModelConfig:
    """A preset and what differs from it; keys are the constructors' arguments."""

    preset: str = "pose_deepfashion"
    initial_gain: float = 0.02  # of the generator's kernels; short trainings want 1
    generator: dict[str, Any] = field(default_factory=dict)
    discriminator: dict[str, Any] = field(default_factory=dict)
    video_discriminator: dict[str, Any] = field(default_factory=dict)


@dataclass
class FeaturesConfig:
    """The fixed network of the correctness, content and style losses.

    network vgg19: weights are imagenet (downloaded), a path, or random:SEED. network people: weights are a path, or null for the
    ones in this repository. network none: there is none, and those losses have the weight 0.
    """

    network: str = "vgg19"
    weights: str | None = "imagenet"


FLOW_TERMS = ("correctness", "regularization", "flow_error")
IMAGE_TERMS = ("l1", "adversarial", *FLOW_TERMS, "content", "style")
TERMS = (*IMAGE_TERMS, "joints")
PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")
# What may differ when a run goes on: it changes how a step is computed or where its data are, not what.
HOW = ("distribution", "accumulation_steps", "data.directory")


@dataclass
class StageConfig:
    """One stage of training. Weights are those of the published table; 0 leaves a term out."""

    steps: int = 0
    learning_rate: float = 1e-4
    final_learning_rate: float | None = None  # reached along a cosine; null keeps the rate constant
    discriminator_learning_rate: float = 1e-5
    beta_1: float = 0.0
    beta_2: float = 0.999
    clip_norm: float | None = None
    # Of the correctness loss's window at the first and the last step, in pixels of the features.
    window_sigma: list[float] = field(default_factory=lambda: [2.0, 2.0])
    l1: float = 0.0
    adversarial: float = 0.0
    correctness: float = 5.0
    regularization: float = 0.0025
    flow_error: float = 0.0  # for data with a true flow
    content: float = 0.0
    style: float = 0.0
    joints: float = 0.0  # motion: mean squared error of the joints
    # Extra weight in l1 of the pixels that show the person (Ma et al., 2017), where the data tells them.
    person_weight: float = 0.0
    # Flow: an epoch's mean correctness, times its weight, at which the stage is said to be ready; and whether it ends there.
    ready_correctness: float | None = None
    stop_when_ready: bool = False


def _flow_stage():
    return StageConfig(steps=200_000, correctness=20.0, regularization=0.01)


def _full_stage():
    return StageConfig(steps=400_000, l1=5.0, adversarial=2.0, content=0.5, style=500.0)


@dataclass
class TrainConfig:
    """A whole training: stage 1 (`flow`) trains the flow estimator alone, stage 2 (`full`) everything."""

    name: str = "unnamed"
    task: str = "pose"
    seed: int = 0
    batch_size: int = 8  # on all devices together
    distribution: str = "auto"  # or one, mirrored, multi_worker, tpu; see docs/training.md
    precision: str = "float32"  # or mixed_bfloat16, mixed_float16
    accumulation_steps: int = 1  # parts of a batch computed one after the other, which takes less memory
    ema: float | None = None  # decay of a moving average of the generator's weights, which then is the result
    jit_compile: bool = False
    steps_per_epoch: int = 1000
    checkpoint_every: int = 1000
    adversarial_kind: str = "lsgan"
    data: DataConfig = field(default_factory=DataConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    features: FeaturesConfig = field(default_factory=FeaturesConfig)
    flow: StageConfig = field(default_factory=_flow_stage)
    full: StageConfig = field(default_factory=_full_stage)


def load_config(path, overrides=()):
    """Reads a YAML file and `key=value` overrides into a `TrainConfig`.

    Raises:
        GflaError: the file is missing or no YAML, a key is unknown, or a value is of another type or out of range.
    """
    config = _merge(OmegaConf.structured(TrainConfig), _read(path), path)
    for override in overrides:
        key, separator, _ = override.partition("=")
        if not separator or not key:
            raise GflaError(f"override {override!r} is not of the form key=value, such as full.steps=2000.")
        origin = f"override {override!r}"
        try:
            changed = OmegaConf.from_dotlist([override])
        except (yaml.YAMLError, OmegaConfBaseException) as error:
            raise GflaError(f"{origin}: its value is not YAML ({_reason(error)}): quote it.") from error
        config = _merge(config, changed, origin)
    try:
        result = OmegaConf.to_object(config)
    except OmegaConfBaseException as error:
        raise GflaError(f"{path}: {_reason(error)}.") from error
    # Only now: what the choices are is known to modules that take seconds to import, and a mistyped key need not wait.
    from gfla_tf.training.config_check import check_config
    from gfla_tf.training.tasks import TASKS

    if result.data.dataset is None and result.task in TASKS:
        result.data.dataset = TASKS[result.task].datasets[0]
    check_config(result, " ".join([str(path), *overrides]))
    return result


def _read(path):
    try:
        # Unlike plain YAML 1.1 this refuses a key given twice and reads 1e-3 as a number.
        loaded = OmegaConf.load(path)
    except (OSError, yaml.YAMLError, UnicodeDecodeError, OmegaConfBaseException) as error:
        reason = getattr(error, "strerror", None) or _reason(error)
        raise GflaError(f"configuration {path} cannot be read as YAML: {reason}.") from error
    if not OmegaConf.is_dict(loaded):
        raise GflaError(
            f"configuration {path} holds a list: it must hold key: value lines, as those in configs/."
        )
    return loaded


def _merge(config, other, origin):
    for key, value in OmegaConf.to_container(other).items():
        if key in config and OmegaConf.is_dict(config[key]) and not isinstance(value, dict):
            raise GflaError(f"{origin}: {key} is {value!r}: it holds settings of its own, so give those.")
    try:
        return OmegaConf.merge(config, other)
    except OmegaConfBaseException as error:
        key = getattr(error, "full_key", None)
        if isinstance(error, ConfigKeyError):
            parent = getattr(error, "parent_node", None)
            known = f": choose among {', '.join(map(str, parent))}" if parent is not None else ""
            raise GflaError(f"{origin}: there is no key {key}{known}.") from error
        raise GflaError(f"{origin}: {_reason(error)}" + (f" (key {key})." if key else ".")) from error


def _reason(error):
    """What a library says about its error, as one line without a final full stop."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
        lines = [f"{error.problem}, line {error.problem_mark.line + 1}"]
    return lines[0].rstrip(". ")


def save_config(config, path):
    """Writes the resolved configuration as YAML, whole or not at all."""
    write_whole(path, to_yaml(config).encode())


def to_yaml(config):
    """The resolved configuration as YAML text."""
    return OmegaConf.to_yaml(OmegaConf.structured(config))


def settings(config):
    """{dotted key: value} of everything in a configuration."""
    return _flat(OmegaConf.to_container(OmegaConf.structured(config)))


def differing_keys(one, other):
    """Dotted keys whose values differ between two configurations."""
    one, other = settings(one), settings(other)
    return sorted(key for key in one.keys() | other.keys() if one.get(key) != other.get(key))


def _flat(nested, prefix=""):
    flat = {}
    for key, value in nested.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return flat
