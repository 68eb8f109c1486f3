"""Resident memory while a training runs: it must not grow with the steps.

Run `python -m benchmarks.training_memory` in the repository. A tiny pose network is trained through stage full as `train.py` does
it, with checkpoints, sample grids, metrics and TensorBoard every 100 steps; the resident memory after each of some steps is
printed, and the growth from the first to the last of them.
"""

import argparse
import gc
import os
import tempfile
from pathlib import Path

import yaml

from benchmarks.animation_memory import resident

STEPS = (200, 500, 1000, 1500, 2000)
SETTINGS = {
    "name": "memory",
    "batch_size": 2,
    "steps_per_epoch": 100,
    "checkpoint_every": 100,
    "data": {"identities": 4, "frames": 3, "heat_map_sigma": 2.0},
    "model": {
        "preset": "pose_quickstart",
        "generator": {
            "image_size": [32, 32],
            "attention_kernels": {2: 3},
            "attention_units": 8,
            **{"base_channels": 4, "max_channels": 8, "depth": 2},
            **{"flow_base_channels": 4, "flow_max_channels": 8, "flow_depth": 3},
        },
        "discriminator": {"depth": 2, "base_channels": 4, "max_channels": 8},
    },
    "features": {"network": "none"},
    "flow": {"steps": 0},
    "full": {"correctness": 0.0, "content": 0.0, "style": 0.0},
}


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument(
        "overrides", nargs="*", metavar="key=value", help="settings, such as ema=0.999 or batch_size=4"
    )
    overrides = arguments.parse_args().overrides
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras

    from gfla_tf.training.config_file import load_config
    from gfla_tf.training.current_step import training_step
    from gfla_tf.training.runs import Run

    class Memory(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            step = training_step(self.model)
            if step in STEPS:
                gc.collect()
                memory[step] = resident()
                print(f"\nstep {step:>5}: {memory[step]:7.1f} MiB", flush=True)

    memory = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "memory.yaml"
        path.write_text(yaml.safe_dump(SETTINGS))
        config = load_config(path, [f"full.steps={max(STEPS)}", *overrides])
        Run(config, Path(folder) / "run").train([Memory()])
    first, last = memory[min(STEPS)], memory[max(STEPS)]
    print(f"growth from step {min(STEPS)} to {max(STEPS)}: {last - first:+.1f} MiB, {last / first - 1:+.2%}")


if __name__ == "__main__":
    main()
