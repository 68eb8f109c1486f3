"""Feature networks: the right preprocessing, the right layers, frozen, and never random unless asked to be."""

import sys
import types

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


def first_layer(extractor, inputs):
    layer = extractor.network.get_layer("block1_conv1")
    return tf.nn.relu(tf.nn.conv2d(inputs, layer.kernel, 1, "SAME") + layer.bias)


def test_vgg_sees_images_in_minus_one_to_one_as_they_are(vgg):
    np.testing.assert_allclose(vgg(images(), poses())["relu1_1"], first_layer(vgg, images()), atol=1e-5)


def test_vgg_of_keras_sees_blue_green_red_of_0_to_255_less_the_mean_of_imagenet(tmp_path, vgg):
    path, layers = str(tmp_path / "vgg.h5"), {}
    for block, count in VGG_CONVOLUTIONS.items():
        for i in range(1, count + 1):
            known = (
                min(i, 2) if block == 5 else i
            )  # of its last block, the network that the losses use has two
            layer = vgg.network.get_layer(f"block{block}_conv{known}")
            layers[f"block{block}_conv{i}"] = [weight.numpy() for weight in layer.weights]
    write_as_keras_applications_does(path, layers)
    of_keras = create_feature_extractor("vgg19", path)
    x = images()
    pixels = (x[..., ::-1] + 1) / 2 * 255 - np.array([103.939, 116.779, 123.68])
    expected = keras.applications.vgg19.preprocess_input((x + 1) * 127.5)
    np.testing.assert_allclose(pixels, expected, atol=1e-3)
    # Features of a network for inputs of unit deviation.
    found = of_keras(x, poses())["relu1_1"]
    np.testing.assert_allclose(found, first_layer(of_keras, expected) / 57.6, atol=1e-4)


def torchvision_state(seed=0):
    """A state dict with the names and shapes of torchvision's VGG-19, without its dense layers."""
    random, state, index, channels = np.random.default_rng(seed), {}, 0, 3
    for block, count in VGG_CONVOLUTIONS.items():
        for _ in range(count):
            width = min(64 * 2 ** (block - 1), 512)
            shape = (width, channels, 3, 3)
            state[f"features.{index}.weight"] = random.normal(0, 0.05, shape).astype(np.float32)
            state[f"features.{index}.bias"] = random.normal(0, 0.05, width).astype(np.float32)
            index, channels = index + 2, width
        index += 1  # the pooling
    return state


def test_vgg_of_torchvision_gives_the_features_that_pytorch_gives(tmp_path):
    torch = pytest.importorskip("torch")
    path, state = tmp_path / "vgg19.pth", torchvision_state()
    torch.save({name: torch.from_numpy(array) for name, array in state.items()}, path)
    extractor = create_feature_extractor("vgg19", str(path))
    layers, channels = [], 3
    for block, count in VGG_CONVOLUTIONS.items():  # as torchvision numbers them
        for _ in range(count):
            layers += [
                torch.nn.Conv2d(channels, channels := min(64 * 2 ** (block - 1), 512), 3, padding=1),
                torch.nn.ReLU(),
            ]
        layers.append(torch.nn.MaxPool2d(2, 2))
    network = torch.nn.Sequential(*layers)
    network.load_state_dict(
        {name.removeprefix("features."): torch.from_numpy(a) for name, a in state.items()}
    )
    x, found = torch.from_numpy(images().transpose(0, 3, 1, 2)), extractor(images(), None)
    with torch.no_grad():
        relus = {1: "relu1_1", 6: "relu2_1", 11: "relu3_1", 20: "relu4_1", 31: "relu5_2"}
        for index, layer in enumerate(network):
            x = layer(x)
            if index in relus:
                expected = x.numpy().transpose(0, 2, 3, 1)
                np.testing.assert_allclose(found[relus[index]], expected, atol=1e-4 * expected.max())


def test_the_download_of_torchvision_is_used_and_its_failure_told(monkeypatch):
    torch = pytest.importorskip("torch")
    state = {name: torch.from_numpy(array) for name, array in torchvision_state(1).items()}

    def fetched(fetch):
        weights = types.SimpleNamespace(IMAGENET1K_V1=types.SimpleNamespace(get_state_dict=fetch))
        monkeypatch.setitem(sys.modules, "torchvision", types.ModuleType("torchvision"))
        monkeypatch.setitem(sys.modules, "torchvision.models", types.SimpleNamespace(VGG19_Weights=weights))
        return create_feature_extractor("vgg19", "torchvision")

    kernel = fetched(lambda **kwargs: state).network.get_layer("block1_conv1").kernel
    np.testing.assert_array_equal(kernel, state["features.0.weight"].numpy().transpose(2, 3, 1, 0))

    def unreachable(**kwargs):
        raise OSError("no network")

    with pytest.raises(GflaError, match=r"cannot be downloaded .no network.: give the path"):
        fetched(unreachable)


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
        ("vgg11", None, r"no feature network 'vgg11'.*vgg19, vgg16, people"),
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
