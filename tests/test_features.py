"""Feature networks: the right preprocessing, the right layers, frozen, and never random unless asked to be."""

import h5py
import keras
import numpy as np
import pytest
import tensorflow as tf

from gfla_tf.errors import GflaError
from gfla_tf.losses.features import create_feature_extractor

VGG_CONVOLUTIONS = {1: 2, 2: 2, 3: 4, 4: 4, 5: 4}


def images(size=(32, 48), batch=1, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, (batch, *size, 3)).astype(np.float32)


def poses(size=(32, 48), batch=1, seed=0):
    return np.random.default_rng(seed).uniform(0, 1, (batch, *size, 18)).astype(np.float32)


@pytest.fixture(scope="module")
def vgg():
    return create_feature_extractor("vgg19", "random:1")


@pytest.fixture(scope="module")
def people():
    return create_feature_extractor("people")


def test_vgg_gives_every_layer_that_the_losses_name_at_its_size(vgg):
    features = vgg(images(), poses())
    expected = {f"relu{b}_{i}": b - 1 for b, n in VGG_CONVOLUTIONS.items() for i in range(1, n + 1)}
    del expected["relu5_3"], expected["relu5_4"]
    assert {name: 32 // 2**level for name, level in expected.items()} == {
        name: value.shape[1] for name, value in features.items()
    }
    assert vgg.content_layers == ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
    assert vgg.style_layers == ("relu2_2", "relu3_4", "relu4_4", "relu5_2")
    assert [vgg.correctness_layer(level) for level in (3, 2, 1)] == ["relu4_1", "relu3_1", "relu2_1"]
    assert all(np.min(value) >= 0 for value in features.values())


def test_vgg_sees_blue_green_red_of_0_to_255_less_the_mean_of_imagenet(vgg):
    x = images()
    pixels = (x[..., ::-1] + 1) / 2 * 255 - np.array([103.939, 116.779, 123.68])
    expected = keras.applications.vgg19.preprocess_input((x + 1) * 127.5)
    np.testing.assert_allclose(pixels, expected, atol=1e-3)
    layer = vgg.network.get_layer("block1_conv1")
    first = tf.nn.relu(tf.nn.conv2d(expected, layer.kernel, 1, "SAME") + layer.bias)
    ours = vgg(x, poses())["relu1_1"]
    np.testing.assert_allclose(
        ours, first / 57.6, atol=1e-4
    )  # features of a network for inputs of unit deviation


def test_random_vgg_weights_are_those_of_their_seed(vgg):
    again, other = (create_feature_extractor("vgg19", f"random:{seed}") for seed in (1, 2))
    kernels = [e.network.get_layer("block5_conv2").kernel.numpy() for e in (vgg, again, other)]
    np.testing.assert_array_equal(kernels[0], kernels[1])
    assert np.abs(kernels[0] - kernels[2]).max() > 0.01


@pytest.mark.parametrize("compiled", [False, True])
def test_features_in_a_graph_equal_the_eager_ones_with_their_gradient(people, vgg, compiled):
    for extractor, name in ((people, "match_2"), (vgg, "relu2_1")):

        def f(x, extractor=extractor, name=name):
            with tf.GradientTape() as tape:
                tape.watch(x)
                features = extractor(x, poses())[name]
                loss = tf.reduce_mean(features**2)
            return features, tape.gradient(loss, x)

        x = tf.constant(images())
        features, gradient = tf.function(f, jit_compile=compiled)(x)
        expected, expected_gradient = f(x)
        np.testing.assert_allclose(features, expected, atol=1e-5)
        np.testing.assert_allclose(gradient, expected_gradient, atol=1e-5)
        assert np.abs(gradient).max() > 0


def test_feature_networks_are_frozen(people, vgg):
    assert not people.network.trainable_weights and not vgg.network.trainable_weights


def test_features_are_float32_under_a_mixed_policy(people):
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        mixed = create_feature_extractor("people")
        assert keras.config.dtype_policy().name == "mixed_float16"
        features = mixed(tf.cast(images(), "float16"), tf.cast(poses(), "float16"))
    finally:
        keras.config.set_dtype_policy(policy)
    assert {value.dtype for value in features.values()} == {tf.float32}
    np.testing.assert_allclose(features["match_2"], people(images(), poses())["match_2"], atol=0.02)


