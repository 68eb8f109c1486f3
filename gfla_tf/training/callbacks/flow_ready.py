"""When the flow stage is done: its correctness loss has come down to the level at which published training runs ended it."""

import sys

import keras
from tqdm import tqdm

from gfla_tf.training.current_step import training_step


class Readiness(keras.callbacks.Callback):
    """Tells, once in a run, when the mean correctness of an epoch, times its weight, has reached a level.

    Args:
        checkpoints: `Checkpoints` of the stage; what was told, and that the stage has ended, is part of their record.
        stage: `StageConfig`: its `ready_correctness` is the level, and with `stop_when_ready` training stops there.
        tensorboard: `TensorBoardScalars` that get the quantity and the level, or None.
        file: a text stream, standard output unless given; None for silence.
    """

    def __init__(self, checkpoints, stage, tensorboard=None, file=sys.stdout):
        super().__init__()
        self.checkpoints, self.stage = checkpoints, stage
        self.tensorboard, self.file = tensorboard, file

    def on_epoch_end(self, epoch, logs=None):
        level, step = self.stage.ready_correctness, training_step(self.model)
        value = self.stage.correctness * float(logs["correctness"])
        if self.tensorboard is not None:
            self.tensorboard.write(step, {"readiness/correctness": value, "readiness/level": level})
        if value > level:
            return
        if "ready" not in self.checkpoints.record:
            self.checkpoints.record["ready"] = step
            self._tell(value, level, step)
        if self.stage.stop_when_ready:
            self.checkpoints.record["ended"] = step
            self.model.stop_training = True

    def _tell(self, value, level, step):
        if self.file is not None:
            then = "the stage ends" if self.stage.stop_when_ready else "the stage could end"
            text = f"flow is ready at step {step}: correctness {value:.3g} is at most {level:g}; {then}"
            tqdm.write(text, file=self.file)
