"""The compiled sampler as a custom operation of LiteRT: what the converter writes, and what the delegate computes."""

import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from gfla_tf.export.convert.operations import operation_histogram

from gfla_tf.layers.attention import LocalAttention
from gfla_tf.ops.backend import describe_sampler, sampler
from gfla_tf.ops.native.litert_delegate import delegates_for

pytestmark = pytest.mark.skipif(
    describe_sampler() != "compiled", reason=f"no compiled sampler here ({describe_sampler()})"
)
SHAPES = {"target": (1, 11, 13, 20), "source": (1, 11, 13, 20), "flow": (1, 11, 13, 2)}


@pytest.fixture(scope="module")
def layer():
    layer = LocalAttention(5, 24)
    layer.build(*SHAPES.values())
    for seed, weight in enumerate(layer.weights):
        weight.assign(np.random.default_rng(seed).normal(size=weight.shape) * 0.1)
    return layer


@pytest.fixture(scope="module")
def files(layer, tmp_path_factory):
    """{form: .tflite of the layer}."""
    result, folder = {}, tmp_path_factory.mktemp("layer")
    for form in ("litert", "composed"):
        module = tf.Module()
        module.weights = [weight.value for weight in layer.weights]
        function = tf.function(lambda **x: dict(zip(("attended", "coefficients"), layer(**x), strict=True)))
        with sampler(form):
            traced = function.get_concrete_function(
                **{name: tf.TensorSpec(shape, name=name) for name, shape in SHAPES.items()}
            )
        options = tf.saved_model.SaveOptions(experimental_custom_gradients=False)
        tf.saved_model.save(
            module, str(folder / form), signatures={"serving_default": traced}, options=options
        )
        converter = tf.lite.TFLiteConverter.from_saved_model(str(folder / form), ["serving_default"])
        converter.allow_custom_ops = form == "litert"
        result[form] = folder / f"{form}.tflite"
        result[form].write_bytes(converter.convert())
    return result


def arrays(reach):
    draw = np.random.default_rng(0)
    result = {name: draw.normal(size=shape).astype(np.float32) for name, shape in SHAPES.items()}
    result["flow"] *= reach
    return result


def test_the_file_holds_two_operations_in_place_of_the_samplers(files):
    histogram = operation_histogram(files["litert"].read_bytes())
    assert histogram["CUSTOM:GflaSample"] == 2 and "GATHER" not in histogram
    assert not any(name.startswith("CUSTOM") for name in operation_histogram(files["composed"].read_bytes()))


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("reach", [0.7, 5.0, 400.0])
def test_the_delegate_computes_what_the_layer_does(layer, files, reach, threads):
    given = arrays(reach)
    given["flow"][0, 2, 3] = np.inf, -3e38
    given["flow"][0, 4, 5, 0] = np.nan
    with sampler("composed"):
        expected = dict(zip(("attended", "coefficients"), layer(**given), strict=True))
    interpreter = Interpreter(
        str(files["litert"]), num_threads=threads, experimental_delegates=delegates_for(files["litert"])
    )
    run = interpreter.get_signature_runner()
    for _ in range(2):
        found = {name: np.array(value) for name, value in run(**given).items()}
    assert (
        np.isnan(found["attended"][0, 4, 5]).all()
        and np.isnan(found["attended"]).sum() == SHAPES["source"][3]
    )
    for name, value in found.items():
        np.testing.assert_allclose(value, expected[name], atol=1e-5)


def test_several_interpreters_share_the_delegate_and_take_other_sizes(layer, files):
    given = arrays(2.0)
    several = [
        Interpreter(str(files["litert"]), experimental_delegates=delegates_for(files["litert"]))
        for _ in range(2)
    ]
    first, second = (interpreter.get_signature_runner()(**given)["attended"] for interpreter in several)
    np.testing.assert_array_equal(first, second)
    for detail in several[0].get_input_details():
        several[0].resize_tensor_input(detail["index"], [2, *detail["shape"][1:]])
    several[0].allocate_tensors()
    twice = {name: np.concatenate([value, value]) for name, value in given.items()}
    np.testing.assert_allclose(several[0].get_signature_runner()(**twice)["attended"][1:], second, atol=1e-6)


def test_a_file_without_the_operation_needs_no_delegate(files):
    assert delegates_for(files["composed"]) == []
    with pytest.raises(RuntimeError, match="GflaSample"):
        Interpreter(str(files["litert"])).allocate_tensors()
