"""A disk that is full, and one that may only be read: one sentence, and what was saved before still loads."""

import subprocess

import numpy as np
import pytest

from gfla_tf.errors import GflaError
from gfla_tf.models.weight_files import load_weights, save_weights_atomically
from gfla_tf.pictures.drawing import write_png
from gfla_tf.training.callbacks.progress import MetricsCsv
from gfla_tf.training.callbacks.tensorboard import TensorBoardScalars
from gfla_tf.training.checkpoints import CheckpointCallback, Checkpoints
from tests.helpers.tiny_trainer import TinyTrainer, fit


@pytest.fixture
def disk(tmp_path):
    """An empty disk of 4 MiB, in memory."""
    path = tmp_path / "disk"
    path.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", path], capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"cannot mount a small disk here: {mounted.stderr.strip()}")
    yield path
    subprocess.run(["umount", "-l", path], check=True)


def fill(disk, leave):
    """Fills the disk but for `leave` bytes."""
    with open(disk / "filler", "wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            file.truncate(max(0, file.tell() - leave))


def state(trainer):
    return [v.numpy() for part in trainer.checkpointed.values() for v in getattr(part, "variables", part)]


def assert_loads(folder, expected, step):
    trainer = TinyTrainer(filters=64)
    assert Checkpoints(folder, trainer).restore_latest() == step
    for ours, theirs in zip(state(trainer), expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("leave", [0, 60_000])  # nothing, and less than a checkpoint takes
def test_a_training_on_a_disk_that_gets_full_ends_in_one_sentence_and_goes_on_when_there_is_room(disk, leave):
    trainer = TinyTrainer(filters=64)
    checkpoints = Checkpoints(disk / "c", trainer)
    fit(trainer, [CheckpointCallback(checkpoints, every_steps=2)])
    saved = state(trainer)
    fill(disk, leave)
    with pytest.raises(
        GflaError, match=r"^Cannot write checkpoints to .*; the last good ch.*/ckpt-2|: free"
    ) as ended:
        fit(trainer, [CheckpointCallback(checkpoints, every_steps=2)])
    assert "\n" not in str(ended.value) and str(checkpoints.latest) in str(ended.value)
    assert_loads(disk / "c", saved, 4)
    (disk / "filler").unlink()
    resumed = TinyTrainer(filters=64)
    again = Checkpoints(disk / "c", resumed)
    assert again.restore_latest() == 4
    fit(resumed, [CheckpointCallback(again, every_steps=2)])
    assert_loads(disk / "c", state(resumed), 8)
    assert not [path for path in (disk / "c").rglob("*") if "temp" in path.name]


def test_weights_metrics_and_pictures_that_find_no_room_say_so_and_leave_what_was_there(disk):
    trainer, picture = (
        TinyTrainer(filters=64),
        np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8),
    )
    weights, metrics, grid = disk / "w.weights.h5", disk / "metrics.csv", disk / "grid.png"
    save_weights_atomically(trainer.generator, weights)
    fit(trainer, [MetricsCsv(metrics, "flow")], epochs=2)
    write_png(grid, picture)
    before = {path: path.read_bytes() for path in (weights, metrics, grid)}
    fill(disk, 0)
    with pytest.raises(GflaError, match="Cannot write weights to"):
        save_weights_atomically(trainer.generator, weights)
    with pytest.raises(GflaError, match="Cannot write metrics to"):
        fit(trainer, [MetricsCsv(metrics, "flow")], epochs=400, steps_per_epoch=1)
    with pytest.raises(GflaError, match="Cannot write the picture"):
        write_png(grid, picture)
    assert weights.read_bytes() == before[weights] and grid.read_bytes() == before[grid]
    assert metrics.read_bytes().startswith(before[metrics])
    load_weights(TinyTrainer(filters=64).generator, weights)
    assert {path.name for path in disk.iterdir()} <= {"w.weights.h5", "metrics.csv", "grid.png", "filler"}


def test_curves_that_find_no_room_are_one_sentence(disk):
    trainer = TinyTrainer()
    scalars = TensorBoardScalars(disk / "events", 1, 8)
    fit(trainer, [scalars])
    fill(disk, 0)
    with pytest.raises(
        GflaError, match=r"^Cannot write TensorBoard's events to .*events \(.*\): free"
    ) as ended:
        fit(trainer, [scalars], steps_per_epoch=400)
    assert "\n" not in str(ended.value)


def test_on_a_disk_that_may_only_be_read_the_checkpoint_loads_and_the_next_is_refused_in_one_sentence(disk):
    trainer = TinyTrainer(filters=64)
    checkpoints = Checkpoints(disk / "c", trainer)
    fit(trainer, [CheckpointCallback(checkpoints, every_steps=2)])
    saved = state(trainer)
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    assert_loads(disk / "c", saved, 4)
    with pytest.raises(GflaError, match="Cannot write checkpoints to") as refused:
        checkpoints.save()
    assert "\n" not in str(refused.value)
    with pytest.raises(GflaError, match="Cannot write checkpoints to"):
        Checkpoints(disk / "other", trainer).save()
