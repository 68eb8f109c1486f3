"""Each loss has its formula's value, is zero where it should be, and prefers the truth."""

import math

import numpy as np
import pytest
import tensorflow as tf

from gfla_tf.errors import GflaError
from gfla_tf.losses.adversarial import (
    ADVERSARIAL_KINDS,
    discriminator_adversarial_loss,
    generator_adversarial_loss,
    gradient_penalty,
)
from gfla_tf.losses.flow import (
    affine_regularization,
    best_similarity,
    flow_error,
    sampling_correctness,
    true_level_flow,
)
from gfla_tf.losses.perceptual import content_loss, gram_matrix, style_loss

REAL, FAKE = np.array([0.5, -1.5, 2.0], np.float32), np.array([1.5, -0.5, -3.0], np.float32)


def random(shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def softplus(x):
    return np.log1p(np.exp(x))


# Written out from the definitions: (generator on fake, discriminator on real, on fake).
ADVERSARIAL = {
    "lsgan": (np.mean((FAKE - 1) ** 2), np.mean((REAL - 1) ** 2), np.mean(FAKE**2)),
    "nsgan": (np.mean(softplus(-FAKE)), np.mean(softplus(-REAL)), np.mean(softplus(FAKE))),
    "hinge": (-np.mean(FAKE), np.mean(np.maximum(0, 1 - REAL)), np.mean(np.maximum(0, 1 + FAKE))),
    "wgan-gp": (-np.mean(FAKE), -np.mean(REAL), np.mean(FAKE)),
}


@pytest.mark.parametrize("kind", ADVERSARIAL_KINDS)
def test_adversarial_losses_have_the_values_of_their_definitions(kind):
    generator, real, fake = ADVERSARIAL[kind]
    assert float(generator_adversarial_loss(tf.constant(FAKE), kind)) == pytest.approx(generator, rel=1e-6)
    loss = discriminator_adversarial_loss(tf.constant(REAL), tf.constant(FAKE), kind)
    assert float(loss) == pytest.approx((real + fake) / 2, rel=1e-6)


@pytest.mark.parametrize("kind", ADVERSARIAL_KINDS)
def test_the_two_players_pull_fake_logits_in_opposite_directions(kind):
    fake = tf.constant([-0.2, 0.3, 0.1])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(fake)
        of_generator = generator_adversarial_loss(fake, kind)
        of_discriminator = discriminator_adversarial_loss(tf.constant(REAL), fake, kind)
    up, down = tape.gradient(of_generator, fake), tape.gradient(of_discriminator, fake)
    assert np.all(up.numpy() < 0)
    if kind == "lsgan":  # which pulls a fake logit below zero back up to zero
        np.testing.assert_array_equal(np.sign(down), np.sign(fake))
    else:
        assert np.all(down.numpy() > 0)


def test_an_unknown_adversarial_loss_is_named_with_the_known_ones():
    with pytest.raises(GflaError, match=r"'wgan'.*lsgan, nsgan, hinge, wgan-gp"):
        generator_adversarial_loss(tf.constant(FAKE), "wgan")
    with pytest.raises(GflaError, match="'ls'"):
        discriminator_adversarial_loss(tf.constant(REAL), tf.constant(FAKE), "ls")


def test_gradient_penalty_is_zero_for_unit_gradients_and_grows_with_their_distance_from_one():
    unit = random((3, 4, 5, 2))
    unit /= np.sqrt(np.sum(unit**2, axis=(1, 2, 3), keepdims=True))
    assert float(gradient_penalty(tf.constant(unit))) == pytest.approx(0, abs=1e-6)
    assert float(gradient_penalty(tf.constant(3 * unit))) == pytest.approx(4, rel=1e-5)
    assert float(gradient_penalty(tf.zeros_like(unit))) == pytest.approx(1, rel=1e-5)


def test_gradient_penalty_of_clips_is_over_whole_clips():
    gradients = random((2, 3, 4, 5, 2))
    norms = np.sqrt(np.sum(gradients**2, axis=(1, 2, 3, 4)))
    assert float(gradient_penalty(tf.constant(gradients))) == pytest.approx(
        np.mean((norms - 1) ** 2), rel=1e-5
    )


def test_gradient_penalty_has_a_finite_gradient_at_zero():
    gradients = tf.zeros((2, 3, 3, 1))
    with tf.GradientTape() as tape:
        tape.watch(gradients)
        penalty = gradient_penalty(gradients)
    assert np.isfinite(tape.gradient(penalty, gradients)).all()


def grid(height, width):
    y, x = np.mgrid[:height, :width].astype(np.float32)
    return x, y


@pytest.mark.parametrize("n", [3, 5])
def test_regularization_is_zero_for_affine_flows(n):
    x, y = grid(9, 7)
    flow = np.stack([0.3 * x - 0.2 * y + 4, -0.5 * x + 0.1 * y - 2], axis=-1)[None]
    assert float(affine_regularization(flow, n)) == pytest.approx(0, abs=1e-8)


@pytest.mark.parametrize("n", [3, 5])
def test_regularization_is_the_squared_residual_of_the_best_affine_fit(n):
    flow = random((2, 8, 6, 2))
    x, y = grid(8, 6)
    residuals = []
    for sample in flow:
        position = sample + np.stack([x, y], axis=-1)  # position + flow, as in the definition
        for i in range(8 - n + 1):
            for j in range(6 - n + 1):
                a = np.stack([x[:n, :n].ravel(), y[:n, :n].ravel(), np.ones(n * n)], axis=1)
                window = position[i : i + n, j : j + n].reshape(-1, 2)
                fit = a @ np.linalg.lstsq(a, window, rcond=None)[0]
                residuals.append(np.sum((window - fit) ** 2))
    assert float(affine_regularization(flow, n)) == pytest.approx(np.mean(residuals), rel=1e-4)


def shifted_pair(shift_x=3, shift_y=-2, size=16, channels=24):
    """Features whose target is the source moved, the flow that says so, and where it stays inside the source."""
    source = random((1, size, size, channels))
    x, y = grid(size, size)
    inside = (x + shift_x >= 1) & (x + shift_x < size - 2) & (y + shift_y >= 1) & (y + shift_y < size - 2)
    target = np.roll(source, (-shift_y, -shift_x), axis=(1, 2))
    flow = np.broadcast_to(np.array([shift_x, shift_y], np.float32), (1, size, size, 2))
    return source, target, flow, inside[None, ..., None].astype(np.float32)


def test_correctness_is_zero_for_the_true_flow_seen_through_a_sharp_window():
    source, target, flow, inside = shifted_pair()
    assert float(sampling_correctness(source, target, flow, inside, sigma=0.1)) == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize("sigma", [0.8, 2.0])
def test_correctness_of_the_true_flow_is_lower_than_of_zero_flow_and_of_a_flow_one_pixel_off(sigma):
    source, target, flow, inside = shifted_pair()
    true = float(sampling_correctness(source, target, flow, inside, sigma))
    zero = float(sampling_correctness(source, target, np.zeros_like(flow), inside, sigma))
    off = float(sampling_correctness(source, target, flow + 1.5, inside, sigma))
    assert true < off < zero + 0.1 and true < zero - 0.05


def test_correctness_pulls_a_flow_that_is_almost_right_towards_the_truth():
    source, target, flow, inside = shifted_pair()
    # Smooth features: without them nothing tells a pixel away from the truth which way it lies.
    source, target = (tf.nn.avg_pool2d(tf.constant(f), 5, 1, "SAME") for f in (source, target))
    for offset in ([0.8, 0.0], [-0.8, 0.0], [0.0, 0.8], [0.0, -0.8]):
        wrong = tf.constant(flow + np.array(offset, np.float32))
        with tf.GradientTape() as tape:
            tape.watch(wrong)
            loss = sampling_correctness(source, target, wrong, inside)
        mean = np.mean(tape.gradient(loss, wrong), axis=(0, 1, 2))
        assert np.sum(mean * offset) > 0, offset


def test_correctness_ignores_what_the_mask_leaves_out():
    source, target, flow, inside = shifted_pair()
    broken = np.where(inside == 1, flow, 40.0).astype(np.float32)
    assert float(sampling_correctness(source, target, flow, inside)) == pytest.approx(
        float(sampling_correctness(source, target, broken, inside)), rel=1e-6
    )


def test_correctness_over_a_mask_that_leaves_nothing_is_zero_and_so_is_its_gradient():
    source, target, flow, inside = shifted_pair()
    flow = tf.constant(flow)
    with tf.GradientTape() as tape:
        tape.watch(flow)
        loss = sampling_correctness(source, target, flow, np.zeros_like(inside))
    assert float(loss) == 0 and np.all(tape.gradient(loss, flow).numpy() == 0)


def visible_flow():
    """A true flow in pixels of an image of 16 x 8 and where it is visible; elsewhere it holds nonsense."""
    rng = np.random.default_rng(0)
    visibility = np.zeros((2, 16, 8, 1), np.float32)
    visibility[0, :8] = 1
    flow = rng.normal(size=(2, 16, 8, 2)).astype(np.float32)
    return np.where(visibility, flow, 1e4).astype(np.float32), visibility


def test_the_true_flow_of_a_level_is_the_mean_of_its_blocks_in_pixels_of_the_level():
    flow, visibility = visible_flow()
    found, weight = true_level_flow(flow, visibility[..., 0], 2)
    assert found.shape == (2, 4, 2, 2) and weight.shape == (2, 4, 2)
    assert np.asarray(weight).sum() == 4 and np.all(np.asarray(weight)[0, :2] == 1)
    for i in range(2):
        for j in range(2):
            block = flow[0, 4 * i : 4 * i + 4, 4 * j : 4 * j + 4]
            np.testing.assert_allclose(found[0, i, j], block.mean((0, 1)) / 4, atol=1e-5)


@pytest.mark.parametrize("level", [1, 2])
def test_flow_error_is_the_distance_to_the_true_flow_where_it_is_visible(level):
    flow, visibility = visible_flow()
    true = np.asarray(true_level_flow(flow, visibility[..., 0], level)[0])
    assert float(flow_error(true, flow, visibility, level)) == pytest.approx(0, abs=1e-5)
    off = np.where(true > 1e3, 0, true) + np.float32([3, -4])
    assert float(flow_error(off, flow, visibility, level)) == pytest.approx(5, rel=1e-5)


def test_flow_error_pulls_towards_the_truth_and_has_a_gradient_there_and_where_nothing_is_visible():
    flow, visibility = visible_flow()
    true = true_level_flow(flow, visibility[..., 0], 1)[0]
    for wrong, seen in (
        (true + tf.constant([0.5, 0.0]), visibility),
        (true, visibility),
        (true, 0 * visibility),
    ):
        with tf.GradientTape() as tape:
            tape.watch(wrong)
            loss = flow_error(wrong, flow, seen, 1)
        gradient = tape.gradient(loss, wrong).numpy()
        assert np.isfinite(gradient).all() and np.isfinite(loss)
        if not seen.any():
            assert float(loss) == 0 and not gradient.any()
        elif wrong is not true:
            assert np.all(gradient[0, :4, :, 0] > 0) and not gradient[0, 4:].any()


def test_correctness_resizes_a_coarser_flow_by_nearest_neighbor_without_scaling_it():
    source, target, flow, _ = shifted_pair()
    assert float(sampling_correctness(source, target, flow[:, ::2, ::2])) == pytest.approx(
        float(sampling_correctness(source, target, flow)), rel=1e-6
    )


def test_best_similarity_is_one_where_the_source_holds_the_target_feature():
    source, target, _, _ = shifted_pair()
    np.testing.assert_allclose(best_similarity(source, 3 * target), np.ones((1, 16, 16)), atol=1e-6)
    assert np.all(best_similarity(source, random(source.shape, 1)) < 0.95)


def test_correctness_is_bounded_by_its_best_and_worst_cosine():
    source, target = random((1, 8, 8, 4)), random((1, 8, 8, 4), 1)
    best = np.ones((1, 8, 8), np.float32)
    loss = float(sampling_correctness(source, target, np.zeros((1, 8, 8, 2), np.float32), best=best))
    assert 0 <= loss <= math.e - math.exp(-1)


def test_content_and_style_are_zero_for_equal_features_and_positive_otherwise():
    features = [random((2, 8, 6, 4)), random((2, 4, 3, 8), 1)]
    others = [random((2, 8, 6, 4), 2), random((2, 4, 3, 8), 3)]
    assert float(content_loss(features, features)) == float(style_loss(features, features)) == 0
    assert float(content_loss(features, others)) == pytest.approx(
        sum(np.mean(np.abs(a - b)) for a, b in zip(features, others, strict=True)), rel=1e-6
    )
    assert float(style_loss(features, others)) > 0


def test_style_sees_no_positions_and_content_does():
    features = random((1, 6, 6, 4))
    moved = np.roll(features, 2, axis=1)
    assert float(style_loss([features], [moved])) == pytest.approx(0, abs=1e-7)
    assert float(content_loss([features], [moved])) > 0.5


def test_gram_matrix_is_inner_products_over_positions_divided_by_size():
    features = random((2, 5, 4, 3))
    flat = features.reshape(2, 20, 3)
    np.testing.assert_allclose(gram_matrix(features), np.einsum("bpc,bpd->bcd", flat, flat) / 60, atol=1e-6)


def test_losses_refuse_feature_lists_of_different_length():
    with pytest.raises(ValueError):
        content_loss([random((1, 2, 2, 1))], [])
