"""Checkpoints: what they restore, and that no kill, full disk or damaged file loses a run."""

import random
import signal
import time
import types
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from gfla_tf.errors import GflaError
from gfla_tf.models.weight_files import load_weights
from gfla_tf.training.callbacks.epoch_means import EpochMeans
from gfla_tf.training.checkpoints import CheckpointCallback, Checkpoints
from tests.helpers.run_python import run_python
from tests.helpers.steps import assert_same
from tests.helpers.tiny_trainer import TinyTrainer, fit


def state(trainer):
    return [v.numpy() for part in trainer.checkpointed.values() for v in getattr(part, "variables", part)]


def test_a_restored_trainer_has_the_same_weights_optimizers_state_and_step_and_goes_on_identically(tmp_path):
    trainer = TinyTrainer()
    checkpoints = Checkpoints(tmp_path / "c", trainer)
    assert checkpoints.restore_latest() == 0
    fit(trainer, [CheckpointCallback(checkpoints, every_steps=100)], steps_per_epoch=5)
    saved = state(trainer)

    resumed = TinyTrainer()
    again = Checkpoints(tmp_path / "c", resumed)
    assert again.restore_latest() == 5
    assert_same(state(resumed), saved)
    fit(trainer, []), fit(resumed, [])
    assert_same(state(resumed), state(trainer))


def test_going_on_inside_an_epoch_the_means_of_the_epoch_are_those_of_an_uninterrupted_one(tmp_path):
    def means(trainer, checkpoints, steps, epochs=1):
        seen = []
        callbacks = [
            EpochMeans(checkpoints, steps_per_epoch=7),
            keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(logs["l1"])),
            CheckpointCallback(checkpoints, every_steps=100),
        ]
        fit(trainer, callbacks, epochs, steps)
        return seen

    whole = TinyTrainer()
    expected = means(whole, Checkpoints(tmp_path / "whole", whole), 7, epochs=2)
    first, second, third = TinyTrainer(), TinyTrainer(), TinyTrainer()
    means(first, Checkpoints(tmp_path / "c", first), 5)
    checkpoints = Checkpoints(tmp_path / "c", second)
    checkpoints.restore_latest()
    assert means(second, checkpoints, 2) == expected[:1]
    checkpoints = Checkpoints(tmp_path / "c", third)
    checkpoints.restore_latest()
    assert means(third, checkpoints, 7) == expected[1:]  # a whole epoch begins at nothing


def test_a_checkpoint_says_which_configuration_made_it_and_the_record_comes_back(tmp_path, caplog):
    first = Checkpoints(tmp_path, TinyTrainer(filters=4), settings={"filters": 4, "rate": 0.1, "name": "a"})
    first.record["best"] = {"step": 3, "loss": 1 / 3}
    first.save()
    again = Checkpoints(tmp_path, TinyTrainer(filters=4), settings={"filters": 4, "rate": 0.2, "name": "a"})
    again.restore_latest()
    assert again.record["best"] == {"step": 3, "loss": 1 / 3}
    assert f"Resuming from {first.latest}, which was made with rate 0.1, here 0.2." in caplog.text
    other = Checkpoints(tmp_path, TinyTrainer(filters=6), settings={"filters": 6, "rate": 0.1, "name": "a"})
    with pytest.raises(
        GflaError, match=r"does not fit this model \(made with filters 4, here 6\): use the con"
    ):
        other.restore_latest()


def test_a_checkpoint_from_before_there_were_records_still_loads(tmp_path):
    trainer = TinyTrainer()
    fit(trainer, [], steps_per_epoch=3)
    old = tf.train.Checkpoint(step=tf.Variable(3, dtype=tf.int64), **trainer.checkpointed)
    tf.train.CheckpointManager(old, str(tmp_path), max_to_keep=3).save()
    resumed = TinyTrainer()
    assert Checkpoints(tmp_path, resumed).restore_latest() == 3
    assert_same(state(resumed), state(trainer))


@pytest.mark.parametrize("steps_per_execution", [1, 3])
def test_the_callback_saves_whenever_a_multiple_is_passed_and_only_the_latest_stay(
    tmp_path, steps_per_execution
):
    trainer = TinyTrainer(steps_per_execution=steps_per_execution)
    checkpoints = Checkpoints(tmp_path, trainer, keep=2)
    fit(trainer, [CheckpointCallback(checkpoints, every_steps=4)], steps_per_epoch=12)
    assert checkpoints.latest.endswith("ckpt-3")  # passed 4, 8 and 12, and nothing is left for the end
    assert sorted(p.name for p in tmp_path.glob("*.index")) == ["ckpt-2.index", "ckpt-3.index"]


