"""A training run: its directory, its models and its two stages.

runs/NAME/config.yaml           the resolved configuration
runs/NAME/metrics.csv           a row per epoch; curves.png draws it
runs/NAME/images/               sample grids
runs/NAME/tensorboard/          the same for TensorBoard
runs/NAME/checkpoints/STAGE/    the latest checkpoints
runs/NAME/flow_estimator.weights.h5, generator.weights.h5    the result of each stage
"""

import contextlib
from pathlib import Path

import keras
import tensorflow as tf

from gfla_tf.data.frame_bank import render_frames
from gfla_tf.data.pipeline import pair_dataset
from gfla_tf.data.poses import pose_channels
from gfla_tf.errors import GflaError
from gfla_tf.losses.features import create_feature_extractor
from gfla_tf.models.presets import create_discriminator, create_generator
from gfla_tf.training.callbacks import (
    ImageGrid,
    MetricsCsv,
    ProgressBar,
    StopOnNonFinite,
    TensorBoardScalars,
)
from gfla_tf.training.checkpoints import (
    CheckpointCallback,
    Checkpoints,
    load_weights,
    save_weights_atomically,
    training_step,
)
from gfla_tf.training.config import differing_keys, load_config, save_config
from gfla_tf.training.config_check import TERMS
from gfla_tf.training.initialization import scale_initial_kernels
from gfla_tf.training.objectives import PoseObjective
from gfla_tf.training.trainer import Trainer
from gfla_tf.visualization import loss_curves

SAMPLE_SEED = 17  # of the held-out pairs in the sample grids


def build_models(config):
    """The generator and, where the full stage has an adversarial loss, the discriminator of a configuration.

    Raises:
        GflaError: unknown preset or setting, or a value with which the network cannot be built.
    """
    preset, discriminator = config.model.preset, None
    with _buildable("generator"):
        channels = pose_channels(config.data.limb_sigma)
        generator = create_generator(preset, **{"pose_channels": channels, **config.model.generator})
        scale_initial_kernels(generator, config.model.initial_gain)
    if config.full.adversarial:
        with _buildable("discriminator"):
            discriminator = create_discriminator(preset, generator.image_size, **config.model.discriminator)
    return generator, discriminator


