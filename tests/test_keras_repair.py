"""Whether `gfla_tf.training.keras_repair` is still needed, and does what it is for."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gfla_tf.cli import launch

REPOSITORY = Path(__file__).parents[1]
PROGRAM = """
import sys

import keras
import numpy as np
import tensorflow as tf

from gfla_tf.training.keras_repair import DistributedFit

strategy = tf.distribute.MultiWorkerMirroredStrategy()
dataset = tf.data.Dataset.from_tensors(np.ones((4, 1), np.float32)).repeat()
dataset = strategy.experimental_distribute_dataset(dataset)


def fit(base):
    class Model(base):
        def __init__(self):
            super().__init__()
            self.network = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
            self.seen = keras.Variable(0, dtype="int32", trainable=False, aggregation="only_first_replica")
            self.built = True

        def train_step(self, batch):
            self.seen.assign_add(1)
            self.network(batch)
            return {"told": tf.constant(2.0)}

    with strategy.scope():
        model = Model()
        model.compile()
    history = model.fit(dataset, steps_per_epoch=3, verbose=0, shuffle=False).history
    seen = int(strategy.experimental_local_results(model.seen.value)[0])
    assert seen == 3 and history["told"] == [2.0], (seen, history)


if sys.argv[1] == "repaired":
    fit(DistributedFit)
else:
    try:
        fit(keras.Model)
    except (ValueError, AttributeError) as error:
        print("keras fails:", " ".join(str(error).split())[:200])
    else:
        print("keras works")
"""


def run(which):
    """What two workers print."""
    addresses = launch.free_addresses(2)
    processes = []
    for index in range(2):
        cluster = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "TF_CONFIG": json.dumps(cluster)}
        command = [sys.executable, "-c", PROGRAM, which]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        processes.append(subprocess.Popen(command, env=environment, text=True, **pipes))
    told = [process.communicate(timeout=3600) for process in processes]
    for process, (_, errors) in zip(processes, told, strict=True):
        assert process.returncode == 0, errors[-2000:]
    return [output for output, _ in told]


@pytest.mark.slow
def test_keras_alone_cannot_yet_fit_with_several_workers():
    remedy = "keras#20585 is repaired upstream: remove gfla_tf/training/keras_repair.py"
    assert all("keras fails" in told for told in run("alone")), remedy


@pytest.mark.slow
def test_with_the_repair_it_fits():
    assert run("repaired") == ["", ""]
