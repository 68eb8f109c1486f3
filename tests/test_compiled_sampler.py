"""The compiled sampler computes what the composed one does, in values and gradients."""

import logging

import keras
import numpy as np
import pytest
import tensorflow as tf

from gfla_tf.layers.attention import LocalAttention
from gfla_tf.losses.flow import sampling_correctness
from gfla_tf.models.configured import ConfiguredModel
from gfla_tf.ops.backend import describe_sampler, sampler
from gfla_tf.ops.local_attention import attend
from gfla_tf.ops.sampling import bilinear_sample, gaussian_sample
from tests.helpers import literal

SIZE = (7, 9)

# Standard deviation of the flow in pixels: within the map, partly outside, all outside.
REACHES = {"inside": 0.7, "across_the_border": 5.0, "far_outside": 400.0}

SAMPLERS = {
    "bilinear": lambda image, flow, coefficients: bilinear_sample(image, flow),
    "bilinear_extended": lambda image, flow, coefficients: bilinear_sample(image, flow[:, :3, :5], 2),
    "gaussian": lambda image, flow, coefficients: gaussian_sample(image, flow, 1.5),
    "attend_1": lambda image, flow, coefficients: attend(image, flow, coefficients[..., :1]),
    "attend_3": lambda image, flow, coefficients: attend(image, flow, coefficients[..., :9]),
    "attend_5": attend,
}

needs_compiler = pytest.mark.skipif(
    describe_sampler() != "compiled", reason=f"no compiled sampler here ({describe_sampler()})"
)


def inputs(reach=1.0, channels=3, dtype=np.float32, size=SIZE, batch=2):
    """Image, flow and 25 coefficients that sum to one."""
    draw = np.random.default_rng(channels)
    image = draw.normal(size=(batch, *size, channels))
    flow = draw.normal(0, reach, (batch, *size, 2))
    coefficients = draw.dirichlet(np.ones(25), (batch, *size))
    return [tf.constant(x, dtype) for x in (image, flow, coefficients)]


def with_gradients(sample, arguments):
    """The result and the gradients of a scalar that depends on all of it."""
    with tf.GradientTape() as tape:
        tape.watch(arguments)
        result = sample(*arguments)
        loss = tf.reduce_sum(tf.sin(tf.range(tf.size(result), dtype=result.dtype)) * tf.reshape(result, [-1]))
    return [result, *tape.gradient(loss, arguments, unconnected_gradients="zero")]


def in_both_forms(run):
    """What `run` gives with the compiled and with the composed samplers."""
    results = []
    for form in ("compiled", "composed"):
        with sampler(form):
            results.append(run())
    return zip(*results, strict=True)


def operations(function, *arguments):
    """Kinds of operations in the graph of a function, functions that it calls included."""
    definition = tf.function(function).get_concrete_function(*arguments).graph.as_graph_def()
    nodes = [*definition.node, *(node for called in definition.library.function for node in called.node_def)]
    return {node.op for node in nodes}


@needs_compiler
@pytest.mark.parametrize("channels", [3, 85])  # 85: sixty-four, sixteen and five at a time
@pytest.mark.parametrize("reach", REACHES)
@pytest.mark.parametrize("name", SAMPLERS)
def test_values_and_gradients_are_the_composed_ones(name, reach, channels):
    arguments = inputs(REACHES[reach], channels)
    for value, expected in in_both_forms(lambda: with_gradients(SAMPLERS[name], arguments)):
        np.testing.assert_allclose(value, expected, rtol=1e-5, atol=1e-5)


@needs_compiler
def test_in_float64_they_agree_to_rounding_and_with_the_literal_form():
    layer = LocalAttention(3, 8, dtype="float64")
    target, source = (inputs(dtype=np.float64, channels=c)[0] for c in (4, 4))
    flow = inputs(3.0, dtype=np.float64)[1]
    layer.build(target.shape, source.shape, flow.shape)
    weights = [w.value for w in (layer.patch_kernel, layer.patch_bias, layer.coefficient_kernel)]
    weights.append(layer.coefficient_bias.value)
    arguments = [target, source, flow]
    for value, expected in in_both_forms(lambda: with_gradients(lambda *x: layer(*x)[0], arguments)):
        np.testing.assert_allclose(value, expected, atol=1e-13)
    with sampler("compiled"):
        found = with_gradients(lambda *x: layer(*x)[0], arguments)
    expected = with_gradients(lambda *x: literal.local_attention(*x, *weights)[0], arguments)
    assert layer.sampler == "compiled"
    for value, truth in zip(found, expected, strict=True):
        np.testing.assert_allclose(value, truth, atol=1e-12)


@needs_compiler
@pytest.mark.parametrize("name", ["bilinear", "gaussian", "attend_3"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 3e38])
def test_flows_without_end_and_nan_are_treated_as_in_the_composed_form(name, value):
    image, flow, coefficients = inputs()
    flow = tf.tensor_scatter_nd_update(flow, [(1, 4, 5)], [(value, 0.5)])
    results = in_both_forms(lambda: with_gradients(SAMPLERS[name], [image, flow, coefficients]))
    for (found, expected), what in zip(results, ("result", "image", "flow", "coefficients"), strict=True):
        if what == "image" and np.isnan(value):  # any pixels that the position happens to read
            assert 0 < (~np.isfinite(found)).any(-1).sum() <= 16
        else:
            np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5, err_msg=what)


