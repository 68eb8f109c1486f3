"""Spectrally normalized convolutions do what torch.nn.utils.spectral_norm does, step for step."""

import numpy as np
import pytest
import tensorflow as tf

from gfla_tf.layers.spectral_norm import SpectralConv2D


def random(shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


@pytest.fixture
def pair():
    """Our layer and torch's, with the same weights; the inputs."""
    torch = pytest.importorskip("torch")
    inputs = random((2, 8, 6, 3))
    ours = SpectralConv2D(5, 4, strides=2, padding="same")
    ours.build(inputs.shape)
    theirs = torch.nn.utils.spectral_norm(torch.nn.Conv2d(3, 5, 4, stride=2, padding=1))
    ours.kernel.assign(random(ours.kernel.shape, 1))
    ours.bias.assign(random(ours.bias.shape, 2))
    with torch.no_grad():
        theirs.weight_orig.copy_(torch.from_numpy(np.transpose(ours.kernel, (3, 2, 0, 1))))
        theirs.bias.copy_(torch.from_numpy(ours.bias.numpy()))
        theirs.weight_u.copy_(torch.from_numpy(ours.u.numpy()))
        theirs.weight_v.copy_(torch.from_numpy(ours.v.numpy()))
    return ours, theirs, inputs


def nchw(array):
    import torch

    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(array, -1, 1)))


def nhwc(tensor):
    return np.moveaxis(tensor.detach().numpy(), 1, -1)


def test_a_new_layer_has_unit_u_and_v_that_are_not_trained():
    layer = SpectralConv2D(5, 3)
    layer.build((None, 8, 8, 3))
    assert layer.u.shape == (5,) and layer.v.shape == (27,)
    for vector in (layer.u, layer.v):
        np.testing.assert_allclose(np.linalg.norm(vector), 1, rtol=1e-6)
    assert {weight.name for weight in layer.trainable_weights} == {"kernel", "bias"}


def test_inference_equals_torchs_and_changes_nothing(pair):
    ours, theirs, inputs = pair
    before = ours.get_weights()
    np.testing.assert_allclose(ours(inputs), nhwc(theirs.eval()(nchw(inputs))), rtol=1e-5, atol=1e-5)
    for weight, old in zip(ours.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, old)


def test_two_training_steps_give_torchs_outputs_u_and_v(pair):
    ours, theirs, inputs = pair
    theirs.train()
    for _ in range(2):
        np.testing.assert_allclose(
            ours(inputs, training=True), nhwc(theirs(nchw(inputs))), rtol=1e-5, atol=1e-5
        )
        np.testing.assert_allclose(ours.u, theirs.weight_u, atol=1e-6)
        np.testing.assert_allclose(ours.v, theirs.weight_v, atol=1e-6)


@pytest.mark.parametrize("compiled", [False, True])
def test_gradient_flows_through_sigma_as_torchs_does(pair, compiled):
    ours, theirs, inputs = pair
    upstream = random((2, 4, 3, 5), 3)

    @tf.function(jit_compile=compiled)
    def gradients(inputs):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            loss = tf.reduce_sum(ours(inputs, training=True) * upstream)
        return tape.gradient(loss, [inputs, ours.kernel.value, ours.bias.value])

    to_inputs, to_kernel, to_bias = gradients(tf.constant(inputs))
    images = nchw(inputs).requires_grad_()
    (theirs.train()(images) * nchw(upstream)).sum().backward()
    np.testing.assert_allclose(to_inputs, nhwc(images.grad), rtol=1e-4, atol=1e-5)
    expected = np.transpose(theirs.weight_orig.grad.numpy(), (2, 3, 1, 0))
    np.testing.assert_allclose(to_kernel, expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(to_bias, theirs.bias.grad, rtol=1e-4, atol=1e-5)
    # Of degree 0 in the kernel: without the gradient through sigma this product would not vanish.
    assert abs(np.sum(to_kernel * ours.kernel)) < 1e-3 * np.linalg.norm(to_kernel) * np.linalg.norm(
        ours.kernel
    )


def test_power_iteration_reaches_the_largest_singular_value():
    layer = SpectralConv2D(5, 3, use_bias=False)
    layer.build((None, 8, 8, 3))
    layer.kernel.assign(random(layer.kernel.shape, 1))
    inputs = random((1, 8, 8, 3))
    for _ in range(100):
        layer(inputs, training=True)
    matrix = np.transpose(layer.kernel, (3, 2, 0, 1)).reshape(5, -1)
    largest = np.linalg.svd(matrix, compute_uv=False)[0]
    np.testing.assert_allclose(layer.u @ (matrix @ layer.v), largest, rtol=1e-4)
    np.testing.assert_allclose(
        layer(inputs), tf.nn.conv2d(inputs, layer.kernel, 1, "VALID") / largest, rtol=1e-3, atol=1e-4
    )
