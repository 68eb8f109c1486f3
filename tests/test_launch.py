"""Several processes of one machine as workers of one training."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gfla_tf.cli import launch

PROGRAM = """
import json, os, sys, time

settings = json.loads(os.environ["TF_CONFIG"])
print(json.dumps([settings, os.environ.get("CUDA_VISIBLE_DEVICES"), sys.argv[1:]]))
index = settings["task"]["index"]
if sys.argv[1] == "fail":
    sys.exit(3) if index else time.sleep(3600)
if sys.argv[1] == "bytes":
    sys.stdout.buffer.write(b"\\xff\\n" + b"many\\n" * 60_000)
if sys.argv[1] == "sleep":
    print(os.getpid(), flush=True)
    time.sleep(3600)
"""


@pytest.fixture
def program(tmp_path):
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    return path


def test_each_worker_gets_the_cluster_its_index_and_the_arguments(program, capfd):
    assert launch.launch(3, ["config.yaml", "a=1"], gpu_each=True, program=program) == 0
    told = {line[:3]: json.loads(line[4:]) for line in capfd.readouterr().out.splitlines()}
    assert sorted(told) == ["[0]", "[1]", "[2]"]
    clusters = {json.dumps(settings["cluster"]) for settings, _, _ in told.values()}
    assert len(clusters) == 1 and len(set(json.loads(clusters.pop())["worker"])) == 3
    for i in range(3):
        settings, gpu, arguments = told[f"[{i}]"]
        assert settings["task"] == {"type": "worker", "index": i}
        assert gpu == str(i) and arguments == ["config.yaml", "a=1"]


def test_a_worker_that_fails_ends_the_others(program, capfd, monkeypatch):
    monkeypatch.setattr(launch, "GRACE", 0.5)
    assert launch.launch(2, ["fail"], program=program) == 3
    assert "worker 1 ended with status 3" in capfd.readouterr().err


@pytest.mark.parametrize("workers", ["0", "-1"])
def test_no_workers_are_refused(monkeypatch, capsys, workers):
    with pytest.raises(SystemExit) as ended:
        launch.main(["--workers", workers, "config.yaml"])
    assert ended.value.code == 2 and f"--workers is {workers}: it must be" in capsys.readouterr().err


def test_what_is_no_text_stops_nobody(program, capfd):
    assert launch.launch(1, ["bytes"], program=program) == 0
    assert capfd.readouterr().out.count("[0] many") == 60_000


def test_a_launcher_that_is_told_to_end_ends_its_workers(program):
    script = f"from gfla_tf.cli import launch; launch.TRAIN = [{str(program)!r}]; launch.main()"
    launcher = subprocess.Popen(
        [sys.executable, "-c", script, "sleep"], stdout=subprocess.PIPE, text=True,
        cwd=Path(launch.__file__).parent,
    )  # fmt: skip
    lines = (launcher.stdout.readline().split("] ")[1] for _ in range(4))
    processes = [int(line) for line in lines if line.strip().isdigit()]
    launcher.terminate()
    assert launcher.wait(600) == 128 + signal.SIGTERM and len(processes) == 2
    for process in processes:
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)