@needs_compiler
def test_the_same_bits_come_out_every_time_and_for_each_sample_alone():
    image, flow, coefficients = inputs(30.0, 24, size=(24, 20))  # many positions read the same border pixels
    with sampler("compiled"):
        first, *others = (with_gradients(attend, [image, flow, coefficients]) for _ in range(5))
        weight = tf.sin(tf.range(tf.size(first[0]), dtype=tf.float32))
        with tf.GradientTape() as tape:
            alone = image[1:]
            tape.watch(alone)
            result = attend(alone, flow[1:], coefficients[1:])
            loss = tf.reduce_sum(tf.reshape(weight, image.shape)[1:] * result)
    for other in others:
        for value, expected in zip(other, first, strict=True):
            np.testing.assert_array_equal(value, expected)
    np.testing.assert_array_equal(result, first[0][1:])
    np.testing.assert_array_equal(tape.gradient(loss, alone), first[1][1:])


@needs_compiler
def test_no_tensor_of_the_graph_is_larger_than_the_features():
    arguments = inputs(channels=64, size=(16, 16))

    def graph(*arguments):
        return with_gradients(attend, arguments)

    with sampler("compiled"):
        traced = tf.function(graph).get_concrete_function(*arguments).graph
    sizes = [tensor.shape.num_elements() for op in traced.get_operations() for tensor in op.outputs]
    assert max(sizes) <= arguments[0].shape.num_elements()


@needs_compiler
def test_a_graph_leaves_out_the_gradient_of_an_image_that_nobody_wants():
    image, flow, _ = inputs()

    @tf.function
    def to_flow(flow):
        return tf.gradients(bilinear_sample(image, flow), flow)

    with sampler("compiled"):
        kinds = {op.type for op in to_flow.get_concrete_function(flow).graph.get_operations()}
    assert "GflaSampleGradTaps" in kinds and np.isfinite(to_flow(flow)[0]).all()


@needs_compiler
def test_xla_and_half_precision_get_the_composed_form_even_where_the_compiled_one_is_asked_for():
    layer = LocalAttention(3, 8)
    target, flow, _ = inputs(channels=4)
    expected = layer(target, target, flow)[0]
    assert layer.sampler == "compiled"  # which auto chooses
    with sampler("compiled"):
        compiled = tf.function(lambda *x: layer(*x)[0], jit_compile=True)
        np.testing.assert_allclose(compiled(target, target, flow), expected, atol=1e-5)
        assert layer.sampler == "composed"
        assert bilinear_sample(tf.cast(target, "bfloat16"), flow).dtype == "bfloat16"
        assert "GflaSample" not in operations(bilinear_sample, tf.cast(target, "float16"), flow)
        assert "GflaSample" in operations(bilinear_sample, target, flow)


@needs_compiler
def test_autograph_has_nothing_to_say_about_the_choice():
    """It warns of Python that it cannot read."""
    target, flow, _ = inputs(channels=4)
    handler, records = logging.Handler(), []
    handler.emit = records.append
    tf.get_logger().addHandler(handler)
    try:
        assert "GflaSample" in operations(lambda *x: bilinear_sample(*x), target, flow)
    finally:
        tf.get_logger().removeHandler(handler)
    assert [record.getMessage() for record in records if "AutoGraph" in record.getMessage()] == []


@needs_compiler
def test_training_goes_the_same_way():
    image, flow, _ = inputs(3.0, 6)

    def train():
        layer = LocalAttention(3, 8)
        layer.build(image.shape, image.shape, flow.shape)
        for seed, weight in enumerate(layer.weights):
            weight.assign(np.random.default_rng(seed).normal(size=weight.shape) * 0.3)
        moved = tf.Variable(flow)
        variables = [*(weight.value for weight in layer.weights), moved]

        @tf.function
        def step():
            with tf.GradientTape() as tape:
                attended = layer(tf.reverse(image, [0]), image, moved)[0]
                loss = tf.reduce_mean(tf.square(attended - image))
                loss += sampling_correctness(image, tf.reverse(image, [0]), moved)
            for variable, gradient in zip(variables, tape.gradient(loss, variables), strict=True):
                variable.assign_sub(0.5 * gradient)
            return loss

        losses = [step() for _ in range(4)]
        assert losses[-1] < losses[0]
        return [*losses, *variables]

    for value, expected in in_both_forms(train):
        np.testing.assert_allclose(value, expected, atol=1e-5)


@needs_compiler
def test_what_is_exported_holds_no_operation_of_ours(tmp_path):
    image, flow, _ = inputs(3.0)
    given = {name: keras.Input(x.shape[1:], name=name) for name, x in (("image", image), ("flow", flow))}
    attended, _ = LocalAttention(3, 8)(given["image"], given["image"], given["flow"])
    model = ConfiguredModel(given, {"attended": attended}, {})
    arrays = {"image": image, "flow": flow}
    expected = model(arrays)["attended"]
    with sampler("compiled"):
        model.export(tmp_path / "exported", verbose=False)
    assert b"GflaSample" not in (tmp_path / "exported" / "saved_model.pb").read_bytes()
    loaded = tf.saved_model.load(tmp_path / "exported")
    np.testing.assert_allclose(loaded.serve(arrays)["attended"], expected, atol=1e-5)
