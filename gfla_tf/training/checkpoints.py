"""Checkpoints that survive a kill, and single weight files that do.

A checkpoint holds everything that a run needs to go on exactly where it was: generator, discriminator, both
optimizers, the stage and the step. `tf.train.CheckpointManager` writes them, because what it wrote stays
loadable when the process is killed at any moment; `.keras` and `.weights.h5` written in place do not. Weight
files, for handing on, are therefore written aside and moved into place.
"""

import json
import logging
import os
import shutil
from pathlib import Path

import h5py
import keras
import tensorflow as tf

from gfla_tf.errors import GflaError

TRACKED = ("generator", "discriminator", "generator_optimizer", "discriminator_optimizer")

_log = logging.getLogger(__name__)


def training_step(model):
    """Updates that the generator has had, the step that everything in a run is counted by."""
    return int(model.generator_optimizer.iterations)


class Checkpoints:
    """The checkpoints of one run: the latest few in `directory`, and the best by one metric in
    `directory/best`.

    Optimizers must be built, so that their slots exist when a checkpoint is restored.

    Args:
        directory: of this run's checkpoints, made when the first is saved.
        model: has the attributes `TRACKED`; those that are None are left out.
        keep: how many of the latest stay.
        best_metric: name in the logs of an epoch, smaller is better; None keeps no best one.
    """

    def __init__(self, directory, model, keep=3, best_metric=None):
        self.directory, self.model, self.best_metric = Path(directory), model, best_metric
        tracked = {name: getattr(model, name) for name in TRACKED if getattr(model, name, None) is not None}
        for name, value in tracked.items():
            if not value.built:
                raise ValueError(f"{name} must be built before its checkpoints are.")
        self._stage = tf.Variable(0, trainable=False, dtype=tf.int64)
        self._step = tf.Variable(0, trainable=False, dtype=tf.int64)
        self._tracked = tracked
        self._checkpoint = tf.train.Checkpoint(stage=self._stage, step=self._step, **tracked)
        try:
            self._latest = tf.train.CheckpointManager(self._checkpoint, str(self.directory), max_to_keep=keep)
            self._best = tf.train.CheckpointManager(
                self._checkpoint, str(self.directory / "best"), max_to_keep=1
            )
        except (OSError, tf.errors.OpError) as error:
            raise GflaError(self._cannot_write(error)) from error
        self._swept = False

    @property
    def stage(self):
        """Number of the training stage, saved and restored with the rest."""
        return int(self._stage)

    @stage.setter
    def stage(self, number):
        self._stage.assign(number)

    @property
    def latest(self):
        """Path of the newest checkpoint, or None."""
        return self._latest.latest_checkpoint

    def save(self):
        """Saves a checkpoint numbered one above the newest and returns its path; older ones stay until it is
        complete.

        Raises:
            GflaError: a weight is not finite, or the directory cannot be written; the older checkpoints stay.
        """
        return self._save(self._latest)

    def save_if_best(self, logs):
        """Saves to `directory/best` if `best_metric` in `logs` is smaller than ever; returns whether it
        did."""
        value = logs.get(self.best_metric)
        if value is None or not float(value) < self._best_value():
            return False
        self._save(self._best)
        # Written after the checkpoint: a kill in between leaves too large a value here, which costs nothing.
        record = {
            "metric": self.best_metric,
            "value": float(value),
            "step": int(self._step),
            "stage": self.stage,
        }
        temporary = self._best_record.with_suffix(".tmp")
        temporary.write_text(json.dumps(record))
        os.replace(temporary, self._best_record)
        return True

    def restore_latest(self):
        """Restores the newest readable checkpoint and returns its step; without any, changes nothing and
        returns 0.

        A damaged one (a disk that lost data) is skipped with a warning.

        Raises:
            GflaError: checkpoints exist but none can be read, or the newest belongs to another model.
        """
        return self._restore(self._latest) if self._latest.checkpoints else 0

    def restore_best(self):
        """Restores the best checkpoint, or the newest where no best was kept, and returns its step.

        Raises:
            GflaError: there is none, or as `restore_latest`.
        """
        manager = self._best if self._best.checkpoints else self._latest
        if not manager.checkpoints:
            raise GflaError(f"No checkpoint in {self.directory}: train first, or name another run.")
        return self._restore(manager)

    @property
    def _best_record(self):
        return self.directory / "best" / "best.json"

    def _best_value(self):
        try:
            record = json.loads(self._best_record.read_text())
        except (OSError, ValueError):
            return float("inf")
        return record["value"] if record["metric"] == self.best_metric else float("inf")

    def _save(self, manager):
        self._refuse_non_finite()
        self._step.assign(training_step(self.model))
        number = 1 + max((int(path.rsplit("-", 1)[1]) for path in manager.checkpoints), default=0)
        try:
            Path(manager.directory).mkdir(parents=True, exist_ok=True)
            self._sweep_unfinished()
            return manager.save(checkpoint_number=number)
        except (OSError, tf.errors.OpError) as error:
            raise GflaError(self._cannot_write(error)) from error

    def _restore(self, manager):
        for path in reversed(manager.checkpoints):
            try:
                self._checkpoint.restore(path).assert_consumed()
                return int(self._step)
            except (
                tf.errors.OpError,
                IndexError,
                RuntimeError,
            ) as error:  # whatever TensorFlow's reader raises
                _log.warning("Skipping the damaged checkpoint %s: %s", path, _reason(error))
            except (AssertionError, ValueError) as error:
                raise GflaError(
                    f"The checkpoint {path} does not fit this model ({_reason(error)}): "
                    "use the configuration it was trained with, or another run directory."
                ) from error
        raise GflaError(
            f"No checkpoint in {manager.directory} can be read: restore a copy or start a new run."
        )

    def _refuse_non_finite(self):
        for name, value in self._tracked.items():
            for variable in value.variables:
                if variable.dtype.startswith(("float", "bfloat")) and not _is_finite(variable):
                    raise GflaError(
                        f"No checkpoint saved: {variable.path} of {name} is not finite at step "
                        f"{training_step(self.model)}; the last good checkpoint is {self.latest}, go on from "
                        "there with a smaller learning rate or stronger gradient clipping."
                    )

    def _sweep_unfinished(self):
        """Removes what a kill in the middle of a save left behind, once, and only when this process writes
        here."""
        if not self._swept:
            for leftover in (
                *self.directory.rglob("ckpt-*_temp"),
                *self.directory.rglob("ckpt-*.tempstate*"),
            ):
                shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
            self._swept = True

    def _cannot_write(self, error):
        return (
            f"Cannot write checkpoints to {self.directory} ({_reason(error)}): "
            f"free some space or make it writable; the last good checkpoint is {self._latest_or_none()}."
        )

    def _latest_or_none(self):
        return self._latest.latest_checkpoint if hasattr(self, "_latest") else None


