"""Processor time of a training step with and without `gfla_tf.training.process.prepare_process`.

Run `python -m benchmarks.training_process` in the repository: the generator of a preset, forward and backward on random inputs,
each version in a process of its own, in turns. Ratios are of the plain process.
"""

import argparse
import os
import time

import numpy as np

from benchmarks.in_turns import in_turns

VERSIONS = ("plain", "prepared")


def worker(version, preset, batch_size, connection):
    """Sends the number of weights, then the processor seconds of a step for each message."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if version == "prepared":
        from gfla_tf.training.process import prepare_process

        prepare_process()
    import tensorflow as tf

    from gfla_tf.models.presets import create_generator

    generator = create_generator(preset)
    draw = np.random.default_rng(0)
    batch = {
        name: tf.constant(draw.uniform(0, 1, (batch_size, *value.shape[1:])), tf.float32)
        for name, value in generator.input.items()
    }

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            outputs = generator(batch, training=True)
            loss = tf.add_n([tf.reduce_mean(tf.square(value)) for value in outputs.values()])
        return tape.gradient(loss, generator.trainable_variables)

    step()
    connection.send(generator.count_params())
    while connection.recv():
        start = time.process_time()
        step()
        connection.send(time.process_time() - start)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("preset", nargs="?", default="people_128")
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--steps", type=int, default=10)
    options = parser.parse_args()
    workers = {version: (version, options.preset, options.batch_size) for version in VERSIONS}
    measured = in_turns(worker, workers, options.steps, True)
    seconds = {version: float(np.median(answers)) for version, (_, answers, _) in measured.items()}
    for _, _, connection in measured.values():
        connection.send(False)
    for version, median in seconds.items():
        print(f"{version:>10} {median:.3f} s of a processor, {median / seconds['plain']:.2f}")


if __name__ == "__main__":
    main()
