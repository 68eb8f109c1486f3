"""Mixed precision: what stays float32, and that a training runs in it."""

import numpy as np
import pytest
import tensorflow as tf

from gfla_tf.layers.attention import BilinearSampling, LocalAttention
from gfla_tf.layers.precision import precision
from gfla_tf.layers.spectral_norm import SpectralConv2D
from gfla_tf.training import updates
from gfla_tf.training.runs import Run
from tests.helpers.tiny_tasks import random_batches, tiny_task

HALF = ["mixed_bfloat16", "mixed_float16"]


def drawn(*shape, scale=1.0):
    return tf.constant(np.random.default_rng(0).normal(0, scale, shape), tf.float32)


@pytest.mark.parametrize("policy", HALF)
def test_local_attention_samples_where_the_flow_points_to_the_hundredth_of_a_pixel(policy):
    """Between columns of 0 and 1 a sample says where it was taken; half precision would move these flows by 0.008 or 0.05."""
    source = tf.cast(tf.tile(tf.range(64)[None, None, :, None] % 2, (1, 4, 1, 2)), tf.float32)
    flow = tf.tile(tf.constant([20.305, 0.0])[None, None, None], (1, 4, 64, 1))
    with precision(policy):
        layer = LocalAttention(1)
    attended, coefficients = layer(source, source, flow)
    expected, _ = LocalAttention(1, dtype="float32")(source, source, flow)
    assert attended.dtype == layer.compute_dtype and coefficients.dtype == tf.float32
    rounding = {"mixed_bfloat16": 2**-8, "mixed_float16": 2**-11}[policy]
    np.testing.assert_allclose(tf.cast(attended, tf.float32), expected, atol=4 * rounding)


@pytest.mark.parametrize("policy", HALF)
def test_bilinear_sampling_stays_float32(policy):
    image, flow = drawn(1, 8, 8, 3), drawn(1, 8, 8, 2, scale=2.0)
    with precision(policy):
        warped = BilinearSampling()(image, flow)
    np.testing.assert_array_equal(warped, BilinearSampling(dtype="float32")(image, flow))


@pytest.mark.parametrize("policy", HALF)
def test_the_spectral_norm_is_that_of_the_float32_kernel(policy):
    inputs = drawn(1, 8, 8, 3)
    with precision(policy):
        layer = SpectralConv2D(4, 3)
    reference = SpectralConv2D(4, 3, dtype="float32")
    layer.build(inputs.shape), reference.build(inputs.shape)
    for weight, other in zip(reference.weights, layer.weights, strict=True):
        weight.assign(other)
    outputs = layer(inputs, training=True)
    expected = reference(inputs, training=True)
    assert outputs.dtype == layer.compute_dtype
    np.testing.assert_array_equal(layer.u, reference.u)
    np.testing.assert_array_equal(layer.v, reference.v)
    np.testing.assert_allclose(tf.cast(outputs, tf.float32), expected, atol=0.03)


@pytest.mark.parametrize("policy", HALF)
@pytest.mark.parametrize("task", ["pose", "face", "motion"])
def test_a_step_in_half_precision_is_about_that_in_float32(tmp_path, task, policy, monkeypatch):
    monkeypatch.setattr(updates, "INITIAL_SCALE", 64.0)  # small enough for the first step
    logs, batch = {}, next(iter(random_batches(task)))
    for name in ("float32", policy):
        config = tiny_task(tmp_path, task, f"precision={name}", "adversarial_kind=lsgan")
        trainer = Run(config, tmp_path / name)._trainer("full", config.full)
        before = [v.numpy() for v in trainer.generator.trainable_variables]
        logs[name] = {key: float(value) for key, value in trainer.train_step(batch).items()}
        assert any((a != v.numpy()).any() for a, v in zip(before, trainer.generator.trainable_variables))
    models = [trainer.generator, *trainer.discriminators.values()]
    assert all(v.dtype == "float32" for model in models for v in model.trainable_variables)
    outputs = trainer.objective.outputs(
        trainer.network, {**batch, "state": trainer.objective.state}, training=True
    )
    exact = {name for name in outputs if name.startswith(("flow", "generated", "clean"))}
    assert exact and all(outputs[name].dtype == tf.float32 for name in exact)
    scales = [name for name in trainer.checkpointed if name.endswith("_loss_scale")]
    assert len(scales) == (0 if policy == "mixed_bfloat16" else 1 + len(trainer.discriminators))
    for name, value in logs["float32"].items():
        assert logs[policy][name] == pytest.approx(value, rel=0.1, abs=0.02), name


def test_the_feature_networks_and_the_state_of_clips_stay_float32(tmp_path):
    config = tiny_task(tmp_path, "pose", "precision=mixed_float16")
    run = Run(config, tmp_path / "pose")
    assert run.features.network.compute_dtype == "float32" and run.generator.compute_dtype == "float16"
    config = tiny_task(tmp_path, "dance", "precision=mixed_float16")
    run = Run(config, tmp_path / "dance")
    assert run._trainer("full", config.full).objective.state[0].dtype == "float32"