class CheckpointCallback(keras.callbacks.Callback):
    """Saves every `every_steps` steps and at the end of training, and the best after each epoch."""

    def __init__(self, checkpoints, every_steps):
        super().__init__()
        self.checkpoints, self.every_steps = checkpoints, every_steps
        self._saved = 0

    def on_train_begin(self, logs=None):
        self._saved = training_step(self.model)

    def on_train_batch_end(self, batch, logs=None):
        # Steps may advance by more than one: steps_per_execution.
        if training_step(self.model) // self.every_steps > self._saved // self.every_steps:
            self._save()

    def on_epoch_end(self, epoch, logs=None):
        self.checkpoints.save_if_best(logs or {})

    def on_train_end(self, logs=None):
        if training_step(self.model) > self._saved:
            self._save()

    def _save(self):
        self.checkpoints.save()
        self._saved = training_step(self.model)


def save_weights_atomically(model, path):
    """Writes the model's weights as Keras HDF5 under a temporary name beside `path`, then moves them into
    place.

    Raises:
        GflaError: the file cannot be written; what stood there before stays.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.weights.h5")  # Keras insists on the ending
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        model.save_weights(temporary)
        os.replace(temporary, path)
    except (OSError, RuntimeError) as error:  # h5py reports a full disk as RuntimeError
        temporary.unlink(missing_ok=True)
        raise GflaError(
            f"Cannot write weights to {path}: {_reason(error)}; free some space or name another path."
        ) from error


def load_weights(model, path):
    """Loads weights written by `save_weights_atomically`.

    Raises:
        GflaError: the file is missing, damaged or belongs to another model.
    """
    path = Path(path)
    if not path.is_file():
        raise GflaError(f"There is no weights file {path}: check the path.")
    try:
        with h5py.File(path) as file:
            in_file = _count_weights(file)
        # Keras ignores what a file holds beyond the model's own layers: a larger model would load in silence.
        if in_file != len(model.variables):
            raise ValueError(f"{in_file} weights in the file, {len(model.variables)} in the model")
        model.load_weights(path)
    except OSError as error:
        raise GflaError(
            f"The weights file {path} is damaged or no HDF5 file: make or download it again."
        ) from error
    except (ValueError, KeyError) as error:
        raise GflaError(
            f"The weights in {path} do not fit the model {model.name} ({_reason(error)}): "
            "use the configuration they were trained with."
        ) from error


def _count_weights(group):
    return sum(1 if isinstance(item, h5py.Dataset) else _count_weights(item) for item in group.values())


def _is_finite(variable):
    return bool(tf.reduce_all(tf.math.is_finite(variable.value)))


def _reason(error):
    """What the error says, as one line of at most 240 characters without a final full stop."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text[:240].rstrip(". ")
