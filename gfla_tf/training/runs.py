"""A training run: its directory, its models and its two stages.

runs/NAME/config.yaml           the resolved configuration
runs/NAME/metrics.csv           a row per epoch; curves.png draws it
runs/NAME/images/               sample grids
runs/NAME/tensorboard/          the same for TensorBoard
runs/NAME/checkpoints/STAGE/    the latest checkpoints
runs/NAME/flow_estimator.weights.h5, generator.weights.h5    the result of each stage; those at its best on held-out samples
                                are called *.best.weights.h5
"""

import contextlib
import functools
from pathlib import Path

import keras

from gfla_tf.errors import GflaError, raised_in_graphs
from gfla_tf.files import alone
from gfla_tf.layers.precision import precision
from gfla_tf.losses.features import create_feature_extractor
from gfla_tf.models.weight_files import load_weights, save_weights_atomically
from gfla_tf.pictures.curves import loss_curves
from gfla_tf.training.callbacks.stage import stage_callbacks
from gfla_tf.training.callbacks.stop_on_signal import StopOnSignal
from gfla_tf.training.checkpoints import Checkpoints
from gfla_tf.training.config import HOW, differing_keys, save_config, settings
from gfla_tf.training.config_file import load_recorded_config
from gfla_tf.training.current_step import training_step
from gfla_tf.training.distribution import create_distribution
from gfla_tf.training.load import freeze, initialize
from gfla_tf.training.networks import build_models
from gfla_tf.training.optimizers import create_adam
from gfla_tf.training.tasks import TASKS
from gfla_tf.training.trainer import Trainer


