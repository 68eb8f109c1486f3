"""Workers that wait for each other before they train."""

import json
import os
import signal
import subprocess
import sys

import pytest

from gfla_tf.cli.launch import free_addresses
from gfla_tf.errors import GflaError
from gfla_tf.training.worker_timeout import VARIABLE, worker_timeout

PROGRAM = """
import time
from gfla_tf.training.distribution import create_distribution
create_distribution("multi_worker", 2)
print("together", flush=True)
time.sleep(3600)
"""


def start(addresses, index, seconds):
    task = {"type": "worker", "index": index}
    settings = json.dumps({"cluster": {"worker": addresses}, "task": task})
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "TF_CONFIG": settings, VARIABLE: str(seconds), "TF_CPP_MIN_LOG_LEVEL": "3"},
    )  # fmt: skip


@pytest.mark.parametrize("index", [0, 1])
def test_a_worker_that_waits_in_vain_ends_with_one_sentence(index):
    worker = start(free_addresses(2), index, 2)
    said = worker.communicate(timeout=600)[1]
    assert worker.returncode == -signal.SIGKILL
    assert "error: after 2 seconds not all 2 workers of this training run had come: start all of them" in said


def test_together_they_outlive_the_wait_and_a_sigterm_ends_one():
    addresses, seconds = free_addresses(2), 600
    workers = [start(addresses, index, seconds) for index in range(2)]
    try:
        assert [worker.stdout.readline() for worker in workers] == ["together\n"] * 2
        workers[1].terminate()
        assert workers[1].wait(600) == -signal.SIGTERM
    finally:
        for worker in workers:
            worker.kill()
            worker.communicate()


def test_a_wait_that_ends_in_time_leaves_no_guard_and_the_signals_as_they_were(monkeypatch):
    monkeypatch.setenv(VARIABLE, "3600")
    started, popen = [], subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda *a, **kw: started.append(popen(*a, **kw)) or started[0])
    handler = signal.getsignal(signal.SIGTERM)
    with worker_timeout(2):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    assert signal.getsignal(signal.SIGTERM) == handler
    assert started[0].returncode == 0


def test_ctrl_c_ends_a_worker_that_waits():
    waiting = """if True:
        import signal, time
        from gfla_tf.training.worker_timeout import worker_timeout
        signal.signal(signal.SIGINT, lambda *_: None)  # as deaf as TensorFlow makes it
        with worker_timeout(2):
            print("waiting", flush=True)
            time.sleep(3600)
    """
    worker = subprocess.Popen([sys.executable, "-c", waiting], stdout=subprocess.PIPE, start_new_session=True)
    try:
        assert worker.stdout.readline() == b"waiting\n"
        os.killpg(worker.pid, signal.SIGINT)
        assert worker.wait(600) == -signal.SIGKILL
    finally:
        worker.kill()
        worker.communicate()


@pytest.mark.parametrize("seconds", ["soon", "0", "-1", "nan", "inf"])
def test_a_timeout_that_is_no_number_of_seconds_is_refused(monkeypatch, seconds):
    monkeypatch.setenv(VARIABLE, seconds)
    with (
        pytest.raises(GflaError, match=f"{VARIABLE} is {seconds}: it must be a number of seconds"),
        worker_timeout(2),
    ):
        pass
