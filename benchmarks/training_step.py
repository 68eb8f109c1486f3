"""Time and memory of a training step of the full-size pose model, against the same step with the literal sampler.

Run `python -m benchmarks.training_step` in the repository. The step is the published one, 256 x 256 with all losses and the
discriminator; images and the weights of VGG-19 are random. Versions of the sampler: literal (patches cut out, samples taken one
by one, as in tests/helpers/literal.py), composed (out of keras.ops) and compiled (in C++, see `gfla_tf.ops.backend`).
Each runs in a process of its own, whose largest resident memory counts. Times are the best of several steps, the versions taking
turns.
"""

import argparse
import os
import resource
import tempfile
import time
from pathlib import Path

from benchmarks.in_turns import in_turns

REPOSITORY = Path(__file__).resolve().parents[1]
VERSIONS = ("literal", "composed", "compiled")


def resident_peak():
    """Largest resident memory of this process so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def use_literal_samplers():
    """Puts the literal definitions in the places of local attention and of the correctness loss's window."""
    from gfla_tf.layers.attention import LocalAttention
    from gfla_tf.losses import flow
    from tests.helpers import literal

    def attend(layer, target, source, flow):
        weights = (layer.patch_kernel, layer.patch_bias, layer.coefficient_kernel, layer.coefficient_bias)
        if not hasattr(target, "graph"):  # Keras asks for shapes while the model is built
            return target, target[..., :1] * [1.0] * layer.kernel_size**2
        return literal.local_attention(target, source, flow, *(weight.value for weight in weights))

    LocalAttention.call = attend
    flow.gaussian_sample = literal.gaussian


def worker(version, overrides, connection):
    """Sends the resident peak after the first step, then the seconds of a step for each message, and at last the peak."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ["GFLA_SAMPLER"] = "composed" if version == "literal" else version
    import numpy as np
    import tensorflow as tf

    from gfla_tf.training.config_file import load_config
    from gfla_tf.training.runs import Run

    if version == "literal":
        use_literal_samplers()
    config = load_config(REPOSITORY / "configs" / "pose_deepfashion.yaml", overrides)
    with tempfile.TemporaryDirectory() as folder:
        trainer = Run(config, folder)._trainer("full", config.full)
    draw, size = np.random.default_rng(0), (config.batch_size, *trainer.generator.image_size)
    shapes = {"image": (*size, 3), "pose": (*size, trainer.generator.pose_channels)}
    batch = {
        f"{role}_{name}": tf.constant(draw.uniform(-1, 1, shape), tf.float32)
        for role in ("source", "target")
        for name, shape in shapes.items()
    }
    step = tf.function(trainer.train_step, jit_compile=config.jit_compile)
    connection.send(float(step(batch)["generator_loss"]))
    while connection.recv():
        start = time.perf_counter()
        float(step(batch)["generator_loss"])
        connection.send(time.perf_counter() - start)
    connection.send(resident_peak())


def measure(versions, overrides, steps):
    """{version: (loss of the first step, MiB, seconds)}."""
    measured = in_turns(worker, {version: (version, overrides) for version in versions}, steps, True)
    for _, _, connection in measured.values():
        connection.send(False)
    return {
        version: (loss, connection.recv(), min(seconds))
        for version, (loss, seconds, connection) in measured.items()
    }


def main():
    parser = argparse.ArgumentParser(description="A training step against the same with the literal sampler.")
    parser.add_argument(
        "--versions",
        nargs="+",
        choices=VERSIONS,
        default=VERSIONS,
        help="which to run; the first is what ratios are of",
    )
    parser.add_argument("--steps", type=int, default=3, help="steps to time, after the first")
    parser.add_argument(
        "overrides", nargs="*", metavar="key=value", help="settings of the training, such as batch_size=1"
    )
    arguments = parser.parse_intermixed_args()
    overrides = [
        "batch_size=2", "data.dataset=synthetic_people",
        "data.directory=null", "features.weights=random:0", "distribution=one", *arguments.overrides
    ]  # fmt: skip
    result = measure(arguments.versions, overrides, arguments.steps)
    print(
        f"{'version':>10} {'loss':>9} {'peak memory':>12} {'step':>9} {'memory ratio':>13} {'time ratio':>11}"
    )
    _, least_memory, least_time = result[arguments.versions[0]]
    for version, (loss, mib, seconds) in result.items():
        ratios = f"{mib / least_memory:>13.3f} {seconds / least_time:>11.3f}"
        print(f"{version:>10} {loss:>9.4f} {mib:>8.0f} MiB {seconds:>7.2f} s {ratios}")


if __name__ == "__main__":
    main()