def write_as_keras_applications_does(path, layers):
    """A weights file in the layout of the official download: a group for each layer, names in attributes."""
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [name.encode() for name in layers]
        for name, (kernel, bias) in layers.items():
            group = file.create_group(name)
            group.attrs["weight_names"] = [f"{name}_W_1:0".encode(), f"{name}_b_1:0".encode()]
            group[f"{name}_W_1:0"], group[f"{name}_b_1:0"] = kernel, bias


@pytest.mark.parametrize("kind", ["without_top.h5", "with_top.h5", "keras3.weights.h5"])
def test_vgg_weights_come_from_a_path(tmp_path, vgg, kind):
    model = keras.applications.VGG19(include_top=False, weights=None)
    path = str(tmp_path / kind)
    if kind == "keras3.weights.h5":
        model.save_weights(path)
    else:
        layers = {layer.name: [w.numpy() for w in layer.weights] for layer in model.layers if layer.weights}
        if kind == "with_top.h5":
            layers["predictions"] = [np.zeros((8, 1000), np.float32), np.zeros(1000, np.float32)]
        write_as_keras_applications_does(path, layers)
    loaded = create_feature_extractor("vgg19", path).network
    for layer in loaded.layers:
        for ours, expected in zip(
            layer.weights, model.get_layer(layer.name).weights if layer.weights else []
        ):
            np.testing.assert_array_equal(ours.numpy(), expected.numpy())


@pytest.mark.parametrize(
    ("network", "weights", "message"),
    [
        ("vgg16", None, r"no feature network 'vgg16'.*vgg19, people"),
        ("vgg19", None, r"needs weights.*random:SEED"),
        ("vgg19", "random:x", r"'random:x' do not name a seed"),
        ("vgg19", "random", r"weights random do not exist"),
        ("vgg19", "nowhere/vgg.h5", r"nowhere/vgg.h5 do not exist"),
        ("people", "nowhere/people.weights.h5", r"nowhere.*python -m gfla_tf.training.train_features"),
    ],
)
def test_weights_that_cannot_be_had_are_one_clear_sentence(network, weights, message):
    with pytest.raises(GflaError, match=message) as error:
        create_feature_extractor(network, weights)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["vgg.h5", "vgg.weights.h5", "people.weights.h5"])
def test_a_file_that_holds_no_weights_is_one_clear_sentence(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"not an HDF5 file")
    network = "people" if name.startswith("people") else "vgg19"
    with pytest.raises(GflaError, match=name) as error:
        create_feature_extractor(network, str(path))
    assert "\n" not in str(error.value)


def test_a_file_without_some_layer_of_vgg_is_refused(tmp_path):
    path = str(tmp_path / "half.h5")
    write_as_keras_applications_does(
        path, {"block1_conv1": [np.zeros((3, 3, 3, 64), np.float32), np.zeros(64, np.float32)]}
    )
    with pytest.raises(GflaError, match="has no block1_conv2"):
        create_feature_extractor("vgg19", path)


def test_a_failed_download_says_what_to_do(monkeypatch):
    def vgg19(weights=None, **kwargs):
        if weights == "imagenet":
            raise Exception("URL fetch failure on https://example.org/vgg19.h5: None -- unreachable\nmore")

    monkeypatch.setattr(keras.applications, "VGG19", vgg19)
    with pytest.raises(GflaError, match=r"URL fetch failure.*give the path of a Keras .h5 file") as error:
        create_feature_extractor("vgg19", "imagenet")
    assert "\n" not in str(error.value)


def test_people_features_have_the_size_of_the_level_that_they_judge(people):
    features = people(images(), poses())
    for level in (1, 2, 3):
        assert people.correctness_layer(level) == f"match_{level}"
        assert features[f"match_{level}"].shape[1:3] == (32 // 2**level, 48 // 2**level)
    assert people.content_layers == people.style_layers == ("encode_1", "encode_2", "encode_3")
    assert set(people.content_layers) <= set(features)


def test_vgg_does_not_look_at_the_pose_and_people_features_do(vgg, people):
    for extractor, name, expected in ((vgg, "relu3_1", False), (people, "match_2", True)):
        first, second = (extractor(images(), poses(seed=seed))[name] for seed in (0, 1))
        assert np.any(np.asarray(first) != np.asarray(second)) == expected


def test_a_level_without_features_is_named_with_the_known_ones(people):
    with pytest.raises(GflaError, match=r"level 4.*1, 2, 3"):
        people.correctness_layer(4)