def test_a_checkpoint_of_another_model_is_refused_in_one_sentence(tmp_path):
    Checkpoints(tmp_path, TinyTrainer(filters=4)).save()
    with pytest.raises(
        GflaError, match=r"checkpoint .*ckpt-1 does not fit this model \(.+\): use the conf"
    ) as caught:
        Checkpoints(tmp_path, TinyTrainer(filters=6)).restore_latest()
    assert "\n" not in str(caught.value)
    smaller = types.SimpleNamespace(checkpointed={"generator": TinyTrainer().generator}, metrics=[])
    with pytest.raises(GflaError, match=r"does not fit this model"):  # nothing in the file may be left over
        Checkpoints(tmp_path, smaller).restore_latest()


def test_a_damaged_newest_checkpoint_falls_back_to_the_one_before_and_never_to_a_silent_restart(
    tmp_path, caplog
):
    trainer = TinyTrainer()
    checkpoints = Checkpoints(tmp_path, trainer)
    checkpoints.save()
    first = state(trainer)
    fit(trainer, [])
    newest = Path(f"{checkpoints.save()}.data-00000-of-00001")
    newest.write_bytes(newest.read_bytes()[:1000])
    resumed = TinyTrainer()
    assert Checkpoints(tmp_path, resumed).restore_latest() == 0
    assert_same(state(resumed), first)
    assert "Skipping the damaged checkpoint" in caplog.text
    for data in tmp_path.glob("*.data-*"):
        data.write_bytes(b"")
    with pytest.raises(GflaError, match=r"No checkpoint in .* can be read"):
        Checkpoints(tmp_path, TinyTrainer()).restore_latest()


