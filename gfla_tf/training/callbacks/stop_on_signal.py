"""Ctrl-C and SIGTERM end a training run between two steps, after a checkpoint."""

import signal
import threading

import keras

from gfla_tf.errors import Stopped
from gfla_tf.training.current_step import training_step

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopOnSignal(keras.callbacks.Callback):
    """Saves a checkpoint and raises `gfla_tf.errors.Stopped` after the step in which a signal came; a second one
    ends it at once.

    It is a context manager, within which signals wait for the step to end. It stands last, behind the `CheckpointCallback`.

    Args:
        checkpoints: `gfla_tf.training.checkpoints.Checkpoints` of the stage.
        stage_name: for the sentence.
        waits: False leaves signals as they are: of several workers, none may stop between two steps on its own.
    """

    def __init__(self, checkpoints, stage_name, waits=True):
        super().__init__()
        self.checkpoints, self.stage_name = checkpoints, stage_name
        self._waits = waits and threading.current_thread() is threading.main_thread()
        self._came, self._before = None, {}

    def __enter__(self):
        if self._waits:
            self._before = {number: signal.signal(number, self._note) for number in SIGNALS}
        return self

    def __exit__(self, *_):
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number, frame):
        if self._came is not None:
            raise Stopped("stopped at once; the same command resumes at the last checkpoint", 128 + number)
        self._came = number

    def on_train_batch_end(self, batch, logs=None):
        if batch + 1 < self.params["steps"]:  # the last step of an epoch ends with the epoch's own affairs
            self._stop_if_told()

    def on_epoch_end(self, epoch, logs=None):
        self._stop_if_told()

    def _stop_if_told(self):
        if self._came is None:
            return
        step = training_step(self.model)
        if self.checkpoints.latest_step != step:
            self.checkpoints.save()
        raise Stopped(
            f"stopped at step {step} of the {self.stage_name} stage; the same command resumes",
            128 + self._came,
        )
