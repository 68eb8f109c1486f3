"""Trains the tiny tasks on some devices and saves what came out, for tests that compare.

python distributed_steps.py FOLDER NAME KIND TASK...: a step of SGD and ten of Adam, under the distribution KIND. All weights go
into FOLDER/NAME.npz, and those of the second device, if there is one, into FOLDER/NAME_second.npz.
"""

import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

from gfla_tf.training import runs
from tests.helpers.tiny_tasks import BATCH, random_batches, tiny_task


def variables_of(trainer):
    """{name: variable} of everything that a step changes."""
    found = {}
    for part, value in trainer.checkpointed.items():
        for i, variable in enumerate(getattr(value, "variables", value)):
            found[f"{part}/{i}/{variable.path}"] = variable
    return found


def sgd(stage, learning_rate, final=None):
    return keras.optimizers.SGD(0.1, global_clipnorm=stage.clip_norm)


def train(folder, task, kind, steps, *overrides):
    """The values of all variables, and of the second device's if there are several."""
    config = tiny_task(folder, task, f"distribution={kind}", "ema=0.9", *overrides)
    run = runs.Run(config, folder / "runs" / task)
    trainer = run._trainer("full", config.full)
    dataset = run.distribution.distribute(lambda part: random_batches(task, part))
    logs = trainer.fit(dataset, steps_per_epoch=steps, verbose=0, shuffle=False).history
    local = run.distribution.strategy.experimental_local_results
    replicas = {name: local(v.value) for name, v in variables_of(trainer).items()}
    first, last = ({name: np.asarray(v[i]) for name, v in replicas.items()} for i in (0, -1))
    for results in (first, last):
        results |= {f"logs/{name}": np.float32(value[-1]) for name, value in logs.items()}
    return first, last


def main(folder, name, kind, *tasks):
    if kind == "mirrored":
        two = [tf.config.LogicalDeviceConfiguration()] * 2
        tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], two)
    runs.create_distribution(kind, BATCH)  # workers meet before anything else runs
    adam, results = runs.create_adam, ({}, {})
    for task in tasks:
        for optimizer, make, steps in (("sgd", sgd, 1), ("adam", adam, 10)):
            runs.create_adam = make
            for result, values in zip(results, train(Path(folder), task, kind, steps)):
                result |= {f"{task}/{optimizer}/{key}": value for key, value in values.items()}
    np.savez(Path(folder) / f"{name}.npz", **results[0])
    np.savez(Path(folder) / f"{name}_second.npz", **results[1])


if __name__ == "__main__":
    main(*sys.argv[1:])
