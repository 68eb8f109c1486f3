"""Layers: their shapes, their configuration, and torch's numbers where torch has the same layer."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gfla_tf.layers.attention import BilinearSampling, GlobalAttention, LocalAttention
from gfla_tf.layers.blocks import DecoderBlock, EncoderBlock, ImageOutput, Jump, ResBlock
from gfla_tf.layers.convolution import UpsamplingConvolution, activation, convolution
from gfla_tf.layers.normalization import InstanceNormalization
from gfla_tf.layers.spectral_norm import SpectralConv2D
from gfla_tf.models.discriminators import DiscriminatorBlock
from gfla_tf.models.target_net import Blend

IMAGE, FLOW = (2, 8, 6, 5), (2, 8, 6, 2)
# layer, shapes of its inputs, shape of its (first) output
LAYERS = {
    "encoder": (lambda: EncoderBlock(7), [IMAGE], (2, 4, 3, 7)),
    "residual_of_other_width": (lambda: ResBlock(7, 3), [IMAGE], (2, 8, 6, 7)),
    "residual_of_same_width": (lambda: ResBlock(5), [IMAGE], (2, 8, 6, 5)),
    "decoder": (lambda: DecoderBlock(7, 4), [IMAGE], (2, 16, 12, 7)),
    "jump": (lambda: Jump(5), [IMAGE], IMAGE),
    "output": (lambda: ImageOutput(), [IMAGE], (2, 8, 6, 3)),
    "upsampling": (lambda: UpsamplingConvolution(4), [IMAGE], (2, 16, 12, 4)),
    "instance_norm": (lambda: InstanceNormalization(epsilon=1e-3), [IMAGE], IMAGE),
    "spectral": (lambda: SpectralConv2D(4, 4, strides=2, padding="same"), [IMAGE], (2, 4, 3, 4)),
    "discriminator_block": (lambda: DiscriminatorBlock(7, 4), [IMAGE], (2, 4, 3, 7)),
    "local_attention": (lambda: LocalAttention(3), [IMAGE, IMAGE, FLOW], IMAGE),
    "bilinear": (lambda: BilinearSampling(), [IMAGE, FLOW], IMAGE),
    "global_attention": (lambda: GlobalAttention(), [IMAGE, IMAGE], IMAGE),
    "blend": (lambda: Blend(), [IMAGE, IMAGE, (2, 8, 6, 1)], IMAGE),
}


def random(shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def randomize(layer, seed=1):
    """Weights of a size that makes every one of them matter; the initial ones are 0.02 small or zero."""
    for i, weight in enumerate(layer.weights):
        weight.assign(random(weight.shape, seed + i) / np.sqrt(max(np.prod(weight.shape[:-1]), 1)))


@pytest.mark.parametrize("name", LAYERS)
def test_layer_gives_the_shape_it_announces(name):
    make, shapes, expected = LAYERS[name]
    layer = make()
    outputs = tf.nest.flatten(layer(*[random(shape) for shape in shapes]))
    announced = tf.nest.flatten(layer.compute_output_spec(*[keras.KerasTensor(shape) for shape in shapes]))
    assert [tuple(output.shape) for output in outputs] == [spec.shape for spec in announced]
    assert tuple(outputs[0].shape) == expected


@pytest.mark.parametrize("name", LAYERS)
def test_layer_comes_back_from_its_configuration_and_weights(name):
    make, shapes, _ = LAYERS[name]
    inputs = [random(shape, i) for i, shape in enumerate(shapes)]
    layer = make()
    layer(*inputs)
    randomize(layer)
    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    copy(*inputs)
    assert copy.get_config() == layer.get_config()
    copy.set_weights(layer.get_weights())
    for ours, again in zip(tf.nest.flatten(layer(*inputs)), tf.nest.flatten(copy(*inputs)), strict=True):
        np.testing.assert_array_equal(ours, again)


def test_attention_with_an_even_kernel_is_refused():
    with pytest.raises(ValueError, match="odd"):
        LocalAttention(4)


def test_new_kernels_are_orthogonal_with_gain_002():
    kernel = convolution(6, 3)
    kernel.build((None, 8, 8, 5))
    matrix = np.reshape(kernel.kernel, (-1, 6))
    np.testing.assert_allclose(matrix.T @ matrix, 0.02**2 * np.eye(6), atol=1e-8)
    assert not np.any(kernel.bias)


def test_activation_is_a_leaky_relu_of_slope_a_tenth():
    np.testing.assert_allclose(activation(tf.constant([-2.0, 3.0])), [-0.2, 3.0])


@pytest.mark.parametrize("size", [(5, 4), (1, 2)])
def test_upsampling_convolution_equals_torchs_transposed_convolution(size):
    torch = pytest.importorskip("torch")
    inputs = random((2, *size, 3))
    ours = UpsamplingConvolution(4)
    ours.build(inputs.shape)
    randomize(ours)
    theirs = torch.nn.ConvTranspose2d(3, 4, 3, stride=2, padding=1, output_padding=1)
    kernel, bias = (torch.from_numpy(weight.numpy()) for weight in ours.convolution.weights)
    with torch.no_grad():
        theirs.weight.copy_(kernel.permute(3, 2, 0, 1))  # (in, out, y, x); Keras has (y, x, out, in)
        theirs.bias.copy_(bias)
        expected = theirs(torch.from_numpy(inputs).permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
    np.testing.assert_allclose(ours(inputs), expected, atol=2e-6)


def test_convolution_of_4_with_stride_2_pads_as_torch_does_with_1():
    torch = pytest.importorskip("torch")
    inputs = random((1, 8, 6, 3))
    ours = convolution(4, 4, 2)
    ours.build(inputs.shape)
    randomize(ours)
    kernel, bias = (torch.from_numpy(weight.numpy()) for weight in ours.weights)
    images = torch.from_numpy(inputs).permute(0, 3, 1, 2)
    expected = torch.nn.functional.conv2d(images, kernel.permute(3, 2, 0, 1), bias, stride=2, padding=1)
    np.testing.assert_allclose(ours(inputs), expected.permute(0, 2, 3, 1), atol=2e-6)


def test_instance_normalization_gives_each_channel_of_each_sample_mean_beta_and_deviation_gamma():
    inputs = 5 + 3 * random((3, 16, 12, 4))
    layer = InstanceNormalization()
    layer.build(inputs.shape)
    layer.gamma.assign([1.0, 2.0, 3.0, 4.0])
    layer.beta.assign([0.0, -1.0, 1.0, 2.0])
    outputs = np.asarray(layer(inputs))
    np.testing.assert_allclose(outputs.mean((1, 2)), np.tile([0, -1, 1, 2], (3, 1)), atol=1e-5)
    np.testing.assert_allclose(outputs.std((1, 2)), np.tile([1, 2, 3, 4], (3, 1)), rtol=1e-5)


def test_residual_block_with_zero_weights_is_the_identity():
    inputs = random(IMAGE)
    block = ResBlock(5)
    block.build(inputs.shape)
    for weight in block.weights:
        weight.assign(tf.zeros_like(weight))
    np.testing.assert_array_equal(block(inputs), inputs)


def test_global_attention_starts_as_the_target_and_then_attends_everywhere():
    target, source = random(IMAGE), random(IMAGE, 1)
    layer = GlobalAttention()
    np.testing.assert_array_equal(layer(target, source), target)
    layer.scale.assign([1.0])
    changed = source.copy()
    changed[:, 0, 0] += 1
    assert np.all(np.any(np.asarray(layer(target, source)) != np.asarray(layer(target, changed)), axis=-1))


def test_blend_takes_the_sampled_features_where_the_share_is_one():
    target, sampled = random(IMAGE), random(IMAGE, 1)
    share = (np.arange(48) % 2).reshape(1, 8, 6, 1).repeat(2, 0).astype(np.float32)
    np.testing.assert_array_equal(Blend()(target, sampled, share), np.where(share == 1, sampled, target))


@pytest.mark.parametrize("normalize", [True, False])
def test_an_encoder_of_several_maps_encodes_their_concatenation(normalize):
    block = EncoderBlock(7, normalize=normalize)
    parts = [random((2, 8, 6, channels), channels) for channels in (3, 1, 4)]
    block(parts)
    randomize(block)
    joined = block(np.concatenate(parts, -1))
    np.testing.assert_allclose(block(parts), joined, atol=1e-5)
    assert block.compute_output_shape([part.shape for part in parts]) == joined.shape
    assert np.abs(block(parts[::-1]) - joined).max() > 0.1, "the order of the parts does not matter"
