"""The lowering for CPUs computes what the network does, without the operations that LiteRT's fast kernels do slowly."""

import keras
import numpy as np
import pytest
from gfla_tf.export.convert.graphs import tflite_flatbuffer
from gfla_tf.export.convert.operations import operation_histogram
from gfla_tf.export.convert.signatures import Form

from gfla_tf.layers.convolution import UpsamplingConvolution
from gfla_tf.layers.normalization import InstanceNormalization
from gfla_tf.litert.runner import TFLiteModel
from gfla_tf.ops.backend import sampler
from gfla_tf.ops.cpu_lowering import normalize, upsampling_convolution
from tests.test_lowering import PRESETS, source_of


@pytest.mark.parametrize("task", PRESETS)
def test_networks_compute_what_keras_does(task, tmp_path):
    source = source_of(task)
    path = tmp_path / "network.tflite"
    path.write_bytes(tflite_flatbuffer(source, tmp_path / "graph", Form(lowering="cpu")))
    model, draw = TFLiteModel(path), np.random.default_rng(0)
    given = {
        name: draw.uniform(-1, 1, shape).astype(np.float32) for name, shape in sorted(model.inputs.items())
    }
    with sampler("composed"):
        expected = source.generator(given, training=False)
    for name, value in model(**given).items():
        value, right = np.asarray(value), np.asarray(expected[name])
        np.testing.assert_allclose(value, right, atol=1e-4 * max(1, np.abs(right).max()), err_msg=name)
    histogram = operation_histogram(path.read_bytes())
    assert not {"TRANSPOSE_CONV", "MIRROR_PAD", "ABS"} & set(histogram)


@pytest.mark.parametrize("lowering", ["gather", "resampler"])
def test_no_lowering_pads_by_reflection(lowering, tmp_path):
    flatbuffer = tflite_flatbuffer(source_of("pose"), tmp_path / "graph", Form(lowering=lowering))
    assert "MIRROR_PAD" not in operation_histogram(flatbuffer)


def test_phases_are_the_transposed_convolutions():
    draw = np.random.default_rng(0)
    x, y = (draw.normal(size=(2, 5, 7, channels)).astype(np.float32) for channels in (3, 4))
    layers = [UpsamplingConvolution(6), UpsamplingConvolution(6)]
    expected = layers[0](x) + layers[1](y)
    for layer in layers:
        layer.convolution.bias.assign(draw.normal(size=6))
    expected = layers[0](x) + layers[1](y)
    inner = [layer.convolution for layer in layers]
    found = upsampling_convolution([x, y], [layer.kernel for layer in inner], [layer.bias for layer in inner])
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_three_passes_are_the_norm():
    layer = InstanceNormalization()
    x = keras.random.normal((2, 9, 8, 5), seed=1) * 30 + 100
    layer.build(x.shape)
    layer.gamma.assign([1, 2, 3, 4, 5])
    layer.beta.assign([5, 4, 3, 2, 1])
    np.testing.assert_allclose(
        normalize(x, layer.gamma, layer.beta, layer.epsilon), layer(x), rtol=1e-5, atol=5e-5
    )
