"""Files of weights: the round trip, what a kill leaves, and weights of other models."""

import signal

import keras
import pytest

from gfla_tf.errors import GflaError
from gfla_tf.models.weight_files import load_weights, save_weights_atomically
from tests.helpers.run_python import run_python
from tests.helpers.steps import assert_same
from tests.helpers.tiny_trainer import TinyTrainer


def test_weights_survive_the_round_trip(tmp_path):
    first, second = TinyTrainer().generator, TinyTrainer().generator
    save_weights_atomically(first, tmp_path / "new" / "g.weights.h5")
    load_weights(second, tmp_path / "new" / "g.weights.h5")
    assert_same([v.numpy() for v in first.variables], [v.numpy() for v in second.variables])
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["g.weights.h5"]


def test_what_a_kill_left_of_weights_is_gone_after_the_next_save(tmp_path):
    process = run_python(
        """
        import os, signal, sys
        from tests.helpers.tiny_trainer import TinyTrainer
        from gfla_tf import files
        from gfla_tf.models import weight_files
        files.os.replace = lambda *paths: os.kill(os.getpid(), signal.SIGKILL)
        weight_files.save_weights_atomically(TinyTrainer().generator, sys.argv[1] + "/g.weights.h5")
        """,
        tmp_path,
    )
    process.wait(timeout=600)
    (leftover,) = tmp_path.iterdir()
    assert process.returncode == -signal.SIGKILL and leftover.name.startswith(".g.weights.h5.")
    leftover.write_bytes(leftover.read_bytes()[:1000])
    saved, loaded = TinyTrainer().generator, TinyTrainer().generator
    save_weights_atomically(saved, tmp_path / "g.weights.h5")
    assert [path.name for path in tmp_path.iterdir()] == ["g.weights.h5"]
    load_weights(loaded, tmp_path / "g.weights.h5")
    assert_same([v.numpy() for v in saved.variables], [v.numpy() for v in loaded.variables])


def dense(*units):
    return keras.Sequential([keras.Input((3,)), *(keras.layers.Dense(n) for n in units)])


@pytest.mark.parametrize("other, own", [((5,), (4,)), ((4, 2), (4,)), ((4,), (4, 2)), ((4, 2), (2, 4))])
def test_weights_of_another_model_are_refused_in_one_sentence(tmp_path, other, own):
    save_weights_atomically(dense(*other), tmp_path / "other.weights.h5")
    with pytest.raises(GflaError, match=r"The weights in .*other.weights.h5 do not fit the model") as caught:
        load_weights(dense(*own), tmp_path / "other.weights.h5")
    assert "\n" not in str(caught.value)


def test_a_missing_or_damaged_weights_file_is_named(tmp_path):
    with pytest.raises(GflaError, match=r"There is no weights file .*none.weights.h5"):
        load_weights(dense(4), tmp_path / "none.weights.h5")
    path = tmp_path / "cut.weights.h5"
    save_weights_atomically(dense(400), path)
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(GflaError, match=r"The weights file .*cut.weights.h5 is damaged"):
        load_weights(dense(400), path)
