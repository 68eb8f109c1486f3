"""Local attention without patches equals local attention as it is defined, value for value and gradient for gradient."""

import numpy as np
import pytest
import tensorflow as tf

from gfla_tf.layers.attention import LocalAttention
from gfla_tf.ops.local_attention import attend
from tests.helpers import literal
from tests.test_sampling import MODES, REACHES, assert_derivative_is_numerical, composed  # noqa: F401

pytestmark = pytest.mark.filterwarnings(
    "ignore:You are using a softmax over axis -1"
)  # n = 1 has one coefficient

SIZE, CHANNELS = (6, 7), 3
INPUTS = ("target", "source", "flow")
WEIGHTS = ("patch_kernel", "patch_bias", "coefficient_kernel", "coefficient_bias")


def case(n, reach, dtype=np.float64, size=SIZE, channels=CHANNELS):
    """A layer of random weights and (target, source, flow)."""
    draw = np.random.default_rng(n)
    target, source = (tf.constant(draw.normal(size=(2, *size, channels)), dtype) for _ in range(2))
    flow = np.round(draw.normal(0, reach, (2, *size, 2)))
    flow += draw.uniform(0.1, 0.9, flow.shape)  # away from whole pixels, where the derivative jumps
    layer = LocalAttention(n, dtype=np.dtype(dtype).name)
    layer.build(target.shape, source.shape, flow.shape)
    for weight in layer.weights:
        fan_in = np.prod(weight.shape[:-1])
        weight.assign(
            draw.normal(size=weight.shape) / np.sqrt(fan_in) * (3 if "coefficient" in weight.name else 1)
        )
    return layer, target, source, tf.constant(flow, dtype)


def loss_of(attended, coefficients):
    """A scalar that depends on every output in a different way."""
    weight = tf.reshape(tf.range(tf.size(attended), dtype=attended.dtype), tf.shape(attended))
    share = tf.reshape(tf.range(tf.size(coefficients), dtype=attended.dtype), tf.shape(coefficients))
    return 25 * tf.reduce_mean(tf.sin(weight) * attended) + tf.reduce_mean(tf.cos(share) * coefficients)


def weights_of(layer):
    return [getattr(layer, name).value for name in WEIGHTS]


@pytest.mark.parametrize("reach", REACHES)
@pytest.mark.parametrize("n", [1, 3, 5])
def test_layer_equals_the_literal_form(n, reach):
    layer, *inputs = case(n, REACHES[reach])
    attended, coefficients = layer(*inputs)
    expected, expected_coefficients = literal.local_attention(*inputs, *weights_of(layer))
    np.testing.assert_allclose(coefficients, expected_coefficients, atol=1e-12)
    np.testing.assert_allclose(attended, expected, atol=1e-12)
    np.testing.assert_allclose(tf.reduce_sum(coefficients, axis=-1), 1, atol=1e-12)


@pytest.mark.parametrize("reach", REACHES)
@pytest.mark.parametrize("n", [1, 3, 5])
def test_all_gradients_equal_those_of_the_literal_form(n, reach):
    layer, *inputs = case(n, REACHES[reach])
    variables = [getattr(layer, name).value for name in WEIGHTS]

    def gradients(f):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            loss = loss_of(*f())
        gradients = tape.gradient(loss, [*inputs, *variables], unconnected_gradients="zero")
        return [tf.convert_to_tensor(g) for g in gradients]

    ours = gradients(lambda: layer(*inputs))
    expected = gradients(lambda: literal.local_attention(*inputs, *variables))
    for name, g, e in zip(INPUTS + WEIGHTS, ours, expected, strict=True):
        np.testing.assert_allclose(g, e, atol=1e-12, err_msg=name)
        may_vanish = (n == 1 and name not in ("source", "flow")) or (
            reach == "far_outside" and name == "flow"
        )
        assert may_vanish or np.abs(g).max() > 1e-6, name


