"""Both lowerings compute what the Keras layers do, of operations that GPU delegates run, in half precision too."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from gfla_tf.export.convert.graphs import tflite_flatbuffer
from gfla_tf.export.convert.operations import operation_histogram
from gfla_tf.export.convert.signatures import Form
from gfla_tf.export.verify.accelerators import run, why_not
from gfla_tf.export.verify.lint import lint
from gfla_tf.export.verify.stress import ACTIVATION, FLOW, stress
from gfla_tf.export.verify.verification import LARGEST_DIFFERENCE, LOWEST_PSNR

from gfla_tf.errors import GflaError
from gfla_tf.layers.attention import LocalAttention
from gfla_tf.layers.normalization import FoldedInstanceNormalization, InstanceNormalization
from gfla_tf.litert.runner import TFLiteModel
from gfla_tf.metrics.image import psnr
from gfla_tf.ops.backend import describe_sampler, may_be_half, sampler
from gfla_tf.ops.native.litert_delegate import sampler_delegate
from tests.helpers.small_tflite import write_tflite
from tests.helpers.tiny_sources import PRESETS, tiny_source

LOWERINGS = ("gather", "resampler")
SHAPES = {"target": (1, 10, 14, 8), "source": (1, 10, 14, 8), "flow": (1, 10, 14, 2)}
SETTINGS = {"heat_map_sigma": 4.0, "limb_sigma": None, "drawing": "simple"}


def has_compiler():
    try:
        return bool(sampler_delegate())
    except GflaError:
        return False


needs_compiler = pytest.mark.skipif(
    not has_compiler(), reason=f"LiteRT's CPU has no Resampler without a compiler ({describe_sampler()})"
)


def needs(accelerator):
    reason = why_not(accelerator)
    return pytest.mark.skipif(reason is not None, reason=f"{accelerator} cannot be used here: {reason}")


def in_db(expected, found):
    """PSNR relative to the range of what is expected."""
    return psnr(np.mean((expected - found) ** 2), np.ptp(expected))


def source_of(task):
    return tiny_source(task, SETTINGS, image_size=(32, 32))


@pytest.fixture(scope="module")
def layer():
    """Local attention between instance norms, all that samples and all that squares."""
    x = {name: keras.Input(shape[1:], name=name) for name, shape in SHAPES.items()}
    attended, _ = LocalAttention(5, 16)(
        InstanceNormalization()(x["target"]), InstanceNormalization()(x["source"]), x["flow"]
    )
    model = keras.Model(x, {"attended": attended, "norm": InstanceNormalization()(x["source"] + attended)})
    for seed, weight in enumerate(model.weights):
        weight.assign(weight + np.random.default_rng(seed).normal(size=weight.shape) * 0.1)
    return model


@pytest.fixture(scope="module")
def files(layer, tmp_path_factory):
    """{lowering: .tflite of the layer}."""
    folder, weights = tmp_path_factory.mktemp("layer"), [weight.value for weight in layer.weights]
    return {
        form: write_tflite(folder / f"{form}.tflite", lambda **x: layer(x), form, weights, **SHAPES)
        for form in LOWERINGS
    }


def stressed(seed=0):
    """Activations of several hundred and flows of +-100 pixels."""
    draw = np.random.default_rng(seed)
    given = {name: draw.normal(0, ACTIVATION, shape).astype(np.float32) for name, shape in SHAPES.items()}
    given["flow"] = draw.uniform(-FLOW, FLOW, SHAPES["flow"]).astype(np.float32)
    given["flow"][0, 2:8] *= 0.05  # most of the others point outside
    return given


def keras_outputs(layer, given):
    with sampler("composed"):
        return {name: np.asarray(value) for name, value in layer(given).items()}


def test_each_lowering_has_its_operations(files):
    histograms = {form: operation_histogram(path.read_bytes()) for form, path in files.items()}
    taps = 6 * 6 + 2 * 2
    assert histograms["gather"]["GATHER"] == taps and not any(
        name.startswith("CUSTOM") for name in histograms["gather"]
    )
    assert histograms["resampler"]["CUSTOM:Resampler"] == taps and "GATHER" not in histograms["resampler"]
    for histogram in histograms.values():
        assert not {"GATHER_ND", "BROADCAST_TO", "SELECT", "SQUARED_DIFFERENCE"} & set(histogram)


@pytest.mark.parametrize("form", ["gather", pytest.param("resampler", marks=needs_compiler)])
def test_a_lowering_computes_what_the_layer_does(layer, files, form):
    given = stressed()
    found = TFLiteModel(files[form])(**given)
    for name, expected in keras_outputs(layer, given).items():
        np.testing.assert_allclose(found[name], expected, atol=1e-5 * np.abs(expected).max())


@pytest.mark.slow
@pytest.mark.parametrize("form", LOWERINGS)
@pytest.mark.parametrize("task", PRESETS)
def test_networks_keep_the_delegates_rules(task, form, tmp_path):
    path = tmp_path / "network.tflite"
    path.write_bytes(tflite_flatbuffer(source_of(task), tmp_path / "graph", Form(lowering=form)))
    assert [str(finding) for finding in lint(path)] == []


@needs("gpu")
@pytest.mark.parametrize("form", LOWERINGS)
def test_the_gpu_accelerator_alone_runs_a_lowering_within_a_thousandth(layer, files, form):
    given = stressed()
    ran = run(files[form], [given], "gpu")
    assert ran.fully_accelerated
    for name, expected in keras_outputs(layer, given).items():
        assert np.abs(ran.outputs[0][name] - expected).max() < LARGEST_DIFFERENCE * max(
            1, np.abs(expected).max()
        )


@needs("gpu_fp16")
@pytest.mark.parametrize("form", LOWERINGS)
def test_half_precision_on_the_gpu_keeps_35_db_under_stress(layer, files, form):
    given = stressed()
    ran = run(files[form], [given], "gpu_fp16")
    assert ran.fully_accelerated
    for name, expected in keras_outputs(layer, given).items():
        assert in_db(expected, ran.outputs[0][name]) > LOWEST_PSNR
        assert np.abs(ran.outputs[0][name] - expected).max() > 1e-4, "this was no half precision"


@needs("gpu")
def test_a_network_runs_on_the_gpu_accelerator_alone(tmp_path):
    findings, checks = stress(source_of("pose"), tmp_path, accelerators=("gpu",))
    assert findings == [] and [check.wrong for check in checks] == [None]
    assert checks[0].difference < LARGEST_DIFFERENCE


def maps(scale):
    """Ordinary maps, one with a far mean, one with a single bright pixel, and a constant one."""
    x = np.random.default_rng(1).normal(size=(1, 32, 32, 4))
    x[..., 1] += 3
    x[..., 2] = 0
    x[0, 5, 7, 2] = 1
    x[..., 3] = 0.5
    return (x * scale).astype(np.float32)


@pytest.mark.parametrize("norm", [InstanceNormalization, FoldedInstanceNormalization])
@pytest.mark.parametrize("scale", [1e-3, 1, 600])
def test_norms_for_phones_compute_what_those_for_training_do(norm, scale):
    layer, x = norm(), maps(scale)
    expected = np.asarray(layer(x))
    with sampler("gather"):
        assert may_be_half()
        found = np.asarray(layer(x))
    np.testing.assert_allclose(found, expected, atol=2e-4)
    assert not np.array_equal(found, expected), "they are the same code"


@pytest.mark.parametrize("scale", [0.05, 1, 600])
def test_norms_survive_half_precision_where_plain_ones_do_not(scale, tmp_path):
    layer, x = InstanceNormalization(), maps(scale)
    layer.build(x.shape)
    weights = [weight.value for weight in layer.weights]
    expected, found = np.asarray(layer(x)), {}
    for form in ("gather", "composed"):
        path = write_tflite(tmp_path / f"{form}.tflite", lambda x: layer(x), form, weights, x=x.shape)
        found[form] = run(path, [{"x": x}], "cpu_fp16").outputs[0]["generated"]
    assert in_db(expected[..., :3], found["gather"][..., :3]) > 60
    assert np.abs(found["gather"][..., 3]).max() < 0.1, "a constant map is none any more"
    if scale > 255:
        assert not in_db(expected[..., :2], found["composed"][..., :2]) > 30


def test_flat_indices_beyond_2048_come_from_integers(tmp_path):
    """64 x 64 pixels: as floats, half precision would round every other index."""

    def read(image, flow):
        from gfla_tf.ops.sampling import bilinear_sample

        return bilinear_sample(image, flow)

    path = write_tflite(tmp_path / "read.tflite", read, image=(1, 64, 64, 2), flow=(1, 64, 64, 2))
    assert "GATHER" in operation_histogram(path.read_bytes()) and lint(path) == []
    draw = np.random.default_rng(0)
    given = {
        "image": draw.normal(size=(1, 64, 64, 2)),
        "flow": np.round(draw.uniform(-70, 70, (1, 64, 64, 2))),
    }
    given = {name: value.astype(np.float32) for name, value in given.items()}
    expected = np.asarray(read(**{name: tf.constant(value) for name, value in given.items()}))
    for accelerator in ("cpu_fp16", "gpu_fp16"):
        if why_not(accelerator) is None:
            found = run(path, [given], accelerator).outputs[0]["generated"]
            np.testing.assert_allclose(found, expected, atol=4e-3)
