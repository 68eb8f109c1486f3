"""Adam's updates and the spectral norm over a training step are the published ones."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gfla_tf.layers.spectral_norm import SpectralConv2D
from gfla_tf.training.config import StageConfig
from gfla_tf.training.optimizers import create_adam
from gfla_tf.training.trainer import Trainer
from tests.helpers.parity import data_record, requires_parity
from tests.helpers.recorded_steps import LEVELS, nhwc, pair_objective, published

pytestmark = requires_parity

ADAMS = {
    "step_pose": ("generator", "pose_deepfashion", "full"),
    "step_view": ("generator", "view_shapenet", "full"),
    "step_dance": ("generator", "dance_iper", "full"),
    "step_face": ("generator", "face_faceforensics", "full"),
    "step_flow": ("flow", "pose_market", "flow"),
    "step_motion": ("", "motion_human36m", "full"),
}


@pytest.mark.parametrize("name", ADAMS)
def test_two_updates_of_adam_are_the_published_ones(name):
    what, config, stage = ADAMS[name]
    record, stage = data_record(name), getattr(published(config), stage)
    prefix = f"adam_{what}_" if what else "adam_"
    variable = keras.Variable(record[f"{prefix}start"])
    optimizer = create_adam(stage, stage.learning_rate)
    optimizer.build([variable])
    for step in (1, 2):
        optimizer.apply([tf.constant(record[f"{prefix}gradients"][step - 1])])
        np.testing.assert_allclose(variable.numpy(), record[f"{prefix}after_{step}"], rtol=1e-6, atol=1e-8)


def test_keras_adam_makes_another_step_where_gradients_are_small():
    record = data_record("step_pose")
    gradients = record["adam_generator_gradients"][0]
    steps = {}
    for adam, epsilon in (("pytorch", 1e-8), ("keras", 1e-7)):
        variable = keras.Variable(record["adam_generator_start"])
        optimizer = create_adam(StageConfig(adam=adam, epsilon=epsilon), 1e-4)
        optimizer.build([variable])
        optimizer.apply([tf.constant(gradients)])
        steps[adam] = np.abs(variable.numpy() - record["adam_generator_start"])
    small = (np.abs(gradients) > 1e-8) & (np.abs(gradients) < 1e-6)
    assert small.any() and np.median(steps["keras"][small] / steps["pytorch"][small]) < 0.5


def test_the_spectral_norm_over_a_training_step_is_the_published_one():
    record = data_record("step_spectral")
    kernel = record["kernel"].transpose(2, 3, 1, 0)
    layer = SpectralConv2D(8, 4, strides=2, padding="same")
    inputs = record["inputs"].transpose(0, 1, 3, 4, 2)
    layer.build(inputs.shape[1:])
    for variable, value in ((layer.kernel, kernel), (layer.bias, record["bias"])):
        variable.assign(value)
    layer.u.assign(record["u0"])
    layer.v.assign(record["v0"])
    coefficients = nhwc(record["coefficients"])
    for call in (1, 2, 3):
        with tf.GradientTape() as tape:
            output = layer(inputs[call - 1], training=True)
            total = tf.reduce_sum(output * coefficients)
        gradient = tape.gradient(total, layer.kernel.value)
        np.testing.assert_allclose(layer.u, record[f"u{call}"], atol=1e-5)
        np.testing.assert_allclose(layer.v, record[f"v{call}"], atol=1e-5)
        np.testing.assert_allclose(output, nhwc(record[f"output_{call}"]), atol=1e-5)
        expected = record[f"grad_{call}"].transpose(2, 3, 1, 0)
        np.testing.assert_allclose(gradient, expected, atol=1e-5 * np.abs(expected).max())
    np.testing.assert_allclose(layer(inputs[0]), nhwc(record["output_eval"]), atol=1e-5)
    np.testing.assert_array_equal(layer.u, layer.u)


class Counting(keras.layers.Layer):
    """Counts the calls in which it is trained."""

    def __init__(self):
        super().__init__()
        self.trained = 0

    def call(self, inputs, training=False):
        self.trained += bool(training)
        return inputs


def test_the_power_iteration_runs_three_times_in_a_step():
    record, stage = data_record("step_pose"), published("pose_deepfashion").full
    objective, network, batch = pair_objective(record, stage, LEVELS)
    counting = Counting()
    judge = keras.Sequential([keras.Input((32, 32, 3)), counting, keras.layers.Conv2D(1, 4, 4)])
    counting.trained = 0
    trainer = Trainer(network, objective, {"discriminator": judge})
    trainer.compile(create_adam(stage, 1e-4), {"discriminator": create_adam(stage, 1e-5)}, run_eagerly=True)
    trainer.train_step(batch)
    assert counting.trained == 3
