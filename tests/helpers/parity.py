"""Recorded outputs of the published networks: weights and inputs are regenerated from the rules of their README."""

import json
import os
import zlib

import numpy as np
import pytest

DIRECTORY = os.environ.get("GFLA_PARITY_DIR", "")
requires_parity = pytest.mark.skipif(
    not os.path.isdir(DIRECTORY), reason="parity vectors: set GFLA_PARITY_DIR to their directory"
)


class Record:
    """One pair NAME.json / NAME.npz of a network, in the NCHW layout; salt and mask seed are those of its set of recordings."""

    def __init__(self, name):
        with open(os.path.join(DIRECTORY, f"{name}.json")) as file:
            description = json.load(file)
        self.salt, self.mask_seed = description.get("salt", ""), description.get("mask_seed", 23)
        self.outputs = dict(np.load(os.path.join(DIRECTORY, f"{name}.npz")))
        self.inputs = {key: uniform(**value["rng"]) for key, value in description["inputs"].items()}
        self.state_dict = {key: self._weight(key, shape) for key, shape in description["state_dict"].items()}

    def _weight(self, name, shape):
        if name.endswith(("weight_u", "weight_v")):
            return self.outputs[f"state/{name}"]
        return self.generated_weight(name, shape)

    def generated_weight(self, name, shape):
        """The weight that the rule gives to `name` in this set of recordings."""
        return generated_weight(name, shape, self.salt)


def data_record(name):
    """{name: array} of a recording of data, of a training step or of metrics, whose inputs are recorded, too."""
    return dict(np.load(os.path.join(DIRECTORY, f"{name}.npz")))


def meaning(name, array):
    """What a recording says of one of its arrays."""
    with open(os.path.join(DIRECTORY, f"{name}.json")) as file:
        return json.load(file)["arrays"][array]["meaning"]


def uniform(seed, shape, low, high):
    return np.random.default_rng(seed).uniform(low, high, shape).astype(np.float32)


def generated_weight(name, shape, salt=""):
    """The weight that the recording rule gives to `name`."""
    n = np.random.default_rng(zlib.crc32((salt + name).encode())).standard_normal(shape)
    is_weight = name.endswith(("weight", "weight_orig"))
    if is_weight and len(shape) >= 2 and not name.endswith("expand_ln.weight"):
        n = n / np.sqrt(np.prod(shape[1:]))
    elif is_weight:
        n = 1 + 0.1 * n
    else:
        n = 0.05 * n
    if ".output" in name and name.endswith("weight"):
        n = n * 6
    if name.endswith("fully_connect_layer.2.weight"):
        n = n * 4
    return n.astype(np.float32)


def nhwc(array):
    return np.moveaxis(array, 1, -1)


def nchw(array):
    return np.moveaxis(np.asarray(array), -1, 1)


def largest_difference(a, b):
    return float(np.max(np.abs(np.asarray(a) - np.asarray(b))))
