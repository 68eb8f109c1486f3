"""Updates: clipping, loss scale, moving average, and parts of a batch that make one step."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gfla_tf.layers.dropout import Dropout
from gfla_tf.layers.noise import Noise, current_noise
from gfla_tf.training import updates
from gfla_tf.training.runs import Run
from gfla_tf.training.updates import Updates
from tests.helpers.tiny_tasks import TASKS, random_batches, tiny_task


def updates_of(values, optimizer=None, **kwargs):
    variables = [keras.Variable(np.float32(value)) for value in values]
    return Updates(variables, optimizer or keras.optimizers.SGD(1.0), **kwargs)


def values_of(variables):
    return [np.asarray(variable).tolist() for variable in variables]


# === Clipping and what is missing ===


def test_gradients_longer_than_the_limit_are_shortened_together():
    made = updates_of([[0.0, 0.0], 0.0], keras.optimizers.SGD(1.0, global_clipnorm=1.0))
    norm = made.apply([tf.constant([2.0, 3.0]), tf.constant(6.0)])
    assert float(norm) == 7
    np.testing.assert_allclose(np.hstack(values_of(made.variables)), [-2 / 7, -3 / 7, -6 / 7], rtol=1e-6)
    made.apply([tf.constant([0.1, 0.0]), tf.constant(0.0)])
    np.testing.assert_allclose(values_of(made.variables)[0], [-2 / 7 - 0.1, -3 / 7], rtol=1e-6)


def test_it_is_what_keras_does_bit_by_bit():
    draw = np.random.default_rng(0)
    start, gradients = draw.normal(size=(5, 7)), draw.normal(size=(4, 5, 7)).astype(np.float32)

    def adam():
        return keras.optimizers.Adam(1e-2, 0.5, 0.999, global_clipnorm=1.0)

    ours, theirs, optimizer = updates_of([start], adam()), keras.Variable(np.float32(start)), adam()
    for gradient in gradients:
        ours.apply([tf.constant(gradient)])
        optimizer.apply([tf.constant(gradient)], [theirs])
    np.testing.assert_array_equal(ours.variables[0], theirs)
    assert int(ours.optimizer.iterations) == int(optimizer.iterations) == 4


def test_a_variable_without_gradient_stays():
    made = updates_of([1.0, 2.0])
    made.apply([None, tf.constant(0.5)])
    assert values_of(made.variables) == [1.0, 1.5]


@pytest.mark.parametrize("limit", [None, 1.0])
def test_gradients_that_are_not_finite_leave_the_weights_alone_and_show_in_the_norm(limit):
    made = updates_of([1.0, 2.0], keras.optimizers.SGD(1.0, global_clipnorm=limit))
    assert not np.isfinite(float(made.apply([tf.constant(np.nan), tf.constant(1.0)])))
    assert values_of(made.variables) == [1.0, 2.0]


# === Loss scale ===


def test_the_loss_scale_does_not_show_in_the_update():
    made = updates_of([1.0], scaled=True)
    with tf.GradientTape() as tape:
        loss = made.scaled(tf.convert_to_tensor(made.variables[0]) * 3.0)
    (gradient,) = tape.gradient(loss, [made.variables[0].value])
    assert float(loss) == 3 * updates.INITIAL_SCALE
    assert float(made.apply([gradient])) == 3 and values_of(made.variables) == [-2.0]


@pytest.mark.parametrize("bad", [np.inf, np.nan])
def test_a_step_that_overflows_changes_nothing_but_halves_the_scale_and_is_counted(bad):
    made = updates_of([1.0, 2.0], keras.optimizers.Adam(0.1, beta_1=0.0), scaled=True)
    assert float(made.apply([tf.constant(bad), tf.constant(1.0)])) == 0
    assert values_of(made.variables) == [1.0, 2.0] and int(made.optimizer.iterations) == 1
    assert values_of(made.loss_scale) == [updates.INITIAL_SCALE / 2, 0]
    made.apply([tf.constant(1.0), tf.constant(1.0)])
    assert values_of(made.loss_scale)[1] == 1 and values_of(made.variables)[0] < 1


@pytest.mark.parametrize("bad", [np.inf, np.nan])
def test_a_gradient_that_no_scale_makes_finite_shows_in_the_norm_when_the_scale_is_1(bad):
    made = updates_of([1.0, 2.0], scaled=True)
    norms = [float(made.apply([tf.constant(bad), tf.constant(1.0)])) for _ in range(18)]
    assert norms[:15] == [0] * 15 and not np.isfinite(norms[15:]).any()  # the scale began at 2^15
    assert values_of(made.variables) == [1.0, 2.0] and values_of(made.loss_scale) == [1, 0]
    assert float(made.apply([tf.constant(3.0), tf.constant(4.0)])) == 5


def test_after_enough_good_steps_the_scale_doubles(monkeypatch):
    monkeypatch.setattr(updates, "GROWTH_STEPS", 3)
    made = updates_of([1.0], scaled=True)
    scales = []
    for _ in range(7):
        made.apply([tf.constant(1.0)])
        scales.append(float(made.loss_scale[0]) / updates.INITIAL_SCALE)
    assert scales == [1, 1, 2, 2, 2, 4, 4]


# === Moving average ===


def test_the_average_follows_and_is_the_result():
    made, expected, weight = updates_of([1.0], decay=0.5), 1.0, 1.0
    for step in range(1, 15):
        made.apply([tf.constant(float(step))])
        weight -= step
        decay = min(0.5, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * weight
    assert values_of(made.variables) == [weight]
    np.testing.assert_allclose(values_of(made.average), [expected], rtol=1e-5)
    made.finish()
    np.testing.assert_allclose(values_of(made.variables), [expected], rtol=1e-5)


def test_a_run_gives_the_averaged_weights(tmp_path):
    config = tiny_task(tmp_path, "motion", "ema=0.99")
    trainer = Run(config, tmp_path / "run")._trainer("full", config.full)
    assert [v.shape for v in trainer.checkpointed["average"]] == [
        v.shape for v in trainer.generator.trainable_variables
    ]
    trainer.fit(random_batches("motion"), steps_per_epoch=3, verbose=0, shuffle=False)
    average = values_of(trainer.checkpointed["average"])
    assert average != values_of(trainer.generator.trainable_variables)
    trainer.finish()
    assert values_of(trainer.generator.trainable_variables) == average


# === Parts of a batch ===


def test_the_parts_of_a_batch_draw_the_numbers_of_the_whole():
    whole = Noise(3, tf.constant(7)).uniform([6, 2], "a")
    parts = [Noise(3, tf.constant(7), index, 3).uniform([2, 2], "a") for index in range(3)]
    np.testing.assert_array_equal(np.concatenate(parts), whole)
    others = Noise(3, tf.constant(8)), Noise(4, tf.constant(7))
    assert all(np.any(whole != other.uniform([6, 2], "a")) for other in others)
    assert np.any(whole != Noise(3, tf.constant(7)).uniform([6, 2], "b"))


def test_dropout_drops_by_row_and_step_in_a_training_and_as_keras_elsewhere():
    layer, inputs = Dropout(0.5, name="drop"), tf.ones((4, 200))
    np.testing.assert_array_equal(layer(inputs), inputs)
    assert np.any(layer(inputs, training=True) != layer(inputs, training=True))
    with Noise(0, tf.constant(1)).drawn():
        whole = np.asarray(layer(inputs, training=True))
        np.testing.assert_array_equal(layer(inputs, training=False), inputs)
    assert current_noise() is None
    assert set(np.unique(whole)) == {0, 2} and 0.4 < (whole == 0).mean() < 0.6
    with Noise(0, tf.constant(1), 1, 2).drawn():
        np.testing.assert_array_equal(layer(inputs[2:], training=True), whole[2:])


@pytest.mark.parametrize(
    "task", [pytest.param(t, marks=() if t in ("view", "motion") else pytest.mark.slow) for t in TASKS]
)
def test_a_batch_in_two_parts_makes_the_step_of_the_whole(tmp_path, task, monkeypatch):
    """Losses, gradient norms, weights, the state of clips, and the power iterations."""
    monkeypatch.setattr(
        "gfla_tf.training.runs.create_adam",
        lambda stage, rate, final=None: keras.optimizers.SGD(0.1, global_clipnorm=stage.clip_norm),
    )
    results, batch = [], next(iter(random_batches(task)))
    for parts in (1, 2):
        config = tiny_task(tmp_path, task, f"accumulation_steps={parts}")
        trainer = Run(config, tmp_path / "run")._trainer("full", config.full)
        variables = trainer.generator.trainable_variables
        variables += [v for discriminator in trainer.discriminators.values() for v in discriminator.variables]
        before = [v.numpy() for v in variables]
        logs = {name: float(value) for name, value in trainer.train_step(batch).items()}
        values = [v.numpy() for v in variables]
        results.append((logs, values, [v.numpy() for v in trainer.objective.state]))
        moved = max(np.abs(a - b).max() for a, b in zip(before, values))
        assert moved > 1e-3
    (logs, values, state), (part_logs, part_values, part_state) = results
    assert logs.keys() == part_logs.keys()
    for name, value in logs.items():
        assert part_logs[name] == pytest.approx(value, rel=1e-4), name
    for value, other in zip(values, part_values, strict=True):
        np.testing.assert_allclose(other, value, atol=5e-6)  # beyond 1e-3 is moved
    for value, other in zip(state, part_state, strict=True):  # pictures, drawn from one another
        np.testing.assert_allclose(other, value, atol=1e-5)
