"""Trains a tiny configuration in processes that are killed at random moments, beside one that is left alone.

    python kill_driver.py FOLDER WORKERS KILLS [key=value ...]

A program of its own whose processes are forked before anything of TensorFlow has run: importing it takes longer than a training.
FOLDER/killed and FOLDER/whole are the runs. FOLDER/NAME.steps gets a line for every step, of stage, step and what the step's
callbacks were told, to the last bit; FOLDER/killed.report a line for every start: how many checkpoints it found, all readable,
and whether the process before was killed in the middle of saving one. Of several workers a random one is killed, and the others,
who cannot continue, have to end by themselves; all tell their steps.
"""

import json
import os
import random
import signal
import sys
import threading
import time
import traceback
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import tensorflow as tf

from gfla_tf.cli.launch import free_addresses
from gfla_tf.training import runs
from gfla_tf.training.checkpoints import Checkpoints
from gfla_tf.training.config_file import load_config
from gfla_tf.training.current_step import training_step
from gfla_tf.training.tasks import pose
from tests.helpers.tiny_run import render_here, write_config

PATIENCE = 120  # seconds in which a worker without the others has to end


class Recorder(keras.callbacks.Callback):
    def __init__(self, file):
        super().__init__()
        self.file = file

    def on_train_batch_end(self, batch, logs=None):
        told = " ".join(f"{name}={float(value).hex()}" for name, value in sorted(logs.items()))
        print(self.model.network.name, training_step(self.model), told, file=self.file, flush=True)


class Watched(Checkpoints):
    """Checkpoints that are all read when a run resumes, and whose saving can be killed: at the share `kill_at` of the time that
    the process's first save took, in its second.
    """

    folder, kill_at, seconds = None, None, None

    def restore_latest(self):
        marker = self.folder / "saving"
        paths = self.paths
        for path in paths:
            reader = tf.train.load_checkpoint(path)
            for key in reader.get_variable_to_shape_map():
                reader.get_tensor(key)
        with open(self.folder / "killed.report", "a") as report:
            print(len(paths), int(marker.exists()), file=report)
        marker.unlink(missing_ok=True)
        step = super().restore_latest()
        assert paths == [] or self.latest == paths[-1]
        return step

    def save(self):
        marker = self.folder / "saving"
        marker.touch()
        if Watched.kill_at is not None and Watched.seconds is not None:
            seconds = Watched.kill_at * Watched.seconds
            threading.Thread(target=_kill_after, args=(seconds,), daemon=True).start()
        started = time.monotonic()
        path = super().save()
        Watched.seconds = time.monotonic() - started
        marker.unlink()
        return path


def _kill_after(seconds):
    time.sleep(seconds)
    os.kill(os.getpid(), signal.SIGKILL)


def train(config, folder, name):
    """In a process of its own: the run FOLDER/NAME, from where it stopped to its end."""
    with open(folder / f"{name}.out", "a") as out, open(folder / f"{name}.steps", "a") as steps:
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)
        run = runs.Run(config, folder / name)
        if name == "killed" and run.distribution.is_chief:
            Watched.folder = folder
            runs.Checkpoints = Watched
        run.train([Recorder(steps)])


def start_workers(count, config, folder, name):
    """Starts `train` in so many processes and returns their numbers."""
    addresses = free_addresses(count)
    processes = []
    for index in range(count):
        if count > 1:
            task = {"type": "worker", "index": index}
            os.environ["TF_CONFIG"] = json.dumps({"cluster": {"worker": addresses}, "task": task})
        processes.append(start(train, config, folder, name))
    return processes


def start(function, *arguments):
    """Runs a function in a process of its own and returns its number."""
    process = os.fork()
    if process == 0:
        status = 1
        try:
            function(*arguments)
            status = 0
        except Exception:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(status)
    return process


def lines(path):
    return path.read_bytes().count(b"\n") if path.exists() else 0


def waited(process, seconds):
    """Exit status of a process, None if it has not ended by then."""
    deadline = time.monotonic() + seconds
    while True:
        done, status = os.waitpid(process, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > deadline:
            return None
        time.sleep(0.002)


def train_and_kill(config, folder, workers, rng, inside):
    """Starts the run `killed` and kills a worker of it: in a save, if `inside`, or at another moment."""
    Watched.kill_at = rng.random() if inside else None
    # Of several workers none is killed before its first step: whose fellow never comes waits long, see test_meeting.py.
    before, wanted, delay = lines(folder / "killed.steps"), rng.randint(workers > 1, 5), 0.05 * rng.random()
    processes = start_workers(workers, config, folder, "killed")
    victim, status = (processes[0] if inside else rng.choice(processes)), None
    while status is None:
        if not inside and lines(folder / "killed.steps") >= before + wanted * workers:
            time.sleep(delay if wanted else 40 * delay)
            os.kill(victim, signal.SIGKILL)
        status = waited(victim, 0)
    if status != -signal.SIGKILL:
        sys.exit(f"a worker to be killed ended with {status}: {(folder / 'killed.out').read_text()[-2000:]}")
    for process in processes:
        if process != victim and (status := waited(process, PATIENCE)) != 1:
            sys.exit(f"{PATIENCE} s after the other was killed a worker had the status {status}")


def main():
    folder, workers, kills, rng = Path(sys.argv[1]), *map(int, sys.argv[2:4]), random.Random(0)
    os.waitpid(start(write_config, folder), 0)  # which makes a network
    config = load_config(folder / "tiny.yaml", sys.argv[4:])
    pose.render_frames = render_here
    for split, seed, identities, frames in (
        ("train", config.data.seed, config.data.identities, config.data.frames),
        ("test", 17, 4, 2),
    ):
        render_here(tuple(config.model.generator["image_size"]), split, seed, identities, frames, False)
    whole = start_workers(workers, config, folder, "whole")
    for kill in range(kills):
        train_and_kill(config, folder, workers, rng, inside=kill % 3 == 1)
        print("kill", kill, "steps", lines(folder / "killed.steps"), flush=True)
    Watched.kill_at = None
    for name, processes in (("killed", start_workers(workers, config, folder, "killed")), ("whole", whole)):
        for process in processes:
            if status := waited(process, 3600):
                sys.exit(f"{name} ended with {status}: {(folder / f'{name}.out').read_text()[-2000:]}")


if __name__ == "__main__":
    main()
