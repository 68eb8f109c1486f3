"""Callbacks in a real `fit`: progress, metrics CSV across kills and resumes, TensorBoard, grids, NaN."""

import csv
import io
import re

import cv2
import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from gfla_tf.errors import GflaError
from gfla_tf.layers.attention import LocalAttention
from gfla_tf.pictures.attention_grid import attention_grid, attention_picture, recorded_attention
from gfla_tf.pictures.drawing import training_grid
from gfla_tf.training.callbacks import progress as callbacks
from gfla_tf.training.callbacks.flow_ready import Readiness
from gfla_tf.training.callbacks.progress import MetricsCsv, ProgressBar, StopOnNonFinite
from gfla_tf.training.callbacks.tensorboard import ImageGrid, TensorBoardScalars
from gfla_tf.training.checkpoints import CheckpointCallback, Checkpoints
from gfla_tf.training.config import StageConfig
from tests.helpers.tiny_trainer import TinyTrainer, batches, fit


def rows(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def column(path, name):
    return [row[name] for row in rows(path)]


def resumed_at(step):
    trainer = TinyTrainer()
    trainer.generator_optimizer.iterations.assign(step)
    return trainer


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("steps_per_execution", [1, 4])
def test_without_a_terminal_progress_is_whole_lines_with_step_time_left_and_losses(
    monkeypatch, steps_per_execution
):
    monkeypatch.setattr(callbacks, "LINE_SECONDS", 0.0)
    trainer = TinyTrainer(steps_per_execution=steps_per_execution)
    trainer.generator_optimizer.iterations.assign(4)
    out = io.StringIO()
    fit(trainer, [ProgressBar(12, "flow", 8, file=out)], steps_per_epoch=8)
    lines = out.getvalue().splitlines()
    assert len(lines) == 8 / steps_per_execution
    assert "\r" not in out.getvalue() and "\x1b" not in out.getvalue()
    assert lines[-1].startswith("flow: step 12 of 12 (100%), ")
    assert re.search(r" steps/s, [0-9.]+ images/s, 00:00 left: adversarial 0.25, l1 8.5", lines[-1])


def test_without_a_terminal_lines_are_seconds_apart_but_the_end_is_always_told(monkeypatch):
    monkeypatch.setattr(callbacks, "LINE_SECONDS", 1e9)
    out = io.StringIO()
    fit(TinyTrainer(), [ProgressBar(8, "flow", 8, file=out)], steps_per_epoch=8)
    assert [line.split(" (")[0] for line in out.getvalue().splitlines()] == ["flow: step 8 of 8"]


def test_on_a_terminal_the_bar_starts_at_the_step_resumed_from():
    out = Terminal()
    fit(resumed_at(6), [ProgressBar(10, "flow", 8, file=out)])
    first, *_, last = [text for text in out.getvalue().split("\r") if text.strip()]
    assert "6/10" in first
    assert "10/10" in last and " images/s, adversarial 0.25" in last


def test_a_row_per_epoch_has_step_stage_epoch_time_and_all_logs(tmp_path):
    path = tmp_path / "new" / "metrics.csv"
    fit(TinyTrainer(), [MetricsCsv(path, "flow")], epochs=4)
    assert list(rows(path)[0]) == ["step", "stage", "epoch", "time", "adversarial", "l1"]
    assert column(path, "step") == ["4", "8", "12", "16"]
    assert column(path, "epoch") == ["0", "1", "2", "3"]
    assert set(column(path, "stage")) == {"flow"}
    assert [float(value) for value in column(path, "l1")] == [2.5, 6.5, 10.5, 14.5]


def test_a_quantity_that_is_new_gets_a_column_empty_in_earlier_rows(tmp_path):
    metrics = MetricsCsv(tmp_path / "metrics.csv", "flow")
    metrics.set_model(TinyTrainer())
    metrics.on_train_begin()
    metrics.on_epoch_end(0, {"l1": 1.0})
    metrics.on_epoch_end(1, {"l1": 0.5, "style": 2.0})
    assert column(metrics.path, "style") == ["", "2"] and column(metrics.path, "l1") == ["1", "0.5"]


def test_a_resume_runs_lost_epochs_again_without_double_rows_and_time_goes_on(tmp_path):
    path = tmp_path / "metrics.csv"
    fit(TinyTrainer(), [MetricsCsv(path, "flow")], epochs=4)
    before = rows(path)
    text = path.read_text()
    path.write_text(text + "20,flow,4,0.")  # killed while writing
    fit(resumed_at(10), [MetricsCsv(path, "flow")], epochs=2)
    assert column(path, "step") == ["4", "8", "14", "18"]
    assert rows(path)[:2] == before[:2]
    assert float(rows(path)[2]["time"]) >= float(before[1]["time"])


def test_a_later_stage_keeps_the_rows_of_the_earlier_one_even_if_its_steps_start_anew(tmp_path):
    path = tmp_path / "metrics.csv"
    fit(TinyTrainer(), [MetricsCsv(path, "flow")], epochs=2)
    fit(TinyTrainer(), [MetricsCsv(path, "all")], epochs=1)
    assert list(zip(column(path, "stage"), column(path, "step"))) == [
        ("flow", "4"),
        ("flow", "8"),
        ("all", "4"),
    ]
    fit(resumed_at(4), [MetricsCsv(path, "flow")], epochs=1)  # going back to the first stage drops the second
    assert list(zip(column(path, "stage"), column(path, "step"))) == [("flow", "4"), ("flow", "8")]


def test_metrics_that_cannot_be_written_or_are_no_metrics_say_so(tmp_path):
    (tmp_path / "file").write_text("a,b\n1,2\n")
    with pytest.raises(GflaError, match=r"Cannot write metrics to .*file/metrics.csv"):
        fit(TinyTrainer(), [MetricsCsv(tmp_path / "file" / "metrics.csv", "flow")])
    for content in ("a,b\n1,2\n", "step,stage,time,l1\n1,flow,1.0,0.5\n"):
        (tmp_path / "file").write_text(content)
        with pytest.raises(GflaError, match="file is not a metrics file"):
            fit(TinyTrainer(), [MetricsCsv(tmp_path / "file", "flow")])
    with pytest.raises(GflaError, match=r"Cannot read metrics from .*: Is a directory"):
        fit(TinyTrainer(), [MetricsCsv(tmp_path, "flow")])


@pytest.mark.parametrize("steps_per_execution", [1, 3])
def test_tensorboard_gets_losses_and_both_learning_rates_at_the_steps_of_the_run(
    tmp_path, steps_per_execution
):
    trainer = TinyTrainer(steps_per_execution=steps_per_execution)
    fit(trainer, [TensorBoardScalars(tmp_path, every=3, images_per_step=8)], 1, 12)
    events = EventAccumulator(str(tmp_path), size_guidance={"tensors": 0}).Reload()
    assert set(events.Tags()["tensors"]) == {
        "training/l1", "training/adversarial",
        "learning_rate/generator", "learning_rate/discriminator", "speed/images_per_second",
    }  # fmt: skip
    assert [event.step for event in events.Tensors("training/l1")] == [3, 6, 9, 12]
    decayed = [
        float(tf.make_ndarray(event.tensor_proto)) for event in events.Tensors("learning_rate/discriminator")
    ]
    assert decayed == pytest.approx([0.1 * 0.5 ** (step / 10) for step in (3, 6, 9, 12)])


def test_image_grids_are_drawn_after_each_epoch_on_the_same_batch(tmp_path):
    _, batch = batches()
    scalars = TensorBoardScalars(tmp_path / "events", 100, 8)
    grid = ImageGrid(batch, training_grid, tmp_path / "images", "flow", scalars)
    fit(TinyTrainer(), [scalars, grid], epochs=2)
    pictures = sorted((tmp_path / "images").iterdir())
    assert [path.name for path in pictures] == ["flow_0000004.png", "flow_0000008.png"]
    first, second = (cv2.imread(str(path)) for path in pictures)
    assert first.shape == second.shape and (first != second).any()  # the generator was trained in between
    events = EventAccumulator(str(tmp_path / "events"), size_guidance={"tensors": 0}).Reload()
    assert [event.step for event in events.Tensors("flow")] == [4, 8]


def test_attention_is_drawn_where_the_flow_points_and_coefficients_are_large():
    source, target = -np.ones((2, 32, 32, 3), np.float32), -np.ones((2, 32, 32, 3), np.float32)
    flow = np.full((2, 8, 8, 2), (2.0, -1.0), np.float32)
    coefficients = np.full((2, 8, 8, 9), 1e-6, np.float32)
    coefficients[..., 5] = 1.0  # the middle row's right sample
    drawn, marked = attention_picture(source[0], target[0], flow[0], coefficients[0])
    assert drawn.shape == marked.shape == (256, 256, 3)
    y, x = 5, 1  # the first position of the third row
    color = marked[int((y + 0.5) * 32), int((x + 0.5) * 32)]
    assert color.max() == 255
    at_y, at_x = int((y - 1 + 0.5) * 32), int((x + 2 + 1 + 0.5) * 32)
    assert (drawn[at_y - 8 : at_y + 8, at_x - 8 : at_x + 8] == color).all()
    assert (drawn[at_y - 8 : at_y + 8, at_x - 40 : at_x - 24] == 0).mean() > 0.9
    recorded = {"attn0": (flow, coefficients), "attn1": (flow, coefficients)}
    grid = attention_grid(recorded, target, {"attn": source})
    assert grid.shape[0] > 2 * 256 and grid.shape[1] > 3 * 256


def test_attention_is_recorded_while_a_network_runs_and_the_network_stays_as_it_was():
    tensors = [keras.Input((8, 8, channels)) for channels in (4, 4, 2)]
    inner = keras.Model(tensors, LocalAttention(3, units=4, name="attn0")(*tensors)[0])
    model = keras.Model(tensors, inner(tensors))
    inputs = [np.random.default_rng(0).normal(size=(2, *x.shape[1:])).astype(np.float32) for x in tensors]
    plain = model(inputs)
    with recorded_attention(model) as recorded:
        watched = model(inputs)
    np.testing.assert_array_equal(plain, watched)
    (name,) = recorded
    flow, coefficients = recorded[name]
    assert name == "attn0" and coefficients.shape == (2, 8, 8, 9)
    np.testing.assert_array_equal(flow, inputs[2])
    recorded.clear()
    model(inputs)
    assert not recorded and "call" not in vars(inner.get_layer("attn0"))


@pytest.mark.parametrize("stop", [False, True])
def test_readiness_is_told_once_when_an_epochs_weighted_correctness_has_reached_the_level(tmp_path, stop):
    trainer = TinyTrainer()
    checkpoints, out = Checkpoints(tmp_path / "c", trainer), io.StringIO()
    scalars = TensorBoardScalars(tmp_path / "events", 100, 8)
    stage = StageConfig(correctness=20.0, ready_correctness=2.0, stop_when_ready=stop)
    callback = Readiness(checkpoints, stage, scalars, out)
    callback.set_model(trainer)
    trainer.stop_training = False
    for epoch, correctness in enumerate((0.2, 0.11, 0.0999, 0.12, 0.08)):
        trainer.generator_optimizer.iterations.assign(10 * (epoch + 1))
        assert not trainer.stop_training
        callback.on_epoch_end(epoch, {"correctness": correctness})
        if trainer.stop_training:
            break
    end = "ends" if stop else "could end"
    assert out.getvalue() == f"flow is ready at step 30: correctness 2 is at most 2; the stage {end}\n"
    assert epoch == (2 if stop else 4)
    assert checkpoints.record == ({"ready": 30, "ended": 30} if stop else {"ready": 30})
    scalars.writer.flush()
    events = EventAccumulator(str(tmp_path / "events"), size_guidance={"tensors": 0}).Reload()
    assert [event.step for event in events.Tensors("readiness/correctness")][:3] == [10, 20, 30]


@pytest.mark.parametrize("stop_first", [True, False])
def test_a_nan_stops_training_naming_step_term_and_last_checkpoint_and_nothing_is_saved_after(
    tmp_path, stop_first
):
    trainer = TinyTrainer(bad_step=7)
    checkpoints = Checkpoints(tmp_path, trainer)
    order = [StopOnNonFinite(checkpoints), CheckpointCallback(checkpoints, every_steps=3)]
    with pytest.raises(
        GflaError, match=r"stopped at step 7: l1 is nan; the last good checkpoint is .*/ckpt-2, resume"
    ):
        fit(trainer, order if stop_first else order[::-1], steps_per_epoch=12)
    assert int(trainer.generator_optimizer.iterations) == 7
    again = Checkpoints(tmp_path, TinyTrainer())
    assert again.restore_latest() == 6


def test_a_nan_among_several_steps_of_one_execution_is_seen_in_running_means(tmp_path):
    trainer = TinyTrainer(bad_step=5, steps_per_execution=4)
    with pytest.raises(GflaError, match="stopped at step 8: l1 is nan; there is no checkpoint yet"):
        fit(trainer, [StopOnNonFinite(Checkpoints(tmp_path, trainer))], steps_per_epoch=12)


def test_damaged_rows_of_metrics_are_left_out_and_told(tmp_path, caplog):
    from gfla_tf.training.callbacks.progress import MetricsCsv

    path = tmp_path / "metrics.csv"
    path.write_bytes(
        b"step,stage,epoch,time,loss\n3,flow,0,1.5,2\n\xff\xfe?,flow,1,x,2\n6,flow,1,2.5,1\n,,,,\n9,flow,2,3.5,1,7,8\n"
    )
    rows = MetricsCsv(path, "flow")._read()
    assert [row["step"] for row in rows] == ["3", "6"]
    assert "Left out 3 damaged rows" in caplog.text
