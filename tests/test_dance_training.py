"""Training of dances: whole tiny runs, their discriminators, and what is refused."""

import keras
import numpy as np
import pytest

from gfla_tf.errors import GflaError
from gfla_tf.training.networks import load_generator
from gfla_tf.training.runs import Run
from gfla_tf.training.tasks import dance
from tests.helpers.replaced import replaced
from tests.helpers.tiny_clips import render_dances
from tests.helpers.tiny_dance import config, framewise, pieces

without_processes = replaced(dance, "render_clips", render_dances)


@pytest.mark.parametrize(
    "settings, stages",
    [pytest.param(config, ("flow", "full"), marks=pytest.mark.slow), (framewise, ("full",))],
)
def test_a_run_goes_through_its_stages_and_leaves_grids_and_weights(folder, settings, stages):
    settings = settings(folder, *(() if "flow" in stages else ("flow.steps=0",)))
    run = Run(settings, folder / "runs" / settings.name)
    before = run.generator.get_weights()
    run.train()
    assert any((a != b).any() for a, b in zip(before, run.generator.get_weights()))
    grids = {path.name for path in (run.directory / "images").iterdir()}
    assert grids == {f"{stage}_0000002.png" for stage in stages}
    assert (run.directory / "flow_estimator.weights.h5").is_file() == ("flow" in stages)
    header = (run.directory / "metrics.csv").read_text().splitlines()[0].split(",")
    assert {"flow_error", "regularization", "l1", "generator_loss"} <= set(header)
    again = load_generator(run.directory)
    for ours, theirs in zip(again.get_weights(), run.generator.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_both_discriminators_learn_beside_the_generator(folder):
    small = "{depth: 2, base_channels: 4, max_channels: 4}"
    settings = config(
        folder, "name=judged", "full.adversarial=1", "data.unroll=5", "data.clip_frames=5", "batch_size=1",
        f"model.discriminator={small}", "model.video_discriminator={depth: 2, base_channels: 4, max_channels: 4, frames: 5}",
    )  # fmt: skip
    run = Run(settings, folder / "runs" / "judged")
    trainer = run._trainer("full", run.config.full)
    before = {role: keras.ops.copy(d.trainable_variables[0]) for role, d in run.discriminators.items()}
    logs = trainer.train_step(pieces(run, 1)[0])
    assert {"adversarial", "discriminator_loss", "video_discriminator_loss"} <= set(logs)
    for role, discriminator in run.discriminators.items():
        assert np.any(np.asarray(before[role]) != np.asarray(discriminator.trainable_variables[0]))


@pytest.mark.parametrize(
    "overrides, message",
    [
        (["full.adversarial=1"], "data.unroll is 2: the video discriminator sees 6 frames"),
        (["batch_size=9"], "batch_size is 9: data.identities makes only 3 clips"),
        (["features.network=people", "full.content=1"], None),
    ],
)
def test_what_cannot_work_is_refused_in_one_sentence_before_anything_is_rendered(folder, overrides, message):
    with pytest.raises(GflaError, match=message):
        Run(config(folder, *overrides), folder / "refused")
