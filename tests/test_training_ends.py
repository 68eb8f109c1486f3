"""Ends before the end: a run that was killed, a loss or a gradient that is not finite."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from gfla_tf.errors import GflaError
from gfla_tf.training.checkpoints import Checkpoints
from gfla_tf.training.objectives.image import PairObjective
from gfla_tf.training.runs import Run
from gfla_tf.training.tasks import pose
from tests.helpers.steps import changed, metrics, weights
from tests.helpers.tiny_run import render_here, tiny_batch, tiny_config, write_config

REPOSITORY = Path(__file__).parents[1]


batch = pytest.fixture(tiny_batch, scope="module")


# === Ends before the end ===


KILLED = """
import os, signal, sys

from gfla_tf.training.callbacks import stage as stage_callbacks
from gfla_tf.training import runs
from gfla_tf.training.current_step import training_step
from gfla_tf.training.config_file import load_config


class KilledAtStep5(stage_callbacks.ProgressBar):
    def on_train_batch_end(self, batch, logs=None):
        if self.stage_name.endswith("full stage") and training_step(self.model) == 5:
            os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    stage_callbacks.ProgressBar = KilledAtStep5
    runs.Run(load_config(sys.argv[1], sys.argv[3:]), sys.argv[2]).train()
"""


@pytest.mark.slow
def test_a_run_that_was_killed_goes_on_from_its_checkpoint_to_the_same_weights(folder, monkeypatch):
    """Bit for bit, with the losses for which TensorFlow on a CPU computes the same bits in every process.

    With correctness or content losses beside l1, two processes that were never interrupted differ after the first step
    already, in the last bit of gradients, with enable_op_determinism() too.
    """
    same_bits = ["full.correctness=0", "full.content=0", "full.style=0", "flow.correctness=0", "flow.steps=2"]
    config = tiny_config(folder, *same_bits)
    directory = folder / "runs" / "killed"
    script = folder / "killed.py"
    script.write_text(KILLED)
    killed = subprocess.run(
        [sys.executable, script, write_config(folder), directory, *same_bits],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)}, capture_output=True, timeout=300,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()[-2000:]
    assert (directory / "flow_estimator.weights.h5").is_file()
    assert not (directory / "generator.weights.h5").exists()
    saved = sorted(path.name for path in (directory / "checkpoints" / "full").glob("*.index"))
    assert saved[-1] == "ckpt-2.index"  # of step 4: step 5 is lost

    monkeypatch.setattr(pose, "render_frames", render_here)
    resumed = Run(config, directory)
    uninterrupted = Run(config, folder / "runs" / "uninterrupted")
    assert not changed(resumed.train(), weights(uninterrupted.train()))
    trained = weights(uninterrupted.discriminators["discriminator"])
    assert not changed(resumed.discriminators["discriminator"], trained)
    for run in (resumed, uninterrupted):
        rows = [(row["stage"], row["step"]) for row in metrics(run.directory)]
        assert rows == [("flow", "2"), ("full", "3"), ("full", "6"), ("full", "7")]


def test_a_run_that_becomes_non_finite_stops_in_one_sentence_and_keeps_its_checkpoints(folder, monkeypatch):
    monkeypatch.setattr(pose, "render_frames", render_here)
    absurd = [
        "flow.steps=0",
        "full.adversarial=0",
        "full.steps=12",
        "checkpoint_every=1",
        "full.clip_norm=null",
    ]
    config = tiny_config(folder, *absurd, "full.learning_rate=1e-4", "full.final_learning_rate=1e30")
    run = Run(config, folder / "runs" / "absurd")
    with pytest.raises(GflaError) as caught:
        run.train()
    sentence = str(caught.value)
    assert (
        "\n" not in sentence and "smaller learning rate" in sentence and "checkpoints/full/ckpt-" in sentence
    )
    files = {path.name for path in run.directory.iterdir()}
    assert "generator.weights.h5" not in files
    if "metrics.csv" in files:
        assert "nan" not in (run.directory / "metrics.csv").read_text()
    again = Run(config, run.directory)
    checkpoints = Checkpoints(run.directory / "checkpoints" / "full", again._trainer("full", config.full))
    assert checkpoints.latest in sentence
    assert checkpoints.restore_latest() >= 1
    assert all(np.isfinite(value).all() for value in weights(again.generator).values())
    # What the sentence advises is possible: the same run with another rate.
    tamer = tiny_config(folder, *absurd, "full.learning_rate=1e-5", "full.final_learning_rate=null")
    with pytest.raises(GflaError, match=r"remove .*config\.yaml to resume from its checkpoints\.$"):
        Run(tamer, run.directory)
    (run.directory / "config.yaml").unlink()
    tame = Run(tamer, run.directory)._trainer("full", tamer.full)
    assert Checkpoints(run.directory / "checkpoints" / "full", tame).restore_latest() >= 1
    assert float(tame.generator_optimizer.learning_rate) == pytest.approx(1e-5)


def test_a_gradient_that_is_not_finite_stops_the_run_with_the_name_of_its_term(folder, monkeypatch):
    monkeypatch.setattr(pose, "render_frames", render_here)
    terms = PairObjective.terms

    def broken(self, batch, outputs, step):
        found = terms(self, batch, outputs, step)
        generated = tf.reduce_sum(outputs["generated"])
        return {**found, "content": found["content"] + tf.sqrt(generated * 0.0)}  # 0, whose gradient is NaN

    monkeypatch.setattr(PairObjective, "terms", broken)
    run = Run(tiny_config(folder, "flow.steps=0"), folder / "runs" / "broken")
    with pytest.raises(GflaError) as caught:
        run.train()
    told = "generator_gradient_norm is nan, and so is the gradient of content, which itself is finite; there is no"
    assert str(caught.value).startswith(f"Training stopped at step 1: {told} checkpoint yet")
    assert all(np.isfinite(value).all() for value in weights(run.generator).values())
