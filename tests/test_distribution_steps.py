"""Steps on two devices, and of two workers over the loopback, against the same steps on one device, for every task."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gfla_tf.cli import launch
from tests.helpers.tiny_tasks import TASKS

REPOSITORY = Path(__file__).parents[1]
MANY = ("mirrored", "worker0")


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """{name of a process: {variable: values}}."""
    folder = tmp_path_factory.mktemp("steps")
    addresses = launch.free_addresses(2)
    cluster = [
        {"TF_CONFIG": json.dumps({"cluster": {"worker": addresses}, "task": {"type": "worker", "index": i}})}
        for i in range(2)
    ]
    processes = {
        "one": ("one", {}),
        "mirrored": ("mirrored", {}),
        "worker0": ("multi_worker", cluster[0]),
        "worker1": ("multi_worker", cluster[1]),
    }
    # All in one folder would write over each other's configurations.
    started = {}
    for name, (kind, environment) in processes.items():
        own = folder / name
        own.mkdir()
        started[name] = subprocess.Popen(
            [sys.executable, REPOSITORY / "tests" / "helpers" / "distributed_steps.py", own, "values", kind, *TASKS],
            env={**os.environ, "PYTHONPATH": str(REPOSITORY), **environment},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
    loaded = {}
    for name, process in started.items():
        output, _ = process.communicate(timeout=3600)
        assert process.returncode == 0, f"{name}: {output[-3000:]}"
        loaded[name] = dict(np.load(folder / name / "values.npz"))
        loaded[f"{name}, second"] = dict(np.load(folder / name / "values_second.npz"))
    return loaded


def of(values, prefix):
    return {name: value for name, value in values.items() if name.startswith(f"{prefix}/")}


def differences(one, other, prefix):
    """{name: (largest difference, largest value)} of what a training holds: networks, averages, clips' state, optimizers."""
    one, other = of(one, prefix), of(other, prefix)
    assert one.keys() == other.keys() and one
    return {
        name: (np.abs(value.astype(np.float64) - other[name]).max(), np.abs(value.astype(np.float64)).max())
        for name, value in one.items()
        if "/logs/" not in name
    }


@pytest.mark.slow
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("many", MANY)
def test_a_step_of_sgd_is_that_of_one_device_within_1e_6(results, many, task):
    found = differences(results["one"], results[many], f"{task}/sgd")
    assert max(difference for difference, _ in found.values()) <= 1e-6


@pytest.mark.slow
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("many", MANY)
def test_ten_steps_of_adam_stay_within_1e_4_of_those_of_one_device(results, many, task):
    for name, (difference, size) in differences(results["one"], results[many], f"{task}/adam").items():
        # What an optimizer remembers are gradients, of any size.
        assert difference <= (1e-2 * max(1, size) if "_optimizer/" in name else 1e-4), name


@pytest.mark.slow
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("many", MANY)
def test_the_losses_told_are_those_of_the_whole_batch(results, many, task):
    one, other = (of(results[name], f"{task}/adam/logs") for name in ("one", many))
    assert one.keys() == other.keys() and len(one) >= 3
    for name, value in one.items():
        assert other[name] == pytest.approx(value, rel=1e-4), name


@pytest.mark.slow
@pytest.mark.parametrize("pair", [("mirrored", "mirrored, second"), ("worker0", "worker1")])
def test_devices_and_workers_agree_to_the_bit(results, pair):
    one, other = (results[name] for name in pair)
    assert one.keys() == other.keys()
    different = [name for name in one if one[name].tobytes() != other[name].tobytes()]
    assert not different
