"""Pairs per second that a folder of own pictures delivers at 256 x 256, beside those that the full-size training step takes.

Run `python -m benchmarks.input_pipeline` in the repository; `--batch-size N` takes other batches than the published 8. Both are
measured in turns in one run: the step is that of `benchmarks.training_step` in its fastest form, the pipeline reads TFRecord
shards, decodes, mirrors, moves and relights, and draws the pose maps. Pictures are random, made in a temporary folder.
"""

import argparse
import json
import multiprocessing
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.training_step import worker

SIZE, PICTURES, BATCHES = (256, 256), 60, 20


def write_pictures(folder):
    """Random pictures of one person with poses beside, in the layout of `gfla_tf.data.folder`."""
    draw = np.random.default_rng(0)
    (folder / "someone").mkdir()
    for number in range(PICTURES):
        small = Image.fromarray(draw.integers(0, 256, (32, 32, 3), np.uint8))
        small.resize(SIZE[::-1], Image.Resampling.BICUBIC).save(folder / f"someone/{number:03d}.png")
        joints = np.column_stack([draw.uniform(20, 236, (18, 2)), np.ones(18)])
        people = [{"pose_keypoints_2d": joints.ravel().tolist()}]
        (folder / f"someone/{number:03d}.json").write_text(json.dumps({"people": people}))


def main(arguments=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args(arguments)
    context = multiprocessing.get_context("spawn")
    connection, other = context.Pipe()
    overrides = [
        f"batch_size={options.batch_size}", "data.dataset=synthetic_people", "data.directory=null",
        "features.weights=random:0", "distribution=one",
    ]  # fmt: skip
    context.Process(target=worker, args=("compiled", overrides, other), daemon=True).start()
    connection.recv()  # the first step, which is compiled

    from gfla_tf.data.prepared import prepare
    from gfla_tf.training.config_file import load_config
    from gfla_tf.training.tasks.pose import PoseTask

    with tempfile.TemporaryDirectory() as folder:
        write_pictures(Path(folder))
        settings = [  # maps as large as the pictures, and no masks
            f"data.directory={folder}", f"batch_size={options.batch_size}", "init_from=null", "data.keep_background=false",
            "data.bled=0", "full.alpha=0",
        ]  # fmt: skip
        task = PoseTask(load_config("pose_own", settings))
        batches = iter(task.dataset(task.pairs(prepare("folder", folder, SIZE), "train"), 0, 0))
        next(batches)
        delivered, taken = [], []
        for _ in range(options.rounds):
            start = time.perf_counter()
            for _ in range(BATCHES):
                next(batches)
            delivered.append(BATCHES * options.batch_size / (time.perf_counter() - start))
            connection.send(True)
            taken.append(options.batch_size / connection.recv())
        connection.send(False)
    print(f"pipeline: {max(delivered):.1f} pairs/s; training step: {max(taken):.2f} pairs/s")
    print(f"ratio {max(delivered) / max(taken):.1f} (goal: at least 5)")


if __name__ == "__main__":
    main()
