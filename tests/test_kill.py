"""A training run that is killed again and again, also in the middle of saving, ends bit for bit as one that was left alone."""

import csv
import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

pytestmark = pytest.mark.slow  # minutes; it has not failed since kills were tried by the hundred

SETTINGS = ("flow.steps=20", "full.steps=75", "steps_per_epoch=10", "checkpoint_every=3")


@dataclasses.dataclass
class Case:
    """A training in a folder by so many workers, killed so many times."""

    workers: int
    kills: int
    steps: int
    folder: Path = None


ONE = Case(1, 12, 20 + 75)
TWO = Case(2, 4, 8 + 24)  # starting together takes seconds


@pytest.fixture(scope="module", params=[ONE, TWO], ids=["one process", "two workers"])
def case(request, tmp_path_factory):
    """What `kill_driver.py` has trained: one run in many processes, and one that was left alone."""
    case, here = request.param, Path(__file__).parent
    folder = tmp_path_factory.mktemp("killed")
    settings = SETTINGS if case is ONE else (*SETTINGS, "flow.steps=8", "full.steps=24", "steps_per_epoch=8")
    ended = subprocess.run(
        [sys.executable, here / "helpers" / "kill_driver.py", folder, str(case.workers), str(case.kills), *settings],
        env={**os.environ, "PYTHONPATH": str(here.parent)}, capture_output=True, text=True,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr[-3000:]
    return dataclasses.replace(case, folder=folder)


def steps(path):
    """{(stage, step): what was told of it}, of a run whose steps were made several times, and by several workers."""
    told = {}
    for line in path.read_text().splitlines():
        stage, step, losses = line.split(" ", 2)
        assert told.setdefault((stage, int(step)), losses) == losses, (
            f"{stage} {step} differs when made again"
        )
    return told


def test_the_losses_of_every_step_are_those_of_the_run_left_alone(case):
    whole, killed = steps(case.folder / "whole.steps"), steps(case.folder / "killed.steps")
    assert len(whole) == case.steps and killed == whole
    made = len((case.folder / "killed.steps").read_text().splitlines())
    assert made > case.steps * case.workers  # some steps were lost and made again


def test_the_metrics_and_the_weights_are_those_of_the_run_left_alone(case):
    rows = {}
    for name in ("whole", "killed"):
        with open(case.folder / name / "metrics.csv", newline="") as file:
            rows[name] = [{**row, "time": None} for row in csv.DictReader(file)]
    assert rows["killed"] == rows["whole"] and len(rows["whole"]) == (2 + 8 if case.workers == 1 else 1 + 3)
    for weights in ("flow_estimator", "generator", "flow_estimator.best", "generator.best"):
        arrays = []
        for name in ("whole", "killed"):
            with h5py.File(case.folder / name / f"{weights}.weights.h5") as file:
                found = {}
                file.visititems(
                    lambda key, x, found=found: found.update({key: x[()]}) if hasattr(x, "shape") else None
                )
                arrays.append(found)
        assert arrays[0].keys() == arrays[1].keys()
        assert all(np.array_equal(arrays[0][key], arrays[1][key]) for key in arrays[0])


def test_some_kills_hit_a_save_and_no_checkpoint_was_ever_unreadable(case):
    # Whoever resumes reads all checkpoints there are; one that cannot be read would have ended the driver.
    report = [
        tuple(map(int, line.split())) for line in (case.folder / "killed.report").read_text().splitlines()
    ]
    assert len(report) > case.kills // 2
    assert sum(count > 0 for count, _ in report) >= case.kills // 2
    assert sum(in_save for _, in_save in report) >= case.kills // 6


def test_a_worker_whose_fellow_was_killed_says_so(case):
    told = (case.folder / "killed.out").read_text()
    sentence = "GflaError: Another worker of this training run has ended ("
    assert told.count(sentence) == case.kills * (case.workers - 1)
