"""Generators of views with attention of every kind, and the appearance-flow baseline, which people have too."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from gfla_tf.errors import GflaError
from gfla_tf.models.pair_generator import GENERATOR_KINDS
from gfla_tf.models.pose_generator import PoseGenerator
from gfla_tf.models.view_generator import ViewGenerator
from tests.helpers.literal import bilinear
from tests.helpers.rule_weights import randomize

SIZE = (64, 32)
SETTINGS = {
    "image_size": SIZE,
    "attention_units": 8,
    "base_channels": 8,
    "max_channels": 16,
    "flow_base_channels": 8,
    "flow_max_channels": 16,
    "flow_depth": 4,
}
WITH_FLOW = ("local", "bilinear", "appearance_flow")


def made(kind, network=ViewGenerator, **settings):
    kernels = {2: 3, 0: 3} if kind == "appearance_flow" else {3: 3, 2: 5}
    channels = {"view_channels": 5} if network is ViewGenerator else {"pose_channels": 3}
    return network(**{**channels, **SETTINGS, "attention": kind, "attention_kernels": kernels, **settings})


def inputs(batch=2, seed=0):
    draw = np.random.default_rng(seed)
    views = np.eye(5, dtype=np.float32)[draw.permutation(5)]
    image = draw.uniform(-1, 1, (batch, *SIZE, 3)).astype(np.float32)
    return {"source_image": image, "source_view": views[:batch], "target_view": views[-batch:]}


@pytest.fixture(scope="module")
def generators():
    return {kind: randomize(made(kind)) for kind in GENERATOR_KINDS}


def assert_equal(ours, expected, **tolerance):
    assert set(ours) == set(expected)
    for name in expected:
        np.testing.assert_allclose(ours[name], expected[name], err_msg=name, **tolerance)


@pytest.mark.parametrize("kind", GENERATOR_KINDS)
def test_generator_gives_an_image_and_the_flows_of_its_kind(generators, kind):
    outputs = generators[kind](inputs())
    expected, levels = {"generated": (2, 64, 32, 3)}, ()
    if kind in WITH_FLOW:
        levels = (2, 0) if kind == "appearance_flow" else (3, 2)
    for level in levels:
        size = (2, 64 >> level, 32 >> level)
        expected |= {f"flow_{level}": (*size, 2), f"mask_{level}": (*size, 1)}
    assert {name: tuple(value.shape) for name, value in outputs.items()} == expected
    assert generators[kind].levels == levels
    for name, value in outputs.items():
        assert np.isfinite(value).all() and np.std(value) > 0, name


@pytest.mark.parametrize("kind", GENERATOR_KINDS)
def test_every_input_matters_to_the_image(generators, kind):
    given = inputs()
    image = generators[kind](given)["generated"]
    for name, value in given.items():
        changed = generators[kind]({**given, name: value[::-1]})["generated"]
        depends = not (kind == "global" and name == "source_view")  # which has no flow to see it
        assert np.any(np.asarray(image) != np.asarray(changed)) == depends, name


@pytest.mark.parametrize("kind", GENERATOR_KINDS)
def test_generator_comes_back_from_a_keras_file_and_from_its_configuration(generators, kind, tmp_path):
    generator, path = generators[kind], tmp_path / "generator.keras"
    generator.save(path)
    loaded = keras.saving.load_model(path)
    assert type(loaded) is ViewGenerator and loaded.get_config() == generator.get_config()
    assert_equal(loaded(inputs()), generator(inputs()), atol=1e-6)
    again = ViewGenerator.from_config(json.loads(json.dumps(generator.get_config())))
    again.set_weights(generator.get_weights())
    assert_equal(again(inputs()), generator(inputs()), atol=1e-6)


@pytest.mark.parametrize("kind", GENERATOR_KINDS)
def test_every_weight_gets_a_gradient(generators, kind):
    generator = generators[kind]
    with tf.GradientTape() as tape:
        outputs = generator(inputs(), training=True)
        loss = sum(tf.reduce_mean(tf.sin(3 * value)) for value in outputs.values())
    weights = generator.trainable_variables
    for weight, gradient in zip(weights, tape.gradient(loss, weights), strict=True):
        assert gradient is not None and np.isfinite(gradient).all(), weight.path
        # Instance norm takes a bias before it away, and a constant map has nothing to scale.
        assert np.any(gradient) or weight.name == "bias" or "block0/norm1" in weight.path, weight.path


@pytest.mark.parametrize("network", [ViewGenerator, PoseGenerator])
def test_appearance_flow_is_the_source_warped_by_the_finest_flow_and_nothing_else(network):
    generator = randomize(made("appearance_flow", network))
    given = inputs()
    if network is PoseGenerator:
        poses = np.random.default_rng(1).uniform(0, 1, (2, 2, *SIZE, 3)).astype(np.float32)
        given = {"source_image": given["source_image"], "source_pose": poses[0], "target_pose": poses[1]}
    outputs = generator(given)
    warped = bilinear(given["source_image"], np.asarray(outputs["flow_0"]))
    np.testing.assert_allclose(outputs["generated"], warped, atol=2e-5)
    assert generator.target_net is None and generator.source_encoder is None
    assert generator.count_params() == generator.flow_estimator.count_params()


def test_without_attention_colors_survive_where_the_source_is_not_normalized():
    given = inputs()
    darker = {**given, "source_image": 0.5 * given["source_image"] - 0.3}

    def change(**settings):
        generator = randomize(made("none", **settings))
        images = [np.asarray(generator(one)["generated"]) for one in (given, darker)]
        return np.abs(images[0] - images[1]).mean()

    assert change(normalize_source=False) > 3 * change()


def test_the_published_network_is_the_default():
    assert ViewGenerator(view_channels=5, **SETTINGS).get_config()["attention"] == "local"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"attention": "nearest"}, "'nearest'.*local, bilinear, global, none, appearance_flow"),
        ({"attention": "appearance_flow", "attention_kernels": {2: 3}}, r"levels are \[2\].*a level 0"),
        ({"attention": "appearance_flow", "attention_kernels": {4: 3, 0: 3}}, "level 4 .*from 0 to 3"),
        ({"attention": "local", "attention_kernels": {0: 3}}, "level 0 does not exist.*from 1 to 3"),
    ],
)
def test_impossible_settings_are_one_clear_sentence(settings, message):
    with pytest.raises(GflaError, match=message) as error:
        ViewGenerator(**{**SETTINGS, **settings})
    assert "\n" not in str(error.value)
