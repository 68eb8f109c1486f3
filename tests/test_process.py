"""What ends a command is one line and an exit status, and nothing temporary stays."""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gfla_tf.cli import process
from gfla_tf.errors import GflaError, Stopped, user_errors
from tests.helpers.tiny_run import write_config

GFLA = [sys.executable, "-m", "gfla_tf"]
ROOT = Path(__file__).parents[1]


def heed_ctrl_c():
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # tests that run in the background have it ignored


def told(error, capsys):
    with pytest.raises(SystemExit) as ended, user_errors():
        raise error
    return ended.value.code, capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "status", "sentence"),
    [
        (GflaError("No."), 2, "error: No."),
        (PermissionError(errno.EACCES, "Permission denied", "a/b"), 2, "error: a/b cannot be used (Permission denied)"),
        (OSError(errno.ELOOP, "Too many levels of symbolic links", "x"), 2, "lead in a circle"),
        (OSError(errno.EMFILE, "Too many open files", "x"), 2, "ulimit -n"),
        (OSError(errno.ENAMETOOLONG, "File name too long", "x"), 2, "shorter name"),
        (FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp']"), 2, "TMPDIR"),
        (FileNotFoundError(errno.ENOENT, "No such file or directory"), 2, "current folder was removed"),
        (RuntimeError("Symlink loop from 'x'"), 2, "lead in a circle"),
        (RuntimeError("Could not determine home directory."), 2, "no home folder of that user"),
        (UnicodeEncodeError("utf-8", "caf\udce9.png", 3, 4, "surrogates not allowed"), 2, r"UTF-8 (caf\udce9.png): rename"),
        (MemoryError(), 2, "not enough memory"),
        (KeyboardInterrupt(), 130, "stopped by Ctrl-C"),
        (Stopped("stopped at step 3", 143), 143, "stopped at step 3"),
        (ZeroDivisionError("division by zero"), 70, "A mistake of gfla-tf itself"),
    ],
)  # fmt: skip
def test_whatever_ends_a_program_is_one_line(error, status, sentence, capsys):
    code, message = told(error, capsys)
    assert code == status and sentence in message and message.count("\n") == 1 and "Traceback" not in message


def gfla(*arguments, shell=None, **settings):
    command = shell or [*GFLA, *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **settings.pop("env", {})}
    return subprocess.run(
        command, shell=shell is not None, env=environment, capture_output=True, text=True, timeout=600, **settings
    )  # fmt: skip


def test_closed_and_full_outputs_and_lost_folders_are_no_stack_trace(tmp_path):
    python = f"{sys.executable} -m gfla_tf"
    cases = {
        f"{python} --help | head -c 1": 0,
        f"set -o pipefail; {python} --help | true": 141,
        f"{python} --help > /dev/full": 0,
        f"{python} lint /etc/passwd >&- 2>&-": 2,
        f"mkdir {tmp_path}/gone && cd {tmp_path}/gone && rmdir {tmp_path}/gone && {python} lint x.tflite": 2,
        f"TMPDIR=/proc {python} lint /etc/passwd": 2,
    }
    for command, status in cases.items():
        done = gfla(shell=command, executable="/bin/bash")
        assert done.returncode in (status, 0 if status == 141 else status), (command, done)
        assert "Traceback" not in done.stderr and done.stderr.count("\n") <= 1, (command, done.stderr)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_is_one_line_and_leaves_nothing_temporary(number, status, tmp_path):
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    fifo = tmp_path / "model.tflite"
    os.mkfifo(fifo)  # nobody writes: the command waits
    command = subprocess.Popen(
        [*GFLA, "lint", fifo], env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(temporary)},
        stderr=subprocess.PIPE, text=True, preexec_fn=heed_ctrl_c,
    )  # fmt: skip
    while not any(temporary.glob("*/lock")):
        time.sleep(0.01)
    time.sleep(0.2)
    command.send_signal(number)
    _, message = command.communicate(timeout=60)
    assert command.returncode == status
    assert message.splitlines() in ([f"stopped by {'Ctrl-C' if number == signal.SIGINT else 'SIGTERM'}"],)
    assert not any(temporary.iterdir())


def test_what_a_killed_command_leaves_is_swept_by_the_next(tmp_path):
    ours, held, strangers = (tmp_path / name for name in ("gfla-scratch-a", "gfla-scratch-b", "other"))
    for folder in (ours, held, strangers):
        folder.mkdir()
        (folder / "lock").touch()
        (folder / "__autograph_generated_file.py").touch()
    lock = process._held(held / "lock")
    assert gfla("lint", "absent", env={"TMPDIR": str(tmp_path)}).returncode == 2
    os.close(lock)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["gfla-scratch-b", "other"]


def test_a_training_that_is_stopped_saves_first_and_the_same_command_resumes(tmp_path):
    config = write_config(tmp_path)
    command = ["train", str(config), "flow.steps=100000", "--runs", str(tmp_path / "runs")]
    expected = 0
    for number, status in ((signal.SIGTERM, 143), (signal.SIGINT, 130)):
        process_ = subprocess.Popen(
            [*GFLA, *command], env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path,
        )  # fmt: skip
        metrics = tmp_path / "runs" / "tiny" / "metrics.csv"
        rows = metrics.read_text().count("\n") if metrics.exists() else 0
        while process_.poll() is None and (
            not metrics.exists() or metrics.read_text().count("\n") <= rows + 1
        ):
            time.sleep(0.1)
        process_.send_signal(number)
        output, message = process_.communicate(timeout=600)
        assert process_.returncode == status, (output, message)
        assert message.startswith("stopped at step ") and message.count("\n") == 1, message
        assert "of the flow stage; the same command resumes" in message
        if expected:
            assert f"resuming from step {expected}" in output
        expected = int(message.split()[3])
        saved = sorted((tmp_path / "runs" / "tiny" / "checkpoints" / "flow").glob("ckpt-*.index"))
        assert saved
    assert not any(tmp_path.glob("gfla-scratch-*")) and not any(tmp_path.glob("__autograph*"))


def test_libraries_say_nothing_where_a_command_ends_well(tmp_path):
    """LiteRT, TensorFlow and ffmpeg like to; GFLA_DEBUG=1 lets them."""
    shutil.copy(ROOT / "tests" / "fixtures" / "tiny_pose.tflite", tmp_path / "model.tflite")
    Image.fromarray(np.zeros((300, 300, 3), np.uint8)).save(tmp_path / "me.png")
    pose = np.c_[np.random.default_rng(1).uniform(40, 260, (18, 2)), np.ones(18)].ravel().tolist()
    frame = {"people": [{"pose_keypoints_2d": pose}]}
    (tmp_path / "me.json").write_text(json.dumps(frame))
    (tmp_path / "film.json").write_text(json.dumps([frame] * 3))
    words = "animate --model model.tflite --source me.png --source-pose me.json --poses film.json --output out.mp4"
    done = gfla(*words.split(), cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "wrote out.mp4 (3 frames)\n", "")
    done = gfla("train", "pose_quickstart", "--dry-run", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