class Run:
    """One training run in `directory`; `train` resumes where an interrupted one stopped.

    Of several workers each makes the run; the chief alone writes.

    Args:
        config: `TrainConfig`.
        directory: of this run, made if missing.

    Raises:
        GflaError: the directory holds a run with another configuration, or the devices wanted are not there.
    """

    def __init__(self, config, directory):
        self.config, self.directory = config, Path(directory)
        recorded = self.directory / "config.yaml"
        is_new = not recorded.is_file()
        differing = [] if is_new else differing_keys(load_recorded_config(self.directory), config)
        if refused := [key for key in differing if key not in HOW]:
            finished = (self.directory / "generator.weights.h5").is_file()
            remedy = self.directory if finished else f"{recorded} to resume from its checkpoints"
            raise GflaError(
                f"{self.directory} holds a run with another {', '.join(refused)}: "
                f"choose another name=, or remove {remedy}."
            )
        self.distribution = create_distribution(
            config.distribution, config.batch_size, config.accumulation_steps, config.jit_compile
        )
        keras.utils.set_random_seed(config.seed)
        self.task = TASKS[config.task](config)
        self.features = None
        with self.distribution.scope(), precision(config.precision):
            self.generator, self.discriminators = build_models(config)
            if config.features.network != "none":
                self.features = create_feature_extractor(config.features.network, config.features.weights)
        self.task.check(self.generator, self.features)
        self.flow_network = self.task.flow_network(self.generator)
        self._start()
        if not self.distribution.is_chief:
            return
        try:  # last: a configuration that cannot be built leaves nothing behind
            self.directory.mkdir(parents=True, exist_ok=True)
            if is_new or differing:
                save_config(config, recorded)
        except OSError as error:
            raise GflaError(f"Cannot write to {self.directory}: {error.strerror}.") from error

    def _start(self):
        """The weights that training starts from, and which of them learn."""
        folder, config = self.directory, self.config
        begun = (folder / "generator.weights.h5").is_file() or any(
            folder.glob("checkpoints/full/ckpt-*.index")
        )
        if config.init_from and not begun:
            with self.distribution.scope():
                initialize(self.generator, config.init_from)
        freeze(self.generator, config.freeze)
        trains_flow = self.flow_network is not None and config.flow.steps
        if trains_flow and not self.flow_network.trainable_weights:
            raise GflaError(
                "freeze leaves nothing to train in stage flow: give flow.steps=0, or leave out what estimates flows."
            )

    @raised_in_graphs()
    def train(self, callbacks=()):
        """Trains both stages, as far as they have not been trained, and returns the generator.

        Args:
            callbacks: more Keras callbacks for both.

        Raises:
            GflaError: training cannot continue, such as for a loss that is not finite, a full disk, or a worker that has ended.
        """
        with self._alone(), self.distribution.together():
            return self._train(callbacks)

    @contextlib.contextmanager
    def _alone(self):
        """No other process trains in the directory meanwhile."""
        if not self.distribution.is_chief:
            yield
            return
        told = f"Another process is training in {self.directory}: let it end, or choose another name=."
        with alone(self.directory, told):
            yield

    def _train(self, callbacks):
        result = self.directory / "generator.weights.h5"
        if self.distribution.of_chief(result.is_file()):
            load_weights(self.generator, result)
            return self.generator
        load = functools.partial(self.task.load, self.generator)
        # Public datasets are prepared on the disk before they are first read.
        data, samples = self.distribution.chief_first(load) if self.task.is_prepared else load()
        if self.flow_network is not None and self.config.flow.steps:
            pretrained = self.directory / "flow_estimator.weights.h5"
            if self.distribution.of_chief(pretrained.is_file()):
                load_weights(self.flow_network, pretrained)
            else:
                self._fit("flow", data, samples, callbacks)
                self._save(self.flow_network, pretrained)
        if self.config.full.steps:
            self._fit("full", data, samples, callbacks)
        if self.distribution.is_chief and (self.directory / "metrics.csv").is_file():
            loss_curves(self.directory / "metrics.csv", self.directory / "curves.png")
        self._save(self.generator, result)  # last: it says that the run is finished
        return self.generator

    def _save(self, model, path):
        if self.distribution.is_chief:
            save_weights_atomically(model, path)
        self.distribution.of_chief(0)  # nobody continues, or leaves, before that is done

    def _fit(self, name, data, samples, callbacks):
        config, stage = self.config, getattr(self.config, name)
        trainer = self._trainer(name, stage)
        folder = self.directory / "checkpoints" / name
        checkpoints = Checkpoints(folder, trainer, settings=settings(config))
        checkpoints.restore_latest()
        done = training_step(trainer)
        if (chiefs := self.distribution.of_chief(done)) != done:
            raise GflaError(
                f"This worker resumes from step {done} in {folder}, the chief from step {chiefs}: workers must see the same "
                "directory of runs, on a disk that they share."
            )
        if done >= stage.steps or "ended" in checkpoints.record:
            return trainer.finish()
        if done and self.distribution.is_chief:
            print(f"{config.name}, {name} stage: resuming from step {done}", flush=True)
        seed = config.seed + (name == "full")
        batches = functools.partial(self.task.dataset, data, seed)
        own = stage_callbacks(
            name, config, self.task, samples, self.directory, checkpoints, self.distribution.is_chief,
            batch_of=lambda done: next(iter(batches(done))),
        )  # fmt: skip
        with StopOnSignal(checkpoints, name, waits=self.distribution.workers == 1) as stop:
            for start, epoch, epochs, steps in _segments(done, stage.steps, config.steps_per_epoch):
                parts = functools.partial(batches, start)
                trainer.fit(
                    self.distribution.distribute(parts), initial_epoch=epoch, epochs=epoch + epochs,
                    steps_per_epoch=steps, callbacks=[*callbacks, *own, stop], verbose=0, shuffle=False,
                )  # fmt: skip
                if trainer.stop_training:
                    break
        trainer.finish()

    def _trainer(self, name, stage):
        with self.distribution.scope():
            return self._compiled(name, stage)

    def _compiled(self, name, stage):
        first, last = stage.window_sigma

        def window_sigma(step):
            share = keras.ops.cast(step, "float32") / max(stage.steps, 1)
            return first + (last - first) * keras.ops.minimum(share, 1.0)

        trainer = Trainer(
            self.generator,
            self.task.objective(self.generator, self.features, stage, window_sigma),
            self.discriminators,
            self.config.adversarial_kind,
            self.flow_network if name == "flow" else None,
            self.config.accumulation_steps,
            self.config.seed,
        )
        trainer.compile(
            create_adam(stage, stage.learning_rate, stage.final_learning_rate),
            {role: create_adam(stage, stage.discriminator_learning_rate) for role in self.discriminators},
            self.config.ema,
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
