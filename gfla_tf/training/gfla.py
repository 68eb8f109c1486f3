"""The training model for one's own data: `compile`, `fit`, `evaluate` and `predict`, without a configuration or a run."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import keras
import tensorflow as tf

from gfla_tf.errors import GflaError, raised_in_graphs
from gfla_tf.losses.features import FeatureExtractor, create_feature_extractor
from gfla_tf.losses.terms import TERMS
from gfla_tf.training.config import StageConfig, TrainConfig
from gfla_tf.training.keras_repair import DistributedFit
from gfla_tf.training.load import freeze
from gfla_tf.training.optimizers import create_adam
from gfla_tf.training.tasks import TASKS
from gfla_tf.training.trainer import Trainer

FEATURE_TERMS = ("correctness", "content", "style")
# Where a clip is given without what came before it, it begins.
_BEFORE = {"previous_image": "reference_image", "previous_structure": "reference_structure"}


@keras.saving.register_keras_serializable("gfla_tf")
class GFLA(DistributedFit):
    """Trains a generator of any task against its discriminators, with the published losses and optimizers by default.

    >>> model = gfla_tf.GFLA(generator, gfla_tf.ResidualDiscriminator.from_preset("pose_deepfashion"))
    >>> model.compile(stage="flow")  # stage 1: flows alone (CVPR 2020, section 3.3)
    >>> model.fit(dataset, epochs=10)
    >>> model.compile()  # stage 2: everything
    >>> model.fit(dataset, epochs=20, validation_data=held_out)
    >>> generator.save("mine.keras")

    Batches are dicts of the generator's inputs and target_image (batch, H, W, 3), images as float in [-1, 1] or uint8; where they
    are known also target_person (batch, H, W, 1), 1 on the person, and the true flow (batch, H, W, 2) with its visibility
    (batch, H, W, 1). Of motion extraction keypoints and clean.
    Of animations: reference_image, reference_structure, target_images and target_structures (batch, T, ...) of T consecutive
    frames; previous_image, previous_structure and first (batch,) where a clip continues from the batch before.

    Args:
        generator: `PoseGenerator`, `DanceGenerator`, `FaceGenerator`, `ViewGenerator` or `MotionExtraction`.
        discriminator: judges images; None for no adversarial loss.
        video_discriminator: judges clips, of animations.
        frozen: names of parts of the generator that do not learn, such as source_encoder.
        seed: of all that is random in a step.

    Raises:
        GflaError: the generator is not one of gfla_tf, or has no such parts.
    """

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model | None = None,
        video_discriminator: keras.Model | None = None,
        frozen: tuple[str, ...] = (),
        seed: int = 0,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        if getattr(generator, "task", None) not in TASKS:
            raise GflaError(
                f"{type(generator).__name__} is no generator of gfla_tf: give a PoseGenerator, DanceGenerator, FaceGenerator, "
                "ViewGenerator or MotionExtraction."
            )
        self.generator, self.discriminator, self.video_discriminator = (
            generator,
            discriminator,
            video_discriminator,
        )
        self.frozen, self.seed = tuple(frozen), seed
        freeze(generator, self.frozen)
        _hide(self, "_trainer", None)
        _hide(self, "_evaluated", {})
        self._objective = self._judge(StageConfig(steps=1, correctness=0.0, l1=1.0, joints=1.0), None, 1)
        self.built = True  # all networks are

    def compile(
        self,
        optimizer: keras.optimizers.Optimizer | str | None = None,
        discriminator_optimizer: keras.optimizers.Optimizer | str | None = None,
        *,
        stage: str = "full",
        losses: Mapping[str, float] | None = None,
        adversarial: str = "lsgan",
        features: str | FeatureExtractor | None = "vgg19",
        feature_weights: str | None = "torchvision",
        person_weight: float = 0.0,
        window_sigma: float = 2.0,
        clip_norm: float | None = None,
        ema: float | None = None,
        accumulation_steps: int = 1,
        batch_size: int = 8,
        **kwargs: Any,
    ) -> None:
        """Chooses losses and optimizers; the defaults are the published ones.

        Args:
            optimizer: of the generator; the published Adam with a rate of 1e-4 and a beta_1 of 0 if None. Of its own clipping,
                global_clipnorm only is heeded.
            discriminator_optimizer: of every discriminator, each of which gets its own; the same with 1e-5 if None.
            stage: "full", or "flow", in which the flow estimator learns alone.
            losses: {term: weight}, in place of single published weights: l1, adversarial, correctness, regularization,
                flow_error, content, style; of motion extraction joints.
            adversarial: lsgan, hinge, wgan-gp, ...; see `gfla_tf.losses.adversarial`.
            features: network of correctness, content and style: "vgg19", "people", a `FeatureExtractor`, or None to do without.
            feature_weights: see `create_feature_extractor`; "torchvision", as published, and "imagenet" are downloaded.
            person_weight: extra weight of the person's pixels in l1, where batches hold target_person.
            window_sigma: of the correctness loss's window, in pixels of the features.
            clip_norm: of the gradients, for the default optimizers.
            ema: decay of a moving average of the generator's weights, which it has when `fit` ends.
            accumulation_steps: equal parts of a batch that are computed one after the other, which takes less memory.
            batch_size: clips in a batch, which animations have to know.
            kwargs: further arguments of `keras.Model.compile`, such as run_eagerly and steps_per_execution.

        Raises:
            GflaError: there is no such stage, loss or feature network, or nothing is left to learn.
        """
        super().compile(**kwargs)
        settings = self._stage(stage, losses, features)
        settings = dataclasses.replace(settings, person_weight=person_weight, clip_norm=clip_norm)
        wanted = any(getattr(settings, term) for term in FEATURE_TERMS)
        if isinstance(features, str) and wanted:
            weights = None if features == "people" and feature_weights == "torchvision" else feature_weights
            features = create_feature_extractor(features, weights)
        task, objective = (
            self._task(batch_size),
            self._judge(settings, features if wanted else None, batch_size, window_sigma),
        )
        flow_network = task.flow_network(self.generator) if stage == "flow" else None
        judges = {"discriminator": self.discriminator, "video_discriminator": self.video_discriminator}
        judges = {role: judge for role, judge in judges.items() if judge is not None and settings.adversarial}
        trainer = Trainer(
            self.generator, objective, judges, adversarial, flow_network, accumulation_steps, self.seed
        )
        optimizers = {
            role: _optimizer(discriminator_optimizer, settings, settings.discriminator_learning_rate)
            for role in judges
        }
        trainer.compile(_optimizer(optimizer, settings, settings.learning_rate), optimizers, ema)
        self._objective, self.optimizer = objective, trainer.generator_optimizer
        _hide(self, "_trainer", trainer)
        names = ["generator_loss", *(term for term, weight in objective.weights.items() if weight)]
        # Of names of their own: Keras shows metrics of the same name as one.
        means = {name: keras.metrics.Mean(f"evaluated_{name}") for name in names if name != "adversarial"}
        _hide(self, "_evaluated", means)

    @raised_in_graphs()
    def fit(self, *args: Any, **kwargs: Any) -> keras.callbacks.History:
        """As `keras.Model.fit`, on a `tf.data.Dataset` of dicts or a dict of arrays."""
        self._require_compiled("fit")
        history = super().fit(*args, **kwargs)
        self._trainer.finish()
        return history

    @raised_in_graphs()
    def evaluate(self, *args: Any, **kwargs: Any) -> Any:
        """As `keras.Model.evaluate`: the means of the loss terms, without the adversarial one."""
        self._require_compiled("evaluate")
        return super().evaluate(*args, **kwargs)

    @raised_in_graphs()
    def predict(self, *args: Any, **kwargs: Any) -> dict:
        """As `keras.Model.predict`: {name: array} of what the generator gives for batches, whose targets are not looked at."""
        return super().predict(*args, **kwargs)

    def call(self, batch, training=False):
        return self._objective.outputs(self.generator, self._prepared(batch), training)

    def train_step(self, batch):
        return self._trainer.train_step(self._prepared(batch, ("target_image", "target_images", "clean")))

    def test_step(self, batch):
        batch = self._prepared(batch, ("target_image", "target_images", "clean"))
        batch = {**batch, "totals": self._objective.totals(batch), "parts": 1.0}
        network = self._trainer.network
        outputs = self._objective.outputs(network, batch, training=False)
        terms = self._objective.terms(batch, outputs, self.optimizer.iterations)
        terms["generator_loss"] = sum(self._objective.weights[name] * term for name, term in terms.items())
        for name, value in terms.items():
            self._evaluated[name].update_state(value)
        return {name: mean.result() for name, mean in self._evaluated.items()}

    def predict_step(self, batch):
        outputs = self._objective.outputs(self.generator, self._prepared(batch), training=False)
        return {name: value for name, value in outputs.items() if name in self.generator.output}

    @property
    def metrics(self):
        if self._trainer is None:
            return []
        return [*self._trainer.metrics, *self._evaluated.values()]

    def get_config(self):
        networks = ("generator", "discriminator", "video_discriminator")
        saved = {
            name: keras.saving.serialize_keras_object(getattr(self, name))
            for name in networks
            if getattr(self, name) is not None
        }
        return {"name": self.name, **saved, "frozen": list(self.frozen), "seed": self.seed}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        config = {
            name: keras.saving.deserialize_keras_object(value) if isinstance(value, dict) else value
            for name, value in config.items()
        }
        return cls(**config)

    def get_compile_config(self):
        return None  # losses hold networks of their own: compile again after loading

    def _task(self, batch_size):
        return TASKS[self.generator.task](TrainConfig(task=self.generator.task, batch_size=batch_size))

    def _judge(self, settings, features, batch_size, window_sigma=2.0):
        return self._task(batch_size).objective(self.generator, features, settings, lambda step: window_sigma)

    def _stage(self, stage, losses, features):
        """The `StageConfig` of a stage: the published weights, but for those that are given."""
        if stage not in ("flow", "full"):
            raise GflaError(f"There is no stage {stage!r}: choose flow or full.")
        settings, given, terms = getattr(TrainConfig(), stage), dict(losses or {}), self._task(1).terms
        if unknown := [term for term in given if term not in terms]:
            raise GflaError(f"There is no loss {unknown[0]!r} here: choose among {', '.join(terms)}.")
        weights = {term: getattr(settings, term) if term in terms else 0.0 for term in TERMS}
        if self.generator.task == "motion":
            weights["joints"] = 1.0
        if features is None:
            weights |= dict.fromkeys(FEATURE_TERMS, 0.0)
            if wanted := [term for term in FEATURE_TERMS if given.get(term)]:
                raise GflaError(f"The loss {wanted[0]} compares features: name a network as features.")
        if self.discriminator is None and self.video_discriminator is None and not given.get("adversarial"):
            weights["adversarial"] = 0.0
        return dataclasses.replace(settings, **{**weights, **given})

    def _prepared(self, batch, targets=()):
        """A batch in float32, images in [-1, 1], and the beginning of a clip where it does not say what came before."""
        if not isinstance(batch, Mapping):
            raise GflaError(
                f"Batches must be dicts of named arrays, not {type(batch).__name__}: name what is in them."
            )
        batch = {
            name: tf.cast(x, tf.float32) / 127.5 - 1 if _is_bytes(x) and "image" in name else _as_float(x)
            for name, x in batch.items()
        }
        wanted = {name.replace("target_structure", "target_structures") for name in self.generator.input}
        if "target_structures" in wanted:
            batch = {**{name: batch[other] for name, other in _BEFORE.items() if other in batch}, **batch}
            first = (
                tf.ones(tf.shape(batch["reference_image"])[:1], tf.bool)
                if "reference_image" in batch
                else None
            )
            batch.setdefault("first", first)
        if missing := sorted(wanted - batch.keys()):
            raise GflaError(f"Batches lack {', '.join(missing)}: they have {', '.join(sorted(batch))}.")
        if targets and not set(targets) & batch.keys():
            raise GflaError(f"Batches hold no target: add {' or '.join(targets)}.")
        return batch

    def _require_compiled(self, what):
        if self._trainer is None:
            raise GflaError(f"{what} needs losses: call compile() first.")


def _hide(model, name, value):
    """Sets an attribute that Keras does not track: what is in it stands elsewhere in the model."""
    object.__setattr__(model, name, value)


def _optimizer(given, settings, rate):
    if given is None:
        return create_adam(settings, rate)
    if isinstance(
        given, keras.optimizers.Optimizer
    ):  # a copy: each network and each stage has its own moments
        return type(given).from_config(given.get_config())
    return keras.optimizers.get(given)


def _is_bytes(x):
    return x.dtype in (tf.uint8, "uint8")


def _as_float(x):
    return tf.cast(x, tf.float32) if x.dtype != tf.bool else x
