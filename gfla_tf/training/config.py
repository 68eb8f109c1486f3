"""Training configuration: YAML files merged into typed objects, where an unknown key is an error.

Defaults are the published training's (CVPR 2020, section 4.1; TIP 2020, section V). A configuration file says what differs, and `key=value` on the
command line what differs from the file.
"""

from dataclasses import dataclass, field
from typing import Any

import yaml
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from gfla_tf.data.poses import HEAT_MAP_SIGMA
from gfla_tf.errors import GflaError


@dataclass
class DataConfig:
    """Where samples come from. `identities` times `frames` rendered frames are held in memory."""

    dataset: str = "synthetic_people"
    seed: int = 0
    identities: int = 400
    frames: int = 6
    heat_map_sigma: float = HEAT_MAP_SIGMA  # pixels


@dataclass
class ModelConfig:
    """A preset and what differs from it; keys are the constructors' arguments."""

    preset: str = "pose_deepfashion"
    generator: dict[str, Any] = field(default_factory=dict)
    discriminator: dict[str, Any] = field(default_factory=dict)


@dataclass
class FeaturesConfig:
    """The fixed network of the correctness, content and style losses.

    network vgg19: weights are imagenet (downloaded), a path, or random:SEED. network people: weights are a path, or null for the
    ones in this repository.
    """

    network: str = "vgg19"
    weights: str | None = "imagenet"


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
    window_sigma: list[float] = field(default_factory=lambda: [2.0, 2.0])  # of the correctness loss, first and last step
    l1: float = 0.0
    adversarial: float = 0.0
    correctness: float = 5.0
    regularization: float = 0.0025
    content: float = 0.0
    style: float = 0.0


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
    batch_size: int = 8
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
        GflaError: the file is missing or no YAML, or a key is unknown or a value of another type.
    """
    schema = OmegaConf.structured(TrainConfig)
    try:
        with open(path, encoding="utf-8") as file:
            loaded = OmegaConf.create(yaml.safe_load(file) or {})
    except (OSError, yaml.YAMLError, UnicodeDecodeError, OmegaConfBaseException) as error:
        reason = error.strerror if isinstance(error, OSError) else " ".join(str(error).split())
        raise GflaError(f"configuration {path} cannot be read as YAML: {reason}.") from error
    config = _merge(schema, loaded, path)
    for override in overrides:
        key, separator, _ = override.partition("=")
        if not separator or not key:
            raise GflaError(f"override {override!r} is not of the form key=value, such as full.steps=2000.")
        config = _merge(config, OmegaConf.from_dotlist([override]), f"override {override}")
    try:
        result = OmegaConf.to_object(config)
    except OmegaConfBaseException as error:
        raise GflaError(f"configuration {path}: {_first_line(error)}.") from error
    _check(result, path)
    return result


def _merge(config, other, origin):
    try:
        return OmegaConf.merge(config, other)
    except OmegaConfBaseException as error:
        key = getattr(error, "full_key", None)
        raise GflaError(f"{origin}: {_first_line(error)}" + (f" (key {key})." if key else ".")) from error


def _first_line(error):
    return str(error).strip().splitlines()[0].rstrip(".")


def _check(config, path):
    if config.task != "pose":
        raise GflaError(f"{path}: there is no task {config.task!r}: choose pose.")
    if config.data.dataset != "synthetic_people":
        raise GflaError(f"{path}: there is no dataset {config.data.dataset!r}: choose synthetic_people.")
    for key in ("batch_size", "steps_per_epoch", "checkpoint_every"):
        if getattr(config, key) < 1:
            raise GflaError(f"{path}: {key} is {getattr(config, key)}: it must be at least 1.")
    if config.data.identities < 1 or config.data.frames < 2:
        raise GflaError(f"{path}: data needs at least 1 identity and 2 frames of each.")
    if config.data.heat_map_sigma <= 0:
        raise GflaError(f"{path}: data.heat_map_sigma is {config.data.heat_map_sigma}: it must be positive.")
    for name in ("flow", "full"):
        if len(getattr(config, name).window_sigma) != 2:
            raise GflaError(f"{path}: {name}.window_sigma holds its first and its last value, two numbers.")


def save_config(config, path):
    """Writes the resolved configuration as YAML."""
    OmegaConf.save(OmegaConf.structured(config), path)


def to_yaml(config):
    """The resolved configuration as YAML text."""
    return OmegaConf.to_yaml(OmegaConf.structured(config))
