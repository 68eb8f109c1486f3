"""What tests look at before and after training: weights, what changed of them, and the logs of single steps."""

import csv

import numpy as np


def weights(model):
    """{number and path: array} of a model's weights."""
    return {f"{i} {w.path}": w.numpy() for i, w in enumerate(model.weights)}


def changed(model, before):
    """Names of the weights that are no longer what `weights` gave before."""
    return {name for name, value in weights(model).items() if not np.array_equal(value, before[name])}


def step(trainer, batch):
    """One training step without a graph; the logs as numbers."""
    return {name: float(value) for name, value in trainer.train_step(batch).items()}


def metrics(directory):
    """The rows of a run's metrics.csv."""
    with open(directory / "metrics.csv", newline="") as file:
        return list(csv.DictReader(file))


def assert_same(first, second):
    """Two lists of arrays hold the same bits."""
    assert len(first) == len(second)
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, b)
