"""Commands that are killed at ten moments leave their results whole or absent, and nothing else after the next run."""

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

from gfla_tf.inference.video_writer import write_video
from gfla_tf.keypoints.pose_files import write_openpose
from tests.helpers.dataset_files import write_pose_pairs
from tests.helpers.own_pictures import figure, write_people
from tests.helpers.tiny_run import write_config

ROOT = Path(__file__).parents[1]
KILLS = 10
pytestmark = pytest.mark.slow


def start(command, folder):
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "TMPDIR": str(folder / "tmp"),
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    return subprocess.Popen(
        [sys.executable, *map(str, command)], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        start_new_session=True, cwd=folder,
    )  # fmt: skip


def is_result(path):
    """Whether a path is a file that others would take for a result: not one below a temporary name."""
    return path.is_file() and not any(part.startswith((".", "incomplete.")) for part in path.parts)


def kill_at_ten_moments(command, folder, output, is_whole):
    """Runs a command once, kills it ten times spread over the time that it took, and runs it again."""
    (folder / "tmp").mkdir()
    began = time.monotonic()
    process = start(command, folder)
    message = process.communicate(timeout=900)[1]
    assert process.returncode == 0, message
    seconds = time.monotonic() - began
    clean = sorted(str(path.relative_to(output)) for path in output.rglob("*"))
    assert is_whole(output)
    for k in range(KILLS):
        if k % 2:
            shutil.rmtree(output, ignore_errors=True)  # half of the kills replace results, half make new ones
        process = start(command, folder)
        time.sleep(seconds * (k + 0.5) / KILLS)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        assert is_whole(output) or not any(map(is_result, output.rglob("*"))), f"kill {k}"
    process = start(command, folder)
    assert process.communicate(timeout=900)[1] is not None and process.returncode == 0
    assert sorted(str(path.relative_to(output)) for path in output.rglob("*")) == clean
    assert is_whole(output)
    assert [
        path.name for path in (folder / "tmp").iterdir() if path.name.startswith(("gfla", "__autograph"))
    ] == []


def test_animate(tmp_path):
    shutil.copy(ROOT / "tests" / "fixtures" / "tiny_pose.tflite", tmp_path / "model.tflite")
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (300, 300, 3), np.uint8)).save(
        tmp_path / "me.png"
    )
    pose = np.c_[np.random.default_rng(1).uniform(40, 260, (18, 2)), np.ones(18)]
    film = [
        {"people": [{"pose_keypoints_2d": np.add(pose, [k % 20, 0, 0]).ravel().tolist()}]} for k in range(400)
    ]
    (tmp_path / "me.json").write_text(json.dumps(film[0]))
    (tmp_path / "film.json").write_text(json.dumps(film))
    command = [
        "-m",
        "gfla_tf",
        "animate",
        "--model",
        "model.tflite",
        "--source",
        "me.png",
        "--source-pose",
        "me.json",
    ]
    command += ["--poses", "film.json", "--output", "out/film.mp4"]

    def is_whole(output):
        from gfla_tf.inference.video import read_video

        return (output / "film.mp4").exists() and sum(
            1 for _ in read_video(output / "film.mp4").frames
        ) == 400

    kill_at_ten_moments(command, tmp_path, tmp_path / "out", is_whole)


def test_preparation(tmp_path):
    pytest.importorskip("tensorflow_datasets")
    write_pose_pairs(tmp_path / "market", "market", (128, 64))
    program = "from gfla_tf.data.prepared import prepare; prepare('market', 'market', (128, 64))"

    def is_whole(output):
        return any(output.rglob("dataset_info.json")) and any(output.rglob("*.tfrecord*"))

    kill_at_ten_moments(["-c", program], tmp_path, tmp_path / "market" / "prepared", is_whole)


def test_convert(tmp_path):
    config = write_config(tmp_path)
    (tmp_path / "tmp").mkdir()
    training = start(["-m", "gfla_tf", "train", config, "flow.steps=1", "full.steps=1"], tmp_path)
    assert training.communicate(timeout=900)[1] is not None and training.returncode == 0
    (tmp_path / "tmp").rmdir()

    def is_whole(output):
        from gfla_tf.litert.runner import TFLiteModel

        saved = output / "tiny_saved_model" / "saved_model.pb"
        return (
            (output / "tiny.tflite").exists()
            and saved.exists()
            and bool(TFLiteModel(output / "tiny.tflite").description)
        )

    kill_at_ten_moments(
        ["-m", "gfla_tf", "convert", "--run", "runs/tiny", "--output", "out"],
        tmp_path,
        tmp_path / "out",
        is_whole,
    )


def test_prepare(tmp_path):
    """The preparation of one's own people resumes: every file is what it ends as, and the last run leaves the same ones."""
    write_people(tmp_path / "people", {"anna": 12, "clara": 12}, (240, 160), masks=True)
    (tmp_path / "people/ben/walk_poses").mkdir(parents=True)
    frames = [figure(number, (240, 160), 2) for number in range(40)]
    write_video(tmp_path / "people/ben/walk.mp4", (picture for picture, _, _ in frames), 5)
    for number, (_, keypoints, _) in enumerate(frames):
        write_openpose(tmp_path / f"people/ben/walk_poses/{number}.json", keypoints)
    output, expected = tmp_path / "own", {}
    notes = output / "report/sources"

    def is_whole(_):
        found = {path: path.read_bytes() for path in output.rglob("*") if is_result(path)}
        if not expected:
            expected.update(found)
            assert len(found) > 140  # of each picture two or three files, notes, the report
        for note in notes.glob("*.json") if len(found) == len(expected) else ():
            note.unlink()  # all is done: the next run has to do it again, over what is there
        differ = [path.name for path, content in found.items() if expected.get(path) != content]
        print(*differ)
        return not differ

    command = ["-m", "gfla_tf", "prepare", "people", "--output", "own", "--size", "128", "88"]
    kill_at_ten_moments(command, tmp_path, output, is_whole)
