"""Networks of dances, faces, views and motion, and their discriminators: outputs, saving and loading, and what is refused."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from gfla_tf.errors import GflaError
from gfla_tf.layers.normalization import (
    AdaptiveNormalization,
    FoldedInstanceNormalization,
    InstanceNormalization,
)
from gfla_tf.models.animation import animate
from gfla_tf.models.checkpoint_import import load_state_dict, state_dict
from gfla_tf.models.dance_generator import DanceGenerator
from gfla_tf.models.discriminators import MergeTime, ResidualDiscriminator, TemporalDiscriminator
from gfla_tf.models.face_generator import FaceGenerator
from gfla_tf.models.motion_extraction import MotionExtraction
from gfla_tf.models.presets import PRESETS, create_discriminator, create_generator
from gfla_tf.models.view_generator import ViewGenerator
from tests.helpers.rule_weights import randomize

SIZE = (64, 32)
SMALL = {
    "image_size": SIZE,
    "attention_kernels": {3: 3, 2: 5},
    "attention_units": 8,
    "base_channels": 8,
    "max_channels": 16,
    "flow_base_channels": 8,
    "flow_max_channels": 16,
    "flow_depth": 4,
}
NETWORKS = {
    "dance": lambda: DanceGenerator(structure_channels=4, **SMALL),
    "face": lambda: FaceGenerator(structure_channels=4, **SMALL),
    "view": lambda: ViewGenerator(view_channels=5, **SMALL),
    "motion": lambda: MotionExtraction(joints=3, channels=8, dilations=(1, 2)),
    "temporal": lambda: TemporalDiscriminator(SIZE, base_channels=4, max_channels=8, depth=3),
}
ANIMATIONS = ("dance", "face")


def inputs(model, batch=2, seed=0):
    """Uniform inputs of any of the networks; sequences of 20 frames for the motion."""
    draw = np.random.default_rng(seed)

    def uniform(tensor):
        shape = [20 if extent is None else extent for extent in tensor.shape[1:]]
        return draw.uniform(-1, 1, (batch, *shape)).astype(np.float32)

    return (
        {k: uniform(v) for k, v in model.input.items()}
        if isinstance(model.input, dict)
        else uniform(model.input)
    )


@pytest.fixture(scope="module")
def networks():
    return {name: randomize(make()) for name, make in NETWORKS.items()}


def assert_equal(ours, expected):
    for a, b in zip(tf.nest.flatten(ours), tf.nest.flatten(expected), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


@pytest.mark.parametrize("name", NETWORKS)
def test_network_comes_back_from_a_keras_file_and_from_its_configuration(networks, name, tmp_path):
    network = networks[name]
    given, config = inputs(network), network.get_config()
    network.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    assert type(loaded) is type(network) and loaded.get_config() == config
    assert_equal(loaded(given), network(given))
    again = type(network).from_config(json.loads(json.dumps(config)))
    again.set_weights(network.get_weights())
    assert_equal(again(given), network(given))


@pytest.mark.parametrize("name", NETWORKS)
def test_weights_come_back_under_their_published_names(networks, name):
    network = networks[name]
    state = state_dict(network)
    again = NETWORKS[name]()
    load_state_dict(again, state)
    for ours, theirs in zip(again.get_weights(), network.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("name", NETWORKS)
def test_every_weight_gets_a_gradient(networks, name):
    network = networks[name]
    with tf.GradientTape() as tape:
        outputs = tf.nest.flatten(network(inputs(network), training=True))
        loss = sum(tf.reduce_mean(tf.sin(3 * value)) for value in outputs)
    weights = network.trainable_variables
    for weight, gradient in zip(weights, tape.gradient(loss, weights), strict=True):
        assert gradient is not None and np.isfinite(gradient).all(), weight.path
        # Instance norm takes a bias before it away, and a constant map has nothing to scale.
        constant = isinstance(network, ViewGenerator) and "block0/norm1" in weight.path
        assert np.any(gradient) or weight.name == "bias" or constant, weight.path


@pytest.mark.parametrize("name", ANIMATIONS)
def test_animation_step_points_into_the_previous_frame_and_the_reference(networks, name):
    outputs = networks[name](inputs(networks[name]))
    expected = {"generated": (2, 64, 32, 3)}
    for source in ("previous", "reference"):
        expected |= {f"flow_{source}_3": (2, 8, 4, 2), f"mask_{source}_3": (2, 8, 4, 1)}
        expected |= {f"flow_{source}_2": (2, 16, 8, 2), f"mask_{source}_2": (2, 16, 8, 1)}
    assert {name: tuple(value.shape) for name, value in outputs.items()} == expected
    assert networks[name].levels == (3, 2)


@pytest.mark.parametrize("name", [*ANIMATIONS, "view"])
def test_every_input_matters_to_the_image(networks, name):
    given = inputs(networks[name])
    image = networks[name](given)["generated"]
    for key, value in given.items():
        changed = networks[name]({**given, key: value[::-1]})["generated"]
        assert np.any(np.asarray(image) != np.asarray(changed)), key


@pytest.mark.parametrize("name", ANIMATIONS)
def test_animation_feeds_each_frame_back_and_starts_from_the_reference(networks, name):
    step, given = networks[name], inputs(networks[name])
    reference = {key: given[f"reference_{key}"] for key in ("image", "structure")}
    targets = [given["target_structure"], given["previous_structure"]]
    first, second = animate(step, reference["image"], reference["structure"], iter(targets))
    fixed = {f"reference_{key}": value for key, value in reference.items()}
    expected = {f"previous_{key}": value for key, value in reference.items()}
    assert_equal(first, step({**fixed, **expected, "target_structure": targets[0]}))
    expected = {"previous_image": np.asarray(first["generated"]), "previous_structure": targets[0]}
    assert_equal(second, step({**fixed, **expected, "target_structure": targets[1]}))


def test_animation_takes_one_structure_at_a_time(networks):
    given, taken = inputs(networks["face"]), []

    def endless():
        while True:
            taken.append(1)
            yield given["target_structure"]

    frames = animate(networks["face"], given["reference_image"], given["reference_structure"], endless())
    next(frames), next(frames)
    assert len(taken) == 2


def test_view_generator_knows_a_view_by_its_difference_and_its_target(networks):
    """Turning both views alike leaves the flows; the target net draws another side all the same."""
    network, given = networks["view"], inputs(networks["view"])
    outputs = network(given)
    moved = network({**given, **{key: given[key] + 0.5 for key in ("source_view", "target_view")}})
    for key in ("flow_3", "mask_3", "flow_2", "mask_2"):
        np.testing.assert_allclose(moved[key], outputs[key], atol=1e-4)
    assert np.abs(np.asarray(moved["generated"]) - outputs["generated"]).max() > 1e-3
    assert tuple(outputs["generated"].shape) == (2, 64, 32, 3)


def test_motion_extraction_sees_its_receptive_field_frame_by_frame():
    assert create_generator("motion_extraction").receptive_field == 81
    network = randomize(MotionExtraction(joints=3, channels=8, dilations=(1, 2)))
    assert network.receptive_field == 9
    for batch, frames in ((2, 20), (1, 15)):
        outputs = network({"keypoints": np.zeros((batch, frames, 6), np.float32)})
        assert outputs["clean"].shape == (batch, frames - 8, 6)


def test_motion_extraction_drops_activations_in_training_alone(networks):
    network, given = networks["motion"], inputs(networks["motion"])
    clean = np.asarray(network(given)["clean"])
    np.testing.assert_array_equal(clean, network(given)["clean"])
    assert np.any(clean != np.asarray(network(given, training=True)["clean"]))


def test_temporal_discriminator_sees_the_order_of_the_frames(networks):
    network, given = networks["temporal"], inputs(networks["temporal"])
    assert network.input.shape == (None, 6, *SIZE, 3) and network.output.shape == (None, 8, 4, 1)
    assert np.abs(np.asarray(network(given)) - network(given[:, ::-1])).max() > 1e-3


def test_time_is_merged_into_channels_with_the_channel_varying_slowest():
    clip = np.arange(2 * 3, dtype=np.float32).reshape(1, 2, 1, 1, 3)  # frame 0: 0 1 2, frame 1: 3 4 5
    np.testing.assert_array_equal(np.ravel(MergeTime()(clip)), [0, 3, 1, 4, 2, 5])


def test_adaptive_normalization_standardizes_a_sequence_as_a_whole():
    layer = AdaptiveNormalization(hidden_units=4)
    draw = np.random.default_rng(0)
    sequence, feature = (
        draw.normal(3, 2, (2, 7, 5)).astype(np.float32),
        draw.normal(size=(2, 6)).astype(np.float32),
    )
    layer(sequence, feature)
    for dense in (layer.gamma, layer.beta):
        dense.kernel.assign(0 * dense.kernel)
    layer.gamma.bias.assign([1.0] * 5)
    layer.beta.bias.assign([3.0] * 5)
    mean, deviation = (f(sequence, axis=(1, 2), keepdims=True) for f in (np.mean, np.std))
    np.testing.assert_allclose(layer(sequence, feature), 2 * (sequence - mean) / deviation + 3, atol=1e-4)


def test_folded_instance_norm_differs_by_rounding_alone():
    maps = np.random.default_rng(0).normal(size=(2, 6, 5, 3)).astype(np.float32)
    np.testing.assert_allclose(FoldedInstanceNormalization()(maps), InstanceNormalization()(maps), atol=1e-6)


@pytest.mark.parametrize("name", [name for name in PRESETS if "video_discriminator" in PRESETS[name]])
def test_presets_of_animations_have_a_discriminator_of_frames_and_one_of_their_sequence(name):
    frames = create_discriminator(name, SIZE)
    sequence = create_discriminator(name, SIZE, role="video_discriminator")
    assert isinstance(frames, ResidualDiscriminator) and frames.image_channels == 3
    cell = 2 ** PRESETS[name]["discriminator"]["depth"]
    assert sequence.output.shape == frames.output.shape == (None, SIZE[0] // cell, SIZE[1] // cell, 1)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: DanceGenerator(structure_channels=4, image_size=(48, 64)), r"image_size \[48, 64\].*32"),
        (lambda: FaceGenerator(structure_channels=4, attention_kernels={5: 3}), "level 5 does not exist"),
        (lambda: ViewGenerator(attention_kernels={2: 4}), "kernel at level 2 is 4.*odd"),
        (lambda: ViewGenerator(**{**SMALL, "image_size": (48, 64)}), "multiples of 32"),
        (lambda: TemporalDiscriminator((40, 64)), r"image_size \[40, 64\].*multiples of 16"),
        (lambda: TemporalDiscriminator(SIZE, frames=4), "for 4 frames"),
        (lambda: ResidualDiscriminator((20, 16)), "multiples of 16"),
        (lambda: MotionExtraction(dropout=1), "dropout 1 "),
        (lambda: MotionExtraction(dilations=(0,)), r"dilations \[0\]"),
        (lambda: create_generator("face_forensics", pose_channels=3), "no setting pose_channels"),
        (lambda: create_generator("motion_extraction", image_size=(64, 64)), "no setting image_size"),
        (lambda: create_discriminator("motion_extraction"), "no discriminator: .*pose_market"),
        (
            lambda: create_discriminator("view_shapenet", role="video_discriminator"),
            "no video_discriminator: .*dance_fashionvideo, .*face_forensics",
        ),
    ],
)
def test_impossible_settings_are_one_clear_sentence(make, message):
    with pytest.raises(GflaError, match=message) as error:
        make()
    assert "\n" not in str(error.value)
