"""How good the network is on held-out samples, its best weights so far, and the end of a stage that brings no better ones."""

import math

import keras
import numpy as np

from gfla_tf.metrics.picture_pairs import l1, psnr, ssim_gaussian
from gfla_tf.models.weight_files import save_weights_atomically
from gfla_tf.pictures.drawing import to_uint8
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
        patience: steps without a better loss after which training stops; None for never.
        tensorboard: the `TensorBoardScalars` that get the loss and, where pictures are drawn, their L1, PSNR and SSIM; or None.
    """

    def __init__(self, batch, last_step, checkpoints, path, patience=None, tensorboard=None):
        super().__init__()
        self.batch, self.last_step = batch, last_step
        self.checkpoints, self.path = checkpoints, path
        self.patience, self.tensorboard = patience, tensorboard

    def on_epoch_end(self, epoch, logs=None):
        objective, outputs = self.model.objective, self.model(self.batch, training=False)
        terms = objective.terms(self.batch, outputs, self.last_step)
        if not terms:
            return
        loss = float(sum(objective.weights[name] * value for name, value in terms.items()))
        logs["held_out_loss"] = loss
        step, record = training_step(self.model), self.checkpoints.record
        if self.tensorboard is not None:
            self.tensorboard.write(step, {"held_out/loss": loss, **self._scores(outputs)})
        if math.isfinite(loss) and loss < record.get("best", {}).get("held_out_loss", math.inf):
            save_weights_atomically(self.model.network, self.path)
            record["best"] = {"step": step, "held_out_loss": loss}
        elif self.patience and step - (best := record.get("best", {}).get("step", 0)) >= self.patience:
            print(f"no better held-out loss since step {best}: the stage ends", flush=True)
            record["ended"] = step
            self.model.stop_training = True

    def _scores(self, outputs):
        """The cheap scores of drawn pictures against the true ones, {name: mean}."""
        if "generated" not in outputs or "target_image" not in self.batch:
            return {}
        drawn, true = (to_uint8(np.asarray(x)) for x in (outputs["generated"], self.batch["target_image"]))
        if drawn.shape != true.shape or drawn.ndim != 4:
            return {}
        scores = {"l1": l1, "psnr": psnr, "ssim": ssim_gaussian}
        return {
            f"held_out/{name}": float(np.mean([score(a, b) for a, b in zip(drawn, true)]))
            for name, score in scores.items()
        }
