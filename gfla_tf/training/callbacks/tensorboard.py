"""What TensorBoard gets: losses, learning rates, norms of gradients and speed as curves, samples and attention as pictures.

Counted in steps of the generator's optimizer, so that stages and resumed runs may share a directory.
"""

import contextlib
import time
from pathlib import Path

import keras
import tensorflow as tf

from gfla_tf.errors import GflaError, reason_of
from gfla_tf.pictures.attention_grid import attention_grid, recorded_attention
from gfla_tf.pictures.drawing import write_png
from gfla_tf.training.current_step import training_step


class TensorBoardScalars(keras.callbacks.Callback):
    """Losses, learning rates, norms of gradients and images per second to TensorBoard about every `every` steps.

    Args:
        log_dir: of the run's TensorBoard events; stages and resumed runs may share it.
        every: steps.
        images_per_step: of all devices together.
    """

    def __init__(self, log_dir, every, images_per_step):
        super().__init__()
        self.every, self.images_per_step = every, images_per_step
        self.log_dir, self.writer = log_dir, tf.summary.create_file_writer(str(log_dir))

    def on_train_begin(self, logs=None):
        self._written = training_step(self.model)
        self._at = time.monotonic()

    def on_train_batch_end(self, batch, logs=None):
        step = training_step(self.model)
        if step // self.every > self._written // self.every:
            values = {_tag(name): value for name, value in (logs or {}).items()}
            optimizers = {"generator": self.model.generator_optimizer, **self.model.discriminator_optimizers}
            for network, optimizer in optimizers.items():
                values[f"learning_rate/{network}"] = float(optimizer.learning_rate)
            now = time.monotonic()
            images = self.images_per_step * (step - self._written)
            values["speed/images_per_second"] = images / max(now - self._at, 1e-9)
            self.write(step, values)
            self._written, self._at = step, now

    def write(self, step, values):
        """Adds {name: number} to the curves."""
        with self.writing(step):
            for name, value in values.items():
                tf.summary.scalar(name, value)

    @contextlib.contextmanager
    def writing(self, step):
        """In this context `tf.summary` writes of that step; a `GflaError` says that it cannot."""
        try:
            with self.writer.as_default(step=step):
                yield
        except tf.errors.OpError as error:
            raise GflaError(
                f"Cannot write TensorBoard's events to {self.log_dir} ({reason_of(error)}): free some space or make it "
                "writable, and start again to resume."
            ) from error

    def on_train_end(self, logs=None):
        with self.writing(training_step(self.model)):
            self.writer.flush()


def _tag(name):
    if name.endswith("_gradient_norm"):
        return f"gradient_norm/{name.removesuffix('_gradient_norm')}"
    return f"training/{name}"


class ImageGrid(keras.callbacks.Callback):
    """Runs the network in training on a fixed batch after each epoch and draws the result, as DIRECTORY/STAGE_STEP.png
    and for TensorBoard; there also where local attention looks.

    The network is what the trainer's `call` runs: the flow estimator alone or the whole generator.

    Args:
        batch: dict of arrays.
        draw: uint8 picture (H, W, 3) of the batch and the outputs, such as `training_grid`.
        directory: for the pictures.
        stage_name: first part of their names.
        tensorboard: the `TensorBoardScalars` whose events get the picture too, or None.
        attended: from the batch and the outputs to the images that `attention_grid` wants, or None.
    """

    def __init__(self, batch, draw, directory, stage_name, tensorboard=None, attended=None):
        super().__init__()
        self.batch, self.draw, self.directory = batch, draw, Path(directory)
        self.stage_name, self.tensorboard, self.attended = stage_name, tensorboard, attended

    def on_epoch_end(self, epoch, logs=None):
        step = training_step(self.model)
        with recorded_attention(self.model) as recorded:
            outputs = self.model(self.batch, training=False)
        grid = self.draw(self.batch, outputs)
        write_png(self.directory / f"{self.stage_name}_{step:07d}.png", grid)
        if self.tensorboard is not None:
            with self.tensorboard.writing(step):
                tf.summary.image(self.stage_name, grid[None])
                if recorded and self.attended is not None:
                    picture = attention_grid(recorded, *self.attended(self.batch, outputs))
                    tf.summary.image(f"{self.stage_name}_attention", picture[None])
