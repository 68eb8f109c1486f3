"""Bilinear and Gaussian sampling: equal to their definitions, differentiable, and safe for any flow."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gfla_tf.keypoints import poses
from gfla_tf.ops import backend
from gfla_tf.ops.heat_maps import heat_maps
from gfla_tf.ops.sampling import bilinear_sample, edge_pad, gaussian_sample, split_flow
from tests.helpers import literal

SAMPLERS = {"bilinear": (bilinear_sample, literal.bilinear), "gaussian": (gaussian_sample, literal.gaussian)}
MODES = {
    "eager": lambda f: f,
    "graph": tf.function,
    "compiled": lambda f: tf.function(f, jit_compile=True),
}
# Standard deviation of the flow in pixels on a map of 7 x 9: within it, partly outside, all outside.
REACHES = {"inside": 0.7, "across_the_border": 5.0, "far_outside": 400.0}


@pytest.fixture(autouse=True)
def composed(monkeypatch):
    """The compiled form is compared with this one in test_compiled_sampler.py."""
    monkeypatch.setenv("GFLA_SAMPLER", "composed")


def image_and_flow(reach, batch=2, size=(7, 9), channels=3, dtype=np.float64, seed=0):
    draw = np.random.default_rng(seed)
    flow = np.round(draw.normal(0, reach, (batch, *size, 2)))
    flow += draw.uniform(0.1, 0.9, flow.shape)  # away from whole pixels, where the derivative jumps
    image = draw.normal(size=(batch, *size, channels))
    return tf.constant(image, dtype), tf.constant(flow, dtype)


def assert_derivative_is_numerical(f, x, step=1e-6, rtol=1e-6):
    """The gradient of `f` (a scalar in float64) at x, along a random direction, is the difference quotient."""
    direction = tf.constant(np.random.default_rng(5).normal(size=x.shape))
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = f(x)
    gradient = tf.convert_to_tensor(tape.gradient(value, x))
    quotient = (f(x + step * direction) - f(x - step * direction)) / (2 * step)
    np.testing.assert_allclose(tf.reduce_sum(gradient * direction), quotient, rtol=rtol, atol=1e-8)


@pytest.mark.parametrize("reach", REACHES)
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_sampler_equals_the_literal_form(sampler, reach):
    ours, definition = SAMPLERS[sampler]
    image, flow = image_and_flow(REACHES[reach])
    np.testing.assert_allclose(ours(image, flow), definition(image, flow), atol=1e-12)


@pytest.mark.parametrize(("sigma", "kernel"), [(0.8, 4), (2.0, 2), (1.5, 6)])
def test_gaussian_sampling_equals_the_literal_form_for_other_windows(sigma, kernel):
    image, flow = image_and_flow(2.0)
    np.testing.assert_allclose(
        gaussian_sample(image, flow, sigma, kernel), literal.gaussian(image, flow, sigma, kernel), atol=1e-12
    )


@pytest.mark.parametrize("reach", REACHES)
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_gradients_equal_those_of_the_literal_form_and_numerical_ones(sampler, reach):
    ours, definition = SAMPLERS[sampler]
    image, flow = image_and_flow(REACHES[reach])
    weight = tf.constant(np.random.default_rng(1).normal(size=image.shape))

    def gradients(f):
        with tf.GradientTape() as tape:
            tape.watch([image, flow])
            loss = tf.reduce_sum(weight * tf.sin(f(image, flow)))
        return [tf.convert_to_tensor(g) for g in tape.gradient(loss, [image, flow])]

    for g, expected in zip(gradients(ours), gradients(definition), strict=True):
        np.testing.assert_allclose(g, expected, atol=1e-12)
    assert_derivative_is_numerical(lambda x: tf.reduce_sum(weight * tf.sin(ours(x, flow))), image)
    assert_derivative_is_numerical(lambda x: tf.reduce_sum(weight * tf.sin(ours(image, x))), flow)


def test_flow_component_0_points_right_and_component_1_down():
    image = tf.constant(np.arange(20.0).reshape(1, 4, 5, 1))
    flow = tf.constant([1.0, 2.0], shape=(1, 1, 1, 2)) * tf.ones((1, 4, 5, 1))
    assert float(bilinear_sample(image, flow)[0, 1, 2, 0]) == float(image[0, 3, 3, 0])


def test_zero_flow_gives_the_image_back():
    image, flow = image_and_flow(1.0)
    np.testing.assert_array_equal(bilinear_sample(image, tf.zeros_like(flow)), image)


def test_bilinear_sampling_of_an_extended_image_starts_at_its_offset():
    image, flow = image_and_flow(0.5)
    extended = tf.pad(image, [(0, 0), (3, 3), (3, 3), (0, 0)], "SYMMETRIC")
    shifted = flow + 3
    np.testing.assert_allclose(
        bilinear_sample(extended, flow, offset=3),
        literal.bilinear(extended, embed(shifted, 3))[:, :7, :9],
        atol=1e-12,
    )


def embed(flow, size):
    return tf.pad(flow, [(0, 0), (0, 2 * size), (0, 2 * size), (0, 0)])


def test_a_small_image_can_be_read_from_anywhere_in_a_much_larger_flow_grid():
    image = tf.constant(np.random.default_rng(0).normal(size=(1, 3, 4, 2)))
    y, x = np.mgrid[:150, :200]
    flow = np.stack([1.25 - x, 0.5 - y], axis=-1)[None]  # every position reads (0.5, 1.25)
    sampled = bilinear_sample(image, tf.constant(flow))
    expected = (0.75 * image[0, :2, 1] + 0.25 * image[0, :2, 2])[0] / 2
    expected += (0.75 * image[0, :2, 1] + 0.25 * image[0, :2, 2])[1] / 2
    np.testing.assert_allclose(sampled, np.broadcast_to(expected, sampled.shape), atol=1e-12)


def test_edge_pad_repeats_the_border():
    image, _ = image_and_flow(1.0)
    np.testing.assert_array_equal(edge_pad(image, 2), np.pad(image, ((0, 0), (2, 2), (2, 2), (0, 0)), "edge"))


def test_split_flow_gives_whole_pixels_and_a_fraction_from_0_to_1():
    flow = tf.constant([-3.25, 0.0, 5.75, -1e30, 1e30, -np.inf, np.inf, -1e-9], shape=(1, 2, 2, 2))
    (whole_x, whole_y), (fraction_x, fraction_y) = split_flow(flow, (50, 60))
    np.testing.assert_array_equal(tf.reshape(whole_x, [-1])[:2], [-4, 5])
    np.testing.assert_allclose(tf.reshape(fraction_x, [-1])[:2], [0.75, 0.75])
    for fraction in (fraction_x, fraction_y):
        assert np.all((np.asarray(fraction) >= 0) & (np.asarray(fraction) <= 1))
    assert np.abs(whole_x).max() < 200 and np.abs(whole_y).max() < 200


@pytest.mark.parametrize(
    ("mode", "value"), [*((mode, np.inf) for mode in MODES), ("eager", 1e9), ("eager", 3e38)]
)
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_flow_to_infinity_gives_the_border_and_no_gradient(sampler, mode, value):
    ours = SAMPLERS[sampler][0]
    image, flow = image_and_flow(0.5, dtype=np.float32)
    flow = tf.tensor_scatter_nd_update(flow, [(0, 2, 3)], [(value, -value)])

    def f(image, flow):
        with tf.GradientTape() as tape:
            tape.watch([image, flow])
            result = ours(image, flow)
        return result, *tape.gradient(result, [image, flow])

    result, to_image, to_flow = MODES[mode](f)(image, flow)
    np.testing.assert_allclose(result[0, 2, 3], image[0, 0, -1], rtol=1e-5)
    np.testing.assert_array_equal(to_flow[0, 2, 3], [0, 0])
    assert np.isfinite(result).all() and np.isfinite(to_image).all() and np.isfinite(to_flow).all()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_nan_flow_gives_nan_at_its_own_position_alone(sampler, mode):
    ours = SAMPLERS[sampler][0]
    image, flow = image_and_flow(0.5, dtype=np.float32)
    broken = tf.tensor_scatter_nd_update(flow, [(1, 4, 5)], [(np.nan, np.nan)])
    sampled, expected = np.array(MODES[mode](ours)(image, broken)), np.array(ours(image, flow))
    assert np.isnan(sampled[1, 4, 5]).all()
    sampled[1, 4, 5] = expected[1, 4, 5]
    np.testing.assert_allclose(sampled, expected, atol=1e-6)


@pytest.mark.parametrize("mode", MODES)
def test_a_nan_flow_leaves_the_gradient_of_other_positions_alone(mode):
    image, flow = image_and_flow(0.5, dtype=np.float32)
    broken = tf.tensor_scatter_nd_update(flow, [(1, 4, 5)], [(np.nan, 0.0)])

    def f(image, flow):
        with tf.GradientTape() as tape:
            tape.watch([image, flow])
            result = bilinear_sample(image, flow)
        return tape.gradient(result, [image, flow])

    (to_image, to_flow), (_, expected) = MODES[mode](f)(image, broken), f(image, flow)
    finite = np.isfinite(to_flow).all(-1)
    assert not finite[1, 4, 5] and finite.sum() == finite.size - 1
    np.testing.assert_allclose(to_flow[finite], expected[finite], atol=1e-5)
    assert (~np.isfinite(to_image)).any(-1).sum() <= 4  # at most the pixels which that position reads


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_positions_stay_float32_when_the_image_is_half(dtype):
    """A flow of 1000.3 pixels rounds to 1000.5 in float16 and to 1000 in bfloat16; the sampled ramp tells."""
    ramp = np.arange(1200.0) % 8
    image = tf.constant(np.broadcast_to(ramp[None, None, :, None], (1, 1, 1200, 1)), tf.float32)
    flow = tf.constant([1000.3, 0.0], shape=(1, 1, 1, 2)) * tf.ones((1, 1, 1200, 1))
    for sampler in (bilinear_sample, gaussian_sample):
        full, half = sampler(image, flow), sampler(tf.cast(image, dtype), flow)
        assert half.dtype == dtype
        np.testing.assert_allclose(
            tf.cast(half, "float32"), full, atol=0.04 if dtype == "bfloat16" else 0.005
        )


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_gradients_of_many_positions_add_up_in_half_precision(dtype):
    image = tf.zeros((1, 64, 64, 1), dtype)
    flow = tf.fill((1, 64, 64, 2), -1000.0)  # 4096 positions read one pixel; bfloat16 could count to 256
    with tf.GradientTape() as tape:
        tape.watch(image)
        loss = tf.reduce_sum(tf.cast(bilinear_sample(image, flow), "float32"))
    assert float(tape.gradient(loss, image)[0, 0, 0, 0]) == 4096


@pytest.mark.parametrize("sigma", [1.0, 6.0])
def test_heat_maps_in_a_graph_equal_those_of_the_data(sigma):
    draw = np.random.default_rng(0)
    keypoints = draw.uniform(-20, 60, (3, 18, 3)).astype(np.float32)  # some outside
    keypoints[..., 2] = draw.integers(0, 2, (3, 18))  # some missing
    np.testing.assert_allclose(
        heat_maps(keypoints, (40, 32), sigma), poses.heat_maps(keypoints, (40, 32), sigma), atol=1e-6
    )


def test_samplers_keep_the_types_of_the_data_under_a_mixed_policy():
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        image, flow = image_and_flow(1.0, dtype=np.float32)
        assert bilinear_sample(image, flow).dtype == gaussian_sample(image, flow).dtype == tf.float32
    finally:
        keras.config.set_dtype_policy(policy)


@pytest.mark.parametrize("lowering", ["gather", "cpu"])
@pytest.mark.parametrize("channels", [1, 3, 5])
def test_graphs_that_are_converted_sample_pictures_alike(channels, lowering):
    draw = np.random.default_rng(channels)
    image = draw.normal(size=(2, 6, 7, channels)).astype("float32")
    flow = draw.normal(0, 4, (2, 5, 4, 2)).astype("float32")
    flow[0, 0, 0], flow[0, 1, 1] = (np.inf, -np.inf), (1e30, -1e30)
    expected = bilinear_sample(image, flow, 1)
    with backend.sampler(lowering):
        np.testing.assert_allclose(bilinear_sample(image, flow, 1), expected, atol=1e-6)
    flow[1, 2, 3, 0] = np.nan
    with backend.sampler(lowering):
        found = np.isnan(bilinear_sample(image, flow, 1)).any(-1)
    assert np.argwhere(found).tolist() == [[1, 2, 3]]