@pytest.mark.parametrize("name", INPUTS + WEIGHTS)
@pytest.mark.parametrize("n", [3, 5])
def test_gradient_equals_numerical_differences(n, name):
    layer, *inputs = case(n, REACHES["across_the_border"])
    if name in INPUTS:
        position = INPUTS.index(name)

        def f(x):
            return loss_of(*layer(*inputs[:position], x, *inputs[position + 1 :]))

        assert_derivative_is_numerical(f, inputs[position])
        return
    # A weight is assigned for the quotient, and watched for the gradient.
    variable = getattr(layer, name)
    value, step = variable.value.numpy(), 1e-6
    direction = np.random.default_rng(5).normal(size=value.shape)
    with tf.GradientTape() as tape:
        loss = loss_of(*layer(*inputs))
    derivative = np.sum(tape.gradient(loss, variable.value) * direction)
    values = []
    for sign in (1, -1):
        variable.assign(value + sign * step * direction)
        values.append(float(loss_of(*layer(*inputs))))
    np.testing.assert_allclose(derivative, (values[0] - values[1]) / (2 * step), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("mode", MODES)
def test_graph_and_compiled_layer_equal_the_eager_one_with_their_gradients(mode):
    layer, *inputs = case(3, REACHES["across_the_border"], np.float32)

    def f(*inputs):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            outputs = layer(*inputs)
            loss = loss_of(*outputs)
        return *outputs, *tape.gradient(loss, inputs)

    for ours, eager in zip(MODES[mode](f)(*inputs), f(*inputs), strict=True):
        np.testing.assert_allclose(ours, eager, atol=2e-6)


@pytest.mark.parametrize("mode", MODES)
def test_a_nan_flow_gives_nan_at_its_own_position_alone(mode):
    layer, target, source, flow = case(3, REACHES["inside"], np.float32)
    broken = tf.tensor_scatter_nd_update(flow, [(0, 3, 3)], [(np.nan, 1.0)])
    for ours, expected in zip(
        MODES[mode](layer)(target, source, broken), layer(target, source, flow), strict=True
    ):
        ours, expected = np.array(ours), np.array(expected)
        assert np.isnan(ours[0, 3, 3]).all()
        ours[0, 3, 3] = expected[0, 3, 3]
        np.testing.assert_allclose(ours, expected, atol=2e-6)


@pytest.mark.parametrize(("mode", "value"), [*((mode, np.inf) for mode in MODES), ("eager", 1e20)])
def test_a_flow_to_infinity_attends_to_the_border(mode, value):
    layer, target, source, flow = case(3, REACHES["inside"], np.float32)
    flow = tf.tensor_scatter_nd_update(flow, [(0, 3, 3)], [(-value, value)])

    def f(*inputs):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            attended, coefficients = layer(*inputs)
            loss = loss_of(attended, coefficients)
        return attended, *tape.gradient(loss, inputs)

    attended, *gradients = MODES[mode](f)(target, source, flow)
    np.testing.assert_allclose(attended[0, 3, 3], source[0, -1, 0] / 9, atol=1e-6)
    assert all(np.isfinite(g).all() for g in gradients)


def test_uniform_coefficients_and_no_flow_give_the_box_mean_over_n_squared():
    _, _, source, _ = case(3, 1.0)
    uniform = tf.fill((2, *SIZE, 9), tf.constant(1 / 9, tf.float64))
    attended = attend(source, tf.zeros((2, *SIZE, 2), tf.float64), uniform)
    padded = np.pad(source, ((0, 0), (1, 1), (1, 1), (0, 0)), "edge")
    mean = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2)).mean((-1, -2))
    np.testing.assert_allclose(attended, mean / 9, atol=1e-12)


def tensor_sizes(f, *inputs):
    """Elements of every tensor in the graph of f and of its gradient; None where the graph cannot tell."""

    def with_gradient(*inputs):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            loss = loss_of(*f(*inputs))
        return tape.gradient(loss, inputs)

    graph = tf.function(with_gradient).get_concrete_function(*inputs).graph
    return [tensor.shape.num_elements() for op in graph.get_operations() for tensor in op.outputs]


@pytest.mark.parametrize("n", [3, 5])
def test_no_tensor_of_forward_and_backward_pass_is_n_squared_times_the_features(n):
    layer, *inputs = case(n, 1.0, np.float32, size=(32, 24), channels=64)
    features = inputs[0].shape.num_elements()
    ours = tensor_sizes(layer, *inputs)
    assert None not in ours
    assert max(ours) <= (n + 1) * features < n * n * features
    definition = tensor_sizes(lambda *x: literal.local_attention(*x, *weights_of(layer)), *inputs)
    assert max(size or 0 for size in definition) >= n * n * features