@contextlib.contextmanager
def _buildable(network):
    """Settings of networks have no types in the configuration, so wrong ones show when layers are made of them."""
    try:
        yield
    except (TypeError, ValueError, AttributeError, ArithmeticError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(". ")
        raise GflaError(
            f"no {network} can be built from the settings in model.{network} ({reason}): correct them."
        ) from error


def load_generator(directory):
    """The trained generator of a run.

    Raises:
        GflaError: the directory is no finished run.
    """
    directory = Path(directory)
    weights = directory / "generator.weights.h5"
    if not (directory / "config.yaml").is_file():
        raise GflaError(
            f"{directory} is not a training run (it has no config.yaml): name a directory that train.py made."
        )
    if not weights.is_file():
        raise GflaError(
            f"the run {directory} is not finished (it has no {weights.name}): run train.py again to go on."
        )
    generator, _ = build_models(load_config(directory / "config.yaml"))
    load_weights(generator, weights)
    return generator


class Run:
    """One training in `directory`; `train` goes on where an interrupted one stopped.

    Args:
        config: `TrainConfig`.
        directory: of this run, made if missing.

    Raises:
        GflaError: the directory holds a run with another configuration.
    """

    def __init__(self, config, directory):
        self.config, self.directory = config, Path(directory)
        recorded = self.directory / "config.yaml"
        if recorded.is_file():
            differing = differing_keys(load_config(recorded), config)
            if differing:
                finished = (self.directory / "generator.weights.h5").is_file()
                remedy = self.directory if finished else f"{recorded} to go on from its checkpoints"
                raise GflaError(
                    f"{self.directory} holds a run with another {', '.join(differing)}: "
                    f"choose another name=, or remove {remedy}."
                )
        keras.utils.set_random_seed(config.seed)
        self.generator, self.discriminator = build_models(config)
        self.features = create_feature_extractor(config.features.network, config.features.weights)
        self._check_features()
        try:  # last: a configuration that cannot be built leaves nothing behind
            self.directory.mkdir(parents=True, exist_ok=True)
            if not recorded.is_file():
                save_config(config, recorded)
        except OSError as error:
            raise GflaError(f"cannot write to {self.directory}: {error.strerror}.") from error

    def _check_features(self):
        """Whether the feature network takes the generator's images and poses, and knows its levels, before any rendering."""
        generator = self.generator
        height, width = generator.image_size
        channels = pose_channels(self.config.data.limb_sigma)
        if generator.pose_channels != channels:
            raise GflaError(
                f"model.generator.pose_channels is {generator.pose_channels}: poses have {channels} maps."
            )
        specifications = [tf.TensorSpec((1, height, width, n)) for n in (3, channels)]
        try:
            tf.function(self.features).get_concrete_function(*specifications)
        except ValueError as error:
            raise GflaError(
                f"the feature network {self.config.features.network} takes no images of {height} x {width} (height x width): "
                "choose an image_size that is divisible by 32."
            ) from error
        stages = (self.config.flow, self.config.full)
        if any(stage.correctness for stage in stages if stage.steps):
            for level in generator.levels:
                self.features.correctness_layer(level)

    def train(self):
        """Trains both stages, as far as they have not been trained, and returns the generator."""
        result = self.directory / "generator.weights.h5"
        if result.is_file():
            load_weights(self.generator, result)
            return self.generator
        bank = render_frames(
            self.generator.image_size,
            "train",
            self.config.data.seed,
            self.config.data.identities,
            self.config.data.frames,
        )
        samples = render_frames(self.generator.image_size, "test", SAMPLE_SEED, 4, 2)
        if self.generator.flow_estimator is not None and self.config.flow.steps:
            pretrained = self.directory / "flow_estimator.weights.h5"
            if not pretrained.is_file():
                self._fit("flow", bank, samples)
                save_weights_atomically(self.generator.flow_estimator, pretrained)
            load_weights(self.generator.flow_estimator, pretrained)
        if self.config.full.steps:
            self._fit("full", bank, samples)
        if (self.directory / "metrics.csv").is_file():
            loss_curves(self.directory / "metrics.csv", self.directory / "curves.png")
        save_weights_atomically(self.generator, result)  # last: it says that the run is finished
        return self.generator

    def _fit(self, name, bank, samples):
        config, stage = self.config, getattr(self.config, name)
        trainer = self._trainer(name, stage)
        checkpoints = Checkpoints(self.directory / "checkpoints" / name, trainer)
        checkpoints.restore_latest()
        done = training_step(trainer)
        if done >= stage.steps:
            return
        sigma, limb_sigma = config.data.heat_map_sigma, config.data.limb_sigma
        seed = config.seed + (name == "full")
        tensorboard = TensorBoardScalars(self.directory / "tensorboard", max(1, config.steps_per_epoch // 10))
        batch = next(iter(pair_dataset(samples, 4, sigma, limb_sigma=limb_sigma)))
        callbacks = [
            StopOnNonFinite(checkpoints),
            ProgressBar(stage.steps, f"{config.name}, {name} stage"),
            ImageGrid(batch, self.directory / "images", name, tensorboard),
            MetricsCsv(self.directory / "metrics.csv", name),
            tensorboard,
            CheckpointCallback(checkpoints, config.checkpoint_every),
        ]
        for start, epoch, epochs, steps in _segments(done, stage.steps, config.steps_per_epoch):
            trainer.fit(
                pair_dataset(bank, config.batch_size, sigma, seed, start, limb_sigma), initial_epoch=epoch,
                epochs=epoch + epochs, steps_per_epoch=steps, callbacks=callbacks, verbose=0,
                shuffle=False,
            )  # fmt: skip

    def _trainer(self, name, stage):
        weights = {term: getattr(stage, term) for term in TERMS}
        first, last = stage.window_sigma

        def window_sigma(step):
            share = keras.ops.cast(step, "float32") / max(stage.steps, 1)
            return first + (last - first) * keras.ops.minimum(share, 1.0)

        objective = PoseObjective(self.generator, self.features, weights, window_sigma, stage.person_weight)
        trainer = Trainer(
            self.generator,
            objective,
            self.discriminator,
            self.config.adversarial_kind,
            train_flow_only=name == "flow",
        )
        trainer.compile(
            _adam(stage, stage.learning_rate, stage.final_learning_rate),
            _adam(stage, stage.discriminator_learning_rate, None),
            jit_compile=self.config.jit_compile,
        )
        return trainer


def _segments(done, total, steps_per_epoch):
    """(first step, first epoch, epochs, steps per epoch) of the calls of `fit` that lead from step `done` to `total`.

    Usually one; one more to finish an epoch that was interrupted, and one for a last epoch that is shorter.
    """
    while done < total:
        epoch, into = divmod(done, steps_per_epoch)
        whole = (total - done) // steps_per_epoch
        if into == 0 and whole:
            segment = (done, epoch, whole, steps_per_epoch)
        else:
            segment = (done, epoch, 1, min(steps_per_epoch - into, total - done))
        yield segment
        done += segment[2] * segment[3]


def _adam(stage, learning_rate, final):
    # Constant rates are schedules too: variables would come back from a checkpoint, whatever the configuration says by then.
    alpha = 1.0 if final is None else final / learning_rate
    schedule = keras.optimizers.schedules.CosineDecay(learning_rate, max(1, stage.steps), alpha)
    return keras.optimizers.Adam(schedule, stage.beta_1, stage.beta_2, global_clipnorm=stage.clip_norm)
