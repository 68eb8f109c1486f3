"""How good the network is on held-out samples, and its best weights so far."""

import math

import keras

from gfla_tf.models.weight_files import save_weights_atomically
from gfla_tf.training.current_step import training_step


class KeepBest(keras.callbacks.Callback):
    """Judges the network on a fixed batch after each epoch, as `held_out_loss` in the logs, and keeps the best weights.

    The held-out loss is the weighted sum of the stage's terms, as its last step weighs them; only the adversarial one is left
    out, because a discriminator's opinion of one epoch cannot be compared with that of another.

    Args:
        batch: dict of arrays.
        last_step: of the stage.
        checkpoints: `Checkpoints` of the stage, whose record says which step was the best.
        path: of the weights file.
    """

    def __init__(self, batch, last_step, checkpoints, path):
        super().__init__()
        self.batch, self.last_step = batch, last_step
        self.checkpoints, self.path = checkpoints, path

    def on_epoch_end(self, epoch, logs=None):
        objective = self.model.objective
        terms = objective.terms(self.batch, self.model(self.batch, training=False), self.last_step)
        if not terms:
            return
        loss = float(sum(objective.weights[name] * value for name, value in terms.items()))
        logs["held_out_loss"] = loss
        record = self.checkpoints.record
        if math.isfinite(loss) and loss < record.get("best", {}).get("held_out_loss", math.inf):
            save_weights_atomically(self.model.network, self.path)
            record["best"] = {"step": training_step(self.model), "held_out_loss": loss}
