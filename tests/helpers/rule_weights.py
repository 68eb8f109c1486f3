"""Weights for networks that make them do something: flows of several pixels, pictures that use the whole range."""

import zlib

import numpy as np

from gfla_tf.models.checkpoint_names import checkpoint_entries
from tests.helpers.parity import generated_weight


def fill(generator):
    """Fills a generator of any task by the recording rule of `parity.generated_weight`, and returns it.

    Global attention has no published names; with it, kernels are drawn by their own names instead, by the same rule.
    """
    if getattr(generator, "attention", "local") != "global":
        for entry in checkpoint_entries(generator):
            entry.variable.assign(entry.to_ours(generated_weight(entry.names[-1], entry.stored_shape)))
        return generator
    for weight in generator.weights:
        n = np.random.default_rng(zlib.crc32(weight.path.encode())).standard_normal(weight.shape)
        if len(weight.shape) > 1:
            n /= np.sqrt(np.prod(weight.shape[:-1]))
        else:
            n = 0.1 * n + weight.path.endswith(("gamma", "scale"))
        weight.assign(n)
    return generator


def randomize(model):
    """Gives any model weights of a size that makes every one of them matter; the initial ones are 0.02 small or zero."""
    draw = np.random.default_rng(7)
    for weight in model.weights:
        scale = 1 / np.sqrt(max(np.prod(weight.shape[:-1]), 1))
        weight.assign(scale * draw.normal(size=weight.shape) + (weight.name == "gamma"))
    return model
