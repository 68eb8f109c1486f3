"""Checkpoints that survive a kill, and single weight files that do.

A checkpoint holds everything that a run needs to go on exactly where it was: generator, discriminators, their
optimizers, recurrent state and the step. `tf.train.CheckpointManager` writes them, because what it wrote stays
loadable when the process is killed at any moment; `.keras` and `.weights.h5` written in place do not. Weight
files, for handing on, are therefore written aside and moved into place.
"""

import logging
import os
import shutil
from pathlib import Path

import h5py
import keras
import tensorflow as tf

from gfla_tf.errors import GflaError

_log = logging.getLogger(__name__)


def training_step(model):
    """Updates that the generator has had, the step that everything in a run is counted by."""
    return int(model.generator_optimizer.iterations)


class Checkpoints:
    """The latest few checkpoints of one stage of a run.

    Optimizers must be built, so that their slots exist when a checkpoint is restored.

    Args:
        directory: of this stage's checkpoints, made when the first is saved.
        model: its attribute `checkpointed` holds {name: model, optimizer or list of variables}.
        keep: how many stay.
    """

    def __init__(self, directory, model, keep=3):
        self.directory, self.model = Path(directory), model
        self._tracked = dict(model.checkpointed)
        for name, value in self._tracked.items():
            if not getattr(value, "built", True):
                raise ValueError(f"{name} must be built before its checkpoints are.")
        self._step = tf.Variable(0, trainable=False, dtype=tf.int64)
        self._checkpoint = tf.train.Checkpoint(step=self._step, **self._tracked)
        try:
            self._manager = tf.train.CheckpointManager(
                self._checkpoint, str(self.directory), max_to_keep=keep
            )
        except (OSError, tf.errors.OpError) as error:
            raise GflaError(self._cannot_write(error)) from error
        self._swept = False

    @property
    def latest(self):
        """Path of the newest checkpoint, or None."""
        return self._manager.latest_checkpoint

    def save(self):
        """Saves a checkpoint numbered one above the newest and returns its path; older ones stay until it is
        complete.

        Raises:
            GflaError: a weight is not finite, or the directory cannot be written; the older checkpoints stay.
        """
        self._refuse_non_finite()
        self._step.assign(training_step(self.model))
        number = 1 + max((int(path.rsplit("-", 1)[1]) for path in self._manager.checkpoints), default=0)
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            self._sweep_unfinished()
            return self._manager.save(checkpoint_number=number)
        except (OSError, tf.errors.OpError) as error:
            raise GflaError(self._cannot_write(error)) from error

    def restore_latest(self):
        """Restores the newest readable checkpoint and returns its step; without any, changes nothing and
        returns 0.

        A damaged one (a disk that lost data) is skipped with a warning.

        Raises:
            GflaError: checkpoints exist but none can be read, or the newest belongs to another model.
        """
        if not self._manager.checkpoints:
            return 0
        for path in reversed(self._manager.checkpoints):
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
        raise GflaError(f"No checkpoint in {self.directory} can be read: restore a copy or start a new run.")

    def _refuse_non_finite(self):
        for name, value in self._tracked.items():
            for variable in getattr(value, "variables", value):
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
        return self.latest if hasattr(self, "_manager") else None


class CheckpointCallback(keras.callbacks.Callback):
    """Saves every `every_steps` steps and at the end of training."""

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
        if in_file != len(model.weights):  # its variables are also the states of random numbers
            raise ValueError(f"{in_file} weights in the file, {len(model.weights)} in the model")
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
