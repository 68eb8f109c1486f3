"""A stage ends when held-out pictures get no better, and TensorBoard shows how good they are."""

import types

import numpy as np
import pytest

from gfla_tf.metrics.picture_pairs import l1
from gfla_tf.training.callbacks import keep_best
from gfla_tf.training.callbacks.keep_best import KeepBest

STEPS = 10  # of an epoch


class Model:
    """Gives a held-out loss of its own choosing after each epoch, and a picture."""

    stop_training = False

    def __init__(self, losses):
        self.losses, self.step, self.network = losses, 0, None
        self.objective = types.SimpleNamespace(
            weights={"l1": 2.0}, terms=lambda *_: {"l1": self.losses[self.step // STEPS - 1] / 2}
        )

    def __call__(self, batch, training):
        return {"generated": np.full((2, 16, 16, 3), 0.5, np.float32)}


@pytest.fixture
def run(monkeypatch):
    """Function of the losses of epochs that trains until it is stopped: (epochs, record, steps that were kept, curves)."""

    def train(losses, patience):
        model, saved, curves = Model(losses), [], []
        monkeypatch.setattr(keep_best, "training_step", lambda model: model.step)
        monkeypatch.setattr(keep_best, "save_weights_atomically", lambda *_: saved.append(model.step))
        checkpoints = types.SimpleNamespace(record={})
        tensorboard = types.SimpleNamespace(write=lambda step, values: curves.append((step, values)))
        batch = {"target_image": np.zeros((2, 16, 16, 3), np.float32)}
        callback = KeepBest(batch, 1000, checkpoints, "path", patience, tensorboard)
        callback.set_model(model)
        for epoch in range(len(losses)):
            model.step += STEPS
            callback.on_epoch_end(epoch, {})
            if model.stop_training:
                break
        return model.step // STEPS, checkpoints.record, saved, curves

    return train


def test_a_stage_ends_when_its_patience_is_over_and_keeps_the_best(run):
    epochs, record, saved, _ = run([5.0, 3.0, 4.0, 3.5, 3.2, 1.0], patience=3 * STEPS)
    assert epochs == 5 and record["ended"] == 50 and saved == [10, 20]
    assert record["best"] == {"step": 20, "held_out_loss": 3.0}


def test_without_patience_and_while_it_gets_better_it_goes_on(run):
    assert run([5.0, 6.0, 7.0, 8.0], patience=None)[0] == 4
    epochs, record, _, _ = run([5.0, 6.0, 4.0, 4.5, 3.0], patience=2 * STEPS)
    assert epochs == 5 and "ended" not in record


def test_a_loss_that_is_no_number_is_not_better(run):
    epochs, record, saved, _ = run([float("nan"), float("nan"), 1.0], patience=2 * STEPS)
    assert epochs == 2 and record == {"ended": 20} and saved == []


def test_tensorboard_gets_the_held_out_loss_and_the_cheap_scores(run):
    *_, curves = run([5.0, 3.0], patience=None)
    assert [(step, values["held_out/loss"]) for step, values in curves] == [(10, 5.0), (20, 3.0)]
    picture, truth = np.full((16, 16, 3), 191, np.uint8), np.full((16, 16, 3), 128, np.uint8)
    assert curves[0][1]["held_out/l1"] == pytest.approx(l1(picture, truth))
    assert {"held_out/psnr", "held_out/ssim"} <= curves[0][1].keys()