@pytest.mark.parametrize("lost", ["the list", "all of it but its name", "its end", "its bits", "the time"])
def test_a_lost_list_or_a_clock_that_went_back_is_no_restart_and_loses_no_checkpoint(
    tmp_path, monkeypatch, lost
):
    trainer = TinyTrainer()
    checkpoints = Checkpoints(tmp_path, trainer, keep=3)
    for step in range(1, 4):
        trainer.generator_optimizer.iterations.assign(step)
        checkpoints.save()
    list_file = tmp_path / "checkpoint"
    if lost == "the list":
        list_file.unlink()
    elif lost == "the time":
        now = time.time()
        monkeypatch.setattr(time, "time", lambda: now - 3600)
    else:
        text = list_file.read_bytes()
        list_file.write_bytes(
            {"its end": text[: len(text) // 2], "its bits": bytes(len(text))}.get(lost, b"")
        )
    resumed = TinyTrainer()
    again = Checkpoints(tmp_path, resumed, keep=3)
    assert again.restore_latest() == 3 and Path(again.latest).name == "ckpt-3"
    resumed.generator_optimizer.iterations.assign(4)
    assert Path(again.save()).name == "ckpt-4"
    assert [Path(path).name for path in again.paths] == ["ckpt-2", "ckpt-3", "ckpt-4"]
    assert sorted({path.stem for path in tmp_path.glob("ckpt-*")}) == ["ckpt-2", "ckpt-3", "ckpt-4"]
    assert Checkpoints(tmp_path, TinyTrainer(), keep=3).restore_latest() == 4


@pytest.mark.parametrize("pattern", ["*.index", "*"])
def test_a_checkpoint_that_a_kill_left_half_removed_is_none_and_is_removed_by_the_next_save(
    tmp_path, pattern
):
    trainer = TinyTrainer()
    checkpoints = Checkpoints(tmp_path, trainer, keep=3)
    saved = [checkpoints.save() for _ in range(3)]
    for path in tmp_path.glob(f"ckpt-1.{pattern.removeprefix('*.')}"):  # the list still names it
        path.unlink()
    again = Checkpoints(tmp_path, trainer, keep=3)
    assert again.paths == saved[1:] and again.latest == saved[2]
    assert Path(again.save()).name == "ckpt-4"
    assert sorted({path.stem for path in tmp_path.glob("ckpt-*")}) == ["ckpt-2", "ckpt-3", "ckpt-4"]


def test_weights_that_are_not_finite_are_never_saved(tmp_path):
    trainer = TinyTrainer()
    checkpoints = Checkpoints(tmp_path, trainer)
    checkpoints.save()
    kernel = trainer.generator.trainable_variables[0]
    kernel.assign(np.full(kernel.shape, np.nan))
    with pytest.raises(GflaError, match=r"kernel of generator is not finite at step 0; .* is .*ckpt-1"):
        checkpoints.save()
    assert checkpoints.latest.endswith("ckpt-1")


def test_an_unwritable_directory_gives_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(GflaError, match=r"Cannot write checkpoints to .*file/c") as caught:
        Checkpoints(tmp_path / "file" / "c", TinyTrainer()).save()
    assert "\n" not in str(caught.value)


def test_a_full_disk_gives_one_sentence_and_the_old_checkpoint_and_weights_stay_loadable(tmp_path):
    # A limit on the size of files stands in for the full disk: writing fails in the middle either way.
    process = run_python(
        """
        import resource, signal, sys
        from pathlib import Path
        from tests.helpers.tiny_trainer import TinyTrainer, fit
        from gfla_tf.errors import GflaError
        from gfla_tf.training.checkpoints import Checkpoints
        from gfla_tf.models.weight_files import save_weights_atomically
        trainer = TinyTrainer(filters=64)
        checkpoints = Checkpoints(sys.argv[1], trainer)
        checkpoints.save()
        weights = Path(sys.argv[1]) / "w.weights.h5"
        save_weights_atomically(trainer.generator, weights)
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))
        trainer.generator.trainable_variables[0].assign_add(trainer.generator.trainable_variables[0] + 1)
        for write in checkpoints.save, lambda: save_weights_atomically(trainer.generator, weights):
            try:
                write()
                print("written")
            except GflaError as error:
                print(error)
        """,
        tmp_path,
    )
    lines = process.communicate(timeout=600)[0].splitlines()
    assert process.returncode == 0
    assert len(lines) == 2, lines
    assert lines[0].startswith(f"Cannot write checkpoints to {tmp_path}") and lines[0].endswith("ckpt-1.")
    assert lines[1].startswith(f"Cannot write weights to {tmp_path}")
    trainer = TinyTrainer(filters=64)
    load_weights(trainer.generator, tmp_path / "w.weights.h5")
    Checkpoints(tmp_path, trainer).restore_latest()
    assert not list(tmp_path.glob(".*.weights.h5"))


def test_killed_while_saving_the_run_always_loads_and_never_goes_back(tmp_path):
    saver = """
        import os, sys
        import numpy as np
        from tests.helpers.tiny_trainer import TinyTrainer
        from gfla_tf.training.checkpoints import Checkpoints
        from gfla_tf.models.weight_files import save_weights_atomically
        trainer = TinyTrainer(filters=512)
        checkpoints = Checkpoints(sys.argv[1], trainer, keep=2)
        step = checkpoints.restore_latest()
        while True:
            step += 1
            trainer.generator_optimizer.iterations.assign(step)
            for variable in trainer.generator.trainable_variables:
                variable.assign(np.full(variable.shape, step))
            checkpoints.save()
            save_weights_atomically(trainer.generator, sys.argv[1] + "/w.weights.h5")
            print(step, flush=True)
        """
    rng = random.Random(0)
    saved = 0
    for _ in range(3):
        process = run_python(saver, tmp_path)
        done = [int(process.stdout.readline()) for _ in range(3)]
        time.sleep(rng.uniform(0.0, 0.1))
        process.send_signal(signal.SIGKILL)
        done += [int(line) for line in process.stdout if line.endswith("\n")]
        process.wait()
        assert done[0] > saved  # it resumed where the kill before left it
        saved = done[-1]
        trainer = TinyTrainer(filters=512)
        assert Checkpoints(tmp_path, trainer).restore_latest() in (saved, saved + 1)
        values = {float(x) for v in trainer.generator.trainable_variables for x in np.unique(v)}
        assert values == {float(trainer.generator_optimizer.iterations)}
        load_weights(trainer.generator, tmp_path / "w.weights.h5")
        assert np.unique(trainer.generator.trainable_variables[0]) in (saved, saved + 1)
    leftovers = Checkpoints(tmp_path, trainer)
    leftovers.save()
    assert not [p for p in tmp_path.iterdir() if "temp" in p.name or ".tmp" in p.name]
