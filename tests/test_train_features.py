"""The command that trains the people features, on a handful of small pairs."""

import sys

import keras
import numpy as np
import pytest

from gfla_tf.losses.features import create_feature_extractor
from gfla_tf.models.correspondence_features import CorrespondenceFeatures
from gfla_tf.synthetic.people.people import SyntheticPeople
from gfla_tf.training import train_features


def pairs_here(image_size, split, seed, identities):
    people = SyntheticPeople(image_size, split, seed)
    pairs = [people.pair(identity, 0, 1) for identity in range(identities)]
    return {name: np.stack([pair[name] for pair in pairs]) for name in pairs[0]}


class Uncompiled(train_features.FeatureTrainer):
    """Without XLA, whose compilation takes longer than these training runs."""

    def compile(self, optimizer, jit_compile, **kwargs):
        super().compile(optimizer, jit_compile=False, **kwargs)


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(train_features, "IMAGE_SIZE", (32, 32))
    monkeypatch.setattr(train_features, "HELD_OUT", 4)
    monkeypatch.setattr(train_features, "render_pairs", pairs_here)
    monkeypatch.setattr(train_features, "FeatureTrainer", Uncompiled)


@pytest.mark.parametrize("option", ["--steps", "--pairs", "--batch-size"])
def test_a_training_of_nothing_is_one_sentence(tmp_path, monkeypatch, capsys, option):
    monkeypatch.setattr(train_features, "render_pairs", lambda *_: pytest.fail("rendered"))
    monkeypatch.setattr(sys, "argv", ["train_features", "--output", str(tmp_path / "out.h5"), option, "0"])
    with pytest.raises(SystemExit) as ended:
        train_features.main()
    assert ended.value.code == 2
    assert capsys.readouterr().err == f"error: {option} is 0: it must be at least 1.\n"


@pytest.mark.slow
def test_the_command_writes_weights_that_the_losses_load_and_says_how_good_they_are(
    small, tmp_path, monkeypatch, capsys
):
    path = tmp_path / "features.weights.h5"
    arguments = ["--output", path, "--steps", 2, "--pairs", 4, "--batch-size", 2]
    monkeypatch.setattr(sys, "argv", ["train_features", *map(str, arguments)])
    train_features.main()
    printed = capsys.readouterr().out.splitlines()
    assert printed[-1] == f"wrote {path}"
    shares = [float(line.split()[6]) for line in printed if line.startswith("held out, level ")]
    assert len(shares) == 3 and all(share > 0 for share in shares)
    create_feature_extractor("people", str(path))


@pytest.mark.slow
def test_training_brings_the_best_match_closer_to_the_true_position(small):
    keras.utils.set_random_seed(0)
    dataset, prepare = train_features._dataset(pairs_here((32, 32), "train", 0, 4), 4)
    trainer = Uncompiled(CorrespondenceFeatures())
    trainer.compile(keras.optimizers.Adam(3e-3, global_clipnorm=5.0), jit_compile=False)
    before = trainer.evaluate(prepare(dataset), verbose=0, return_dict=True)
    trainer.fit(prepare(dataset.repeat()), steps_per_epoch=60, verbose=0, shuffle=False)
    after = trainer.evaluate(prepare(dataset), verbose=0, return_dict=True)
    assert after["loss"] < 0.7 * before["loss"]
    assert after["match_1"] < 0.7 * before["match_1"]
