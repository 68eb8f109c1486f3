"""Checkpoints that survive a kill, and the callback that saves them.

A checkpoint holds everything that a run needs to resume exactly where it was: generator, discriminators, their
optimizers, recurrent state, the step, the running means of the epoch, and a record of what else is to be known,
such as the configuration. `tf.train.CheckpointManager` writes them, because what it wrote stays loadable when the
process is killed at any moment; `.keras` and `.weights.h5` written in place do not.
"""

import json
import logging
import math
import re
import shutil
from pathlib import Path

import keras
import tensorflow as tf

from gfla_tf.errors import GflaError, reason_of
from gfla_tf.training.callbacks.epoch_means import read_means
from gfla_tf.training.current_step import training_step

_log = logging.getLogger(__name__)
_NAME = re.compile(r"ckpt-[0-9]{1,15}\.index")  # of ours: copies and a stranger's files are none
_RECORD = "record/.ATTRIBUTES/py_state"  # its key in a checkpoint


class _Record(tf.train.experimental.PythonState):
    """A dict that JSON can hold, as part of a checkpoint."""

    def __init__(self):
        self.values = {}

    def serialize(self):
        return json.dumps(self.values)

    def deserialize(self, text):
        self.values = json.loads(text)


class Checkpoints:
    """The latest few checkpoints of one stage of a run.

    Optimizers must be built, so that their slots exist when a checkpoint is restored.

    Args:
        directory: of this stage's checkpoints, made when the first is saved.
        model: its attribute `checkpointed` holds {name: model, optimizer or list of variables}.
        keep: how many stay.
        settings: {dotted key: value} of the configuration that makes them; each says which one did.
    """

    def __init__(self, directory, model, keep=3, settings=None):
        self.directory, self.model = Path(directory), model
        self._settings = json.loads(json.dumps(settings or {}))
        self._record = _Record()
        self._tracked = dict(model.checkpointed)
        for name, value in self._tracked.items():
            if not getattr(value, "built", True):
                raise ValueError(f"{name} must be built before its checkpoints are.")
        self._step = tf.Variable(0, trainable=False, dtype=tf.int64)
        self._checkpoint = tf.train.Checkpoint(step=self._step, record=self._record, **self._tracked)
        self._keep, self._swept = keep, False
        self.latest_step = None  # that this process has saved or restored
        try:
            self._manager = self._managed()
        except (OSError, tf.errors.OpError) as error:
            raise GflaError(self._cannot_write(error)) from error

    def _managed(self):
        try:
            return tf.train.CheckpointManager(self._checkpoint, str(self.directory), max_to_keep=self._keep)
        except ValueError:  # an empty list, such as the loss of power leaves
            (self.directory / "checkpoint").unlink(missing_ok=True)
            return tf.train.CheckpointManager(self._checkpoint, str(self.directory), max_to_keep=self._keep)

    @property
    def latest(self):
        """Path of the newest checkpoint, or None."""
        return next(reversed(self.paths), None)

    @property
    def paths(self):
        """Paths of all checkpoints, oldest first: those there are, up to the newest that TensorFlow's list of them names.

        What is newer than that was not complete when a kill came. The list can name one that a kill left half removed, and is
        empty where it was lost or the clock has gone back; then all count that there are.
        """
        found = (path for path in self.directory.glob("ckpt-*.index") if _NAME.fullmatch(path.name))
        there = {_number(path): str(path.with_suffix("")) for path in found}
        newest = max(map(_number, self._manager.checkpoints), default=math.inf)
        return [there[number] for number in sorted(there) if number <= newest]

    @property
    def record(self):
        """A dict that is saved with every checkpoint and comes back with it; what it holds must be JSON."""
        return self._record.values

    def save(self):
        """Saves a checkpoint numbered one above the newest and returns its path; older ones stay until it is
        complete.

        Raises:
            GflaError: a weight is not finite, or the directory cannot be written; the older checkpoints stay.
        """
        self._refuse_non_finite()
        self._step.assign(training_step(self.model))
        self.record.update(settings=self._settings, means=read_means(self.model))
        number = 1 + max(map(_number, [*self._manager.checkpoints, *self.paths]), default=0)
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            self._sweep_unfinished()
            path = self._manager.save(checkpoint_number=number)
            self._sweep_forgotten()
            self.latest_step = training_step(self.model)
            return path
        except (OSError, tf.errors.OpError) as error:
            raise GflaError(self._cannot_write(error)) from error

    def restore_latest(self):
        """Restores the newest readable checkpoint and returns its step; without any, changes nothing and
        returns 0.

        A damaged one (a disk that lost data) is skipped with a warning.

        Raises:
            GflaError: checkpoints exist but none can be read, or the newest belongs to another model.
        """
        if not (self._manager.checkpoints or self.paths):
            return 0
        for path in reversed(self.paths):
            try:
                self._as_saved(path).restore(path).assert_consumed()
                self._tell_differences(path)
                self.latest_step = int(self._step)
                return self.latest_step
            except (
                tf.errors.OpError,
                IndexError,
                RuntimeError,
            ) as error:  # whatever TensorFlow's reader raises
                _log.warning("Skipping the damaged checkpoint %s: %s", path, reason_of(error))
            except (AssertionError, ValueError) as error:
                differs = self._differences(path) or reason_of(error)
                raise GflaError(
                    f"The checkpoint {path} does not fit this model ({differs}): "
                    "use the configuration it was trained with, or another run directory."
                ) from error
        raise GflaError(f"No checkpoint in {self.directory} can be read: restore a copy or start a new run.")

    def _as_saved(self, path):
        if tf.train.load_checkpoint(path).has_tensor(_RECORD):
            return self._checkpoint
        return tf.train.Checkpoint(step=self._step, **self._tracked)  # from before there were records

    def _differences(self, path):
        """In which settings the configuration that made a checkpoint differs from this one, empty if in none."""
        reader = tf.train.load_checkpoint(path)
        if not reader.has_tensor(_RECORD):
            return ""
        made, here = json.loads(reader.get_tensor(_RECORD))["settings"], self._settings
        differing = [key for key in sorted(made.keys() | here.keys()) if made.get(key) != here.get(key)]
        told = ", ".join(f"{key} {made.get(key)}, here {here.get(key)}" for key in differing)
        return f"made with {told}" if told else ""

    def _tell_differences(self, path):
        told = self._differences(path)
        if told:
            _log.warning("Resuming from %s, which was %s.", path, told)

    def _refuse_non_finite(self):
        for name, value in self._tracked.items():
            for variable in getattr(value, "variables", value):
                if variable.dtype.startswith(("float", "bfloat")) and not _is_finite(variable):
                    raise GflaError(
                        f"No checkpoint saved: {variable.path} of {name} is not finite at step "
                        f"{training_step(self.model)}; the last good checkpoint is {self.latest}: resume from "
                        "there with a smaller learning rate or stronger gradient clipping."
                    )

    def _sweep_unfinished(self):
        """Removes what a kill in the middle of a save left behind, once, and only when this process writes
        here."""
        if not self._swept:
            for leftover in (
                *self.directory.rglob("ckpt-*_temp"),
                *self.directory.rglob("ckpt-*.tempstate*"),
                *self.directory.rglob("checkpoint.tmp*"),
            ):
                shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
            self._swept = True

    def _sweep_forgotten(self):
        """Removes old checkpoints that TensorFlow's list no longer names, as it does with the others."""
        for path in self.paths[: -self._keep]:
            for file in sorted(self.directory.glob(f"{Path(path).name}.*"), reverse=True):  # the index first
                file.unlink()

    def _cannot_write(self, error):
        return (
            f"Cannot write checkpoints to {self.directory} ({reason_of(error)}): "
            f"free some space or make it writable; the last good checkpoint is {self._latest_or_none()}."
        )

    def _latest_or_none(self):
        return self.latest if hasattr(self, "_manager") else None


class CheckpointCallback(keras.callbacks.Callback):
    """Saves every `every_steps` steps and at the end of training.

    It stands behind all other callbacks: what they do at the end of an epoch is done before that step is saved, for a run that
    resumes from there will not do it again.
    """

    def __init__(self, checkpoints, every_steps):
        super().__init__()
        self.checkpoints, self.every_steps = checkpoints, every_steps
        self._saved = 0

    def on_train_begin(self, logs=None):
        self._saved = training_step(self.model)

    def on_train_batch_end(self, batch, logs=None):
        if batch + 1 < self.params["steps"]:
            self._save_if_due()

    def on_epoch_end(self, epoch, logs=None):
        self._save_if_due()

    def on_train_end(self, logs=None):
        if training_step(self.model) > self._saved:
            self._save()

    def _save_if_due(self):
        # Steps may advance by more than one: steps_per_execution.
        if training_step(self.model) // self.every_steps > self._saved // self.every_steps:
            self._save()

    def _save(self):
        self.checkpoints.save()
        self._saved = training_step(self.model)


def _number(path):
    return int(str(path).removesuffix(".index").rsplit("-", 1)[1])


def _is_finite(variable):
    return bool(tf.reduce_all(tf.math.is_finite(variable.value)))
