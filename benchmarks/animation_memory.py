"""Resident memory while a long animation is drawn: it must not grow with the frames.

Run `python -m benchmarks.animation_memory` in the repository. A small dance network of random weights draws frame after frame,
each from the one before: once as a .tflite on LiteRT, as `gfla_tf.inference.animation` runs it, and once as a
`tf.function` of the Keras model.
Each runs in a process of its own, which prints its resident memory after 100 and after 1,000 frames.
"""

import argparse
import itertools
import multiprocessing
import os
import tempfile
from pathlib import Path

FRAMES = (100, 1000)
PRESET = "dance_quickstart"


def resident():
    """Resident memory of this process at the moment, in MiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def memory_after(frames, counts):
    """{count: MiB} after so many of the frames, which are drawn as they are taken."""
    memory = {}
    for number, _ in enumerate(itertools.islice(frames, max(counts)), start=1):
        if number in counts:
            memory[number] = resident()
    return memory


def litert_frames(path):
    """Endless frames of a dance .tflite, drawn as `gfla_tf.inference.animation` draws them."""
    from gfla_tf.inference.animation import animate
    from gfla_tf.inference.subjects import subject_of
    from gfla_tf.litert.runner import TFLiteModel

    model = TFLiteModel(path)
    subject = subject_of(model)
    image, poses = _dance(subject.size)
    return animate(model, subject, image, next(poses), poses)


def keras_frames(generator):
    """Endless frames of a dance generator, whose step is a `tf.function`."""
    import tensorflow as tf

    from gfla_tf.keypoints.dance_structure import dance_maps
    from gfla_tf.models import animation

    image, poses = _dance(generator.image_size)
    structures = (dance_maps(pose, generator.image_size)[None] for pose in poses)
    step = tf.function(lambda inputs: generator(inputs, training=False))
    source = (image[None] / 127.5 - 1).astype("float32")
    return animation.animate(step, source, next(structures), structures)


def _dance(size):
    """A picture (H, W, 3) uint8 of noise, and endless joints (17, 3) that go round in circles."""
    import numpy as np

    draw = np.random.default_rng(0)
    image = draw.integers(0, 256, (*size, 3), np.uint8)
    joints = draw.uniform(0.2, 0.8, (17, 2)) * size[::-1]

    def poses():
        for k in itertools.count():
            moved = joints + 0.1 * min(size) * np.array([np.cos(0.2 * k), np.sin(0.2 * k)])
            yield np.concatenate([moved, np.ones((17, 1))], axis=1).astype(np.float32)

    return image, poses()


def _convert(path):
    from gfla_tf.export.convert.conversion import convert
    from gfla_tf.export.convert.sources import Source

    from gfla_tf.models.presets import create_generator
    from gfla_tf.training.tasks import task_named

    weights = {"origin": "random", "license": "as the project"}
    source = Source(create_generator(PRESET), task_named("dance"), path.stem, path.parent, weights)
    convert(source, path.parent)


def _litert(path, connection):
    connection.send(memory_after(litert_frames(path), FRAMES))


def _keras(_, connection):
    from gfla_tf.models.presets import create_generator

    connection.send(memory_after(keras_frames(create_generator(PRESET)), FRAMES))


def main():
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    context = multiprocessing.get_context("spawn")
    print(f"{'':>8}" + "".join(f"{count:>8} frames" for count in FRAMES) + f"{'growth':>12}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "dance.tflite"
        convert = context.Process(target=_convert, args=(path,))
        convert.start()
        convert.join()
        for name, worker in (("LiteRT", _litert), ("Keras", _keras)):
            connection, other = context.Pipe()
            context.Process(target=worker, args=(path, other), daemon=True).start()
            other.close()  # or nobody would learn that the process has ended
            memory = list(connection.recv().values())
            growth = f"{memory[-1] - memory[0]:>+8.1f} MiB"
            print(f"{name:>8}" + "".join(f"{mib:>11.0f} MiB" for mib in memory) + growth, flush=True)


if __name__ == "__main__":
    main()
