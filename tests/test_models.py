"""Whole networks: their outputs, saving and loading, presets, and what is refused."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gfla_tf.errors import GflaError
from gfla_tf.models.discriminators import PatchDiscriminator, ResidualDiscriminator
from gfla_tf.models.pose_generator import PoseGenerator
from gfla_tf.models.presets import PRESETS, create_discriminator, create_generator, preset
from gfla_tf.models.target_net import ATTENTION_KINDS
from tests.helpers.rule_weights import randomize

SIZE = (64, 32)
# Two levels, so that kernels and order matter; four joints.
SETTINGS = {
    "image_size": SIZE,
    "pose_channels": 4,
    "attention_kernels": {3: 3, 2: 5},
    "base_channels": 8,
    "max_channels": 16,
    "flow_base_channels": 8,
    "flow_max_channels": 16,
    "flow_depth": 4,
}
DISCRIMINATORS = {
    "residual": lambda: ResidualDiscriminator(SIZE, base_channels=4, max_channels=8, depth=3),
    "residual_of_differences": lambda: ResidualDiscriminator(
        SIZE, 6, base_channels=4, max_channels=8, depth=2
    ),
    "patch": lambda: PatchDiscriminator((32, 32), base_channels=4, max_channels=8),
}


def inputs(batch=2, seed=0):
    draw = np.random.default_rng(seed)
    image = draw.uniform(-1, 1, (batch, *SIZE, 3)).astype(np.float32)
    source_pose, target_pose = draw.uniform(0, 1, (2, batch, *SIZE, 4)).astype(np.float32)
    return {"source_image": image, "source_pose": source_pose, "target_pose": target_pose}


@pytest.fixture(scope="module")
def generators():
    """One generator of each kind of attention."""
    return {kind: randomize(PoseGenerator(attention=kind, **SETTINGS)) for kind in ATTENTION_KINDS}


def assert_equal(ours, expected, **tolerance):
    assert set(ours) == set(expected)
    for name in expected:
        np.testing.assert_allclose(ours[name], expected[name], err_msg=name, **tolerance)


@pytest.mark.parametrize("kind", ATTENTION_KINDS)
def test_generator_gives_an_image_and_the_flows_of_its_kind(generators, kind):
    outputs = generators[kind](inputs())
    shapes = {name: tuple(value.shape) for name, value in outputs.items()}
    expected = {"generated": (2, 64, 32, 3)}
    if kind in ("local", "bilinear"):
        expected |= {"flow_3": (2, 8, 4, 2), "mask_3": (2, 8, 4, 1)}
        expected |= {"flow_2": (2, 16, 8, 2), "mask_2": (2, 16, 8, 1)}
    assert shapes == expected
    assert generators[kind].levels == ((3, 2) if kind in ("local", "bilinear") else ())
    assert np.abs(outputs["generated"]).max() <= 1
    for name, value in outputs.items():
        assert np.isfinite(value).all() and np.std(value) > 0, name
        if name.startswith("mask"):
            assert np.min(value) >= 0 and np.max(value) <= 1


@pytest.mark.parametrize("kind", ATTENTION_KINDS)
def test_every_input_matters_to_the_image(generators, kind):
    given = inputs()
    image = generators[kind](given)["generated"]
    for name, value in given.items():
        changed = generators[kind]({**given, name: value[::-1]})["generated"]
        depends = not (kind == "global" and name == "source_pose")  # which has no flow to see it
        assert np.any(np.asarray(image) != np.asarray(changed)) == depends, name


@pytest.mark.parametrize("kind", ATTENTION_KINDS)
def test_generator_comes_back_from_a_keras_file(generators, kind, tmp_path):
    generator, path = generators[kind], tmp_path / "generator.keras"
    generator.save(path)
    loaded = keras.saving.load_model(path)
    assert type(loaded) is PoseGenerator and loaded.get_config() == generator.get_config()
    assert_equal(loaded(inputs()), generator(inputs()), atol=1e-6)


@pytest.mark.parametrize("kind", ATTENTION_KINDS)
def test_generator_comes_back_from_its_configuration(generators, kind):
    config = generators[kind].get_config()
    again = PoseGenerator.from_config(config)
    assert again.get_config() == config
    again.set_weights(generators[kind].get_weights())
    assert_equal(again(inputs()), generators[kind](inputs()), atol=1e-6)


@pytest.mark.parametrize("kind", ATTENTION_KINDS)
def test_samples_of_a_batch_do_not_see_each_other(generators, kind):
    together = generators[kind](inputs(3))
    alone = generators[kind]({name: value[1:2] for name, value in inputs(3).items()})
    assert_equal({name: value[1:2] for name, value in together.items()}, alone, atol=2e-5)


@pytest.mark.parametrize("kind", ATTENTION_KINDS)
def test_every_weight_gets_a_gradient(generators, kind):
    generator = generators[kind]
    with tf.GradientTape() as tape:
        outputs = generator(inputs(), training=True)
        loss = sum(tf.reduce_mean(tf.sin(3 * value)) for value in outputs.values())
    for weight, gradient in zip(
        generator.trainable_variables, tape.gradient(loss, generator.trainable_variables), strict=True
    ):
        assert gradient is not None and np.isfinite(gradient).all(), weight.path
        assert np.any(gradient) or weight.name == "bias", (
            weight.path
        )  # instance norm takes a bias before it away


def test_attention_coefficients_are_returned_on_request_and_sum_to_one(generators):
    generator = PoseGenerator(return_attention=True, **SETTINGS)
    generator.set_weights(generators["local"].get_weights())
    outputs = generator(inputs())
    for level, n in SETTINGS["attention_kernels"].items():
        coefficients = outputs[f"attention_{level}"]
        assert tuple(coefficients.shape) == (2, 64 >> level, 32 >> level, n * n)
        assert np.min(coefficients) >= 0
        np.testing.assert_allclose(np.sum(coefficients, axis=-1), 1, atol=1e-5)
    without = generators["local"](inputs())
    assert_equal({name: outputs[name] for name in without}, without, atol=1e-6)


def test_the_source_is_not_seen_where_the_masks_are_closed(generators):
    generator = generators["local"]
    given = {name: tf.constant(value) for name, value in inputs().items()}
    features = {
        name.replace("level", "source"): value
        for name, value in generator.source_encoder(given["source_image"]).items()
    }
    flows = generator.flow_estimator(given)
    closed = {name: tf.zeros_like(value) for name, value in flows.items() if "mask" in name}

    def drawn(features, masks):
        available = {**given, **features, **flows, **masks}
        return generator.target_net({name: available[name] for name in generator.target_net.input})[
            "generated"
        ]

    others = {name: value[::-1] for name, value in features.items()}
    np.testing.assert_array_equal(drawn(features, closed), drawn(others, closed))
    assert np.any(np.asarray(drawn(features, {})) != np.asarray(drawn(others, {})))


def test_a_size_of_the_published_networks_does_not_change_their_weights():
    settings = {"base_channels": 4, "max_channels": 8, "flow_base_channels": 4, "flow_max_channels": 8}
    small, large = (
        create_generator("pose_market", image_size=size, **settings) for size in ((64, 64), (96, 64))
    )
    assert [weight.shape for weight in small.weights] == [weight.shape for weight in large.weights]


def test_a_small_map_of_two_pixels_is_large_enough_for_the_skip_connection():
    generator = PoseGenerator(**{**SETTINGS, "image_size": (32, 16)})
    assert generator.output["generated"].shape == (None, 32, 16, 3)


@pytest.mark.parametrize("name", DISCRIMINATORS)
def test_discriminator_comes_back_from_a_keras_file_with_u_and_v(name, tmp_path):
    discriminator = randomize(DISCRIMINATORS[name]())
    shape = (2, *discriminator.input.shape[1:])
    images = np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32)
    discriminator(images, training=True)  # moves u and v
    discriminator.save(tmp_path / "discriminator.keras")
    loaded = keras.saving.load_model(tmp_path / "discriminator.keras")
    assert loaded.get_config() == discriminator.get_config()
    np.testing.assert_allclose(loaded(images), discriminator(images), atol=1e-6)
    np.testing.assert_allclose(discriminator(images)[1:], discriminator(images[1:]), atol=1e-6)


def test_discriminators_give_one_logit_per_patch():
    assert DISCRIMINATORS["residual"]().output.shape == (None, 8, 4, 1)
    assert DISCRIMINATORS["patch"]().output.shape == (None, 32 // 8 - 2, 32 // 8 - 2, 1)


def test_power_iteration_runs_in_training_alone():
    discriminator = DISCRIMINATORS["residual"]()
    images = np.random.default_rng(0).uniform(-1, 1, (1, *SIZE, 3)).astype(np.float32)

    def vectors():
        return np.concatenate([w.numpy() for w in discriminator.non_trainable_weights])

    before = vectors()
    discriminator(images)
    np.testing.assert_array_equal(vectors(), before)
    discriminator(images, training=True)
    assert np.any(vectors() != before)


@pytest.mark.parametrize("network", ["generator", "discriminator"])
def test_summary_names_the_parts(generators, network):
    lines = []
    model = generators["local"] if network == "generator" else DISCRIMINATORS["residual"]()
    model.summary(print_fn=lambda line, **_: lines.append(line))
    text = "\n".join(lines)
    parts = {
        "generator": ("source_encoder", "flow_estimator", "target_net"),
        "discriminator": ("block0", "encoder0", "conv"),
    }
    for part in parts[network]:
        assert part in text
    assert f"{model.count_params():,}" in text


def test_quickstart_preset_builds_both_networks_at_one_size():
    generator, discriminator = create_generator("pose_quickstart"), create_discriminator("pose_quickstart")
    assert generator.image_size == discriminator.image_size
    assert generator.count_params() < 2_000_000


def test_overrides_replace_single_settings_of_a_preset():
    generator = create_generator("pose_quickstart", attention="none", image_size=(32, 32))
    assert generator.attention == "none" and generator.image_size == (32, 32)
    assert generator.base_channels == PRESETS["pose_quickstart"]["generator"]["base_channels"]
    discriminator = create_discriminator("pose_quickstart", image_size=(32, 32), kind="patch")
    assert isinstance(discriminator, PatchDiscriminator) and discriminator.image_size == (32, 32)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: preset("pose_fashion"), "no preset 'pose_fashion'.*pose_market"),
        (lambda: create_generator("pose_market", kernel=3), "no setting kernel.*attention_kernels"),
        (lambda: create_discriminator("pose_market", kind="big"), "no discriminator 'big'.*residual, patch"),
        (lambda: create_discriminator("pose_market", kernel=3), "no setting kernel"),
        (lambda: PoseGenerator(image_size=(250, 256)), r"image_size \[250, 256\].*multiples of 32"),
        (lambda: PoseGenerator(image_size=(64, 0)), r"image_size \[64, 0\]"),
        (lambda: PoseGenerator(attention_kernels={4: 3}), "level 4 does not exist.*1 to 3"),
        (lambda: PoseGenerator(attention_kernels={0: 3}), "level 0 does not exist"),
        (lambda: PoseGenerator(attention_kernels={2: 4}), "kernel at level 2 is 4.*odd"),
        (lambda: PoseGenerator(attention="nearest"), "'nearest'.*local, bilinear, global, none"),
    ],
)
def test_impossible_settings_are_one_clear_sentence(make, message):
    with pytest.raises(GflaError, match=message) as error:
        make()
    assert "\n" not in str(error.value)
