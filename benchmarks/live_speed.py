"""How fast and in how much memory a photo follows a film, as `gfla live` does it: frames per second, detector included.

    python -m benchmarks.live_speed --model runs/pose_quickstart/pose_quickstart.tflite --source me.jpg --camera dancer.mp4

Frames come as fast as they are taken; the film begins anew where it ends. `--pose-model lite` takes the smaller pose network.
"""

import argparse
import itertools
import resource
import time

import numpy as np

from gfla_tf.errors import user_errors
from gfla_tf.inference.live import beside_camera, live
from gfla_tf.inference.models import load_model
from gfla_tf.inference.subjects import read_subject, subject_of
from gfla_tf.inference.video import read_video

WARM_UP = 10


def resident():
    """Megabytes of memory in use now."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 2**20


def repeated(path):
    """The frames of a film, over and over, one in memory at a time."""
    while True:
        yield from read_video(path).frames


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", required=True, help="the .tflite of a pose or dance network")
    parser.add_argument("--source", required=True, help="photo of the person")
    parser.add_argument("--camera", required=True, help="the film")
    parser.add_argument("--frames", type=int, default=1000, help="default: %(default)s")
    parser.add_argument("--pose-model", help="full, lite, or a pose_landmarker_*.task (default: full)")
    options = parser.parse_args()
    with user_errors():
        model = load_model(options.model, "pose", "dance")
        subject = subject_of(model, options.pose_model)
        image, keypoints = read_subject(subject, options.source)
        frames = itertools.islice(repeated(options.camera), WARM_UP + options.frames)
        shown = live(model, subject, image, keypoints, frames, detector_model=options.pose_model)
        took, memory, found = [], {}, 0
        for number, one in enumerate(shown):
            beside_camera(one)
            if number < WARM_UP:
                begin, busy = time.perf_counter(), time.process_time()
                continue
            took.append(one.milliseconds)
            found += one.found
            if (number - WARM_UP + 1) % (options.frames // 5) == 0:
                memory[number - WARM_UP + 1] = round(resident())
        rate = options.frames / (time.perf_counter() - begin)
        busy = 1000 * (time.process_time() - busy) / options.frames
        detector, network = np.median(took, axis=0)
        print(
            f"{rate:.1f} frames per second over {options.frames} frames, with reading and drawing; {found} show a person"
        )
        print(
            f"median: detector {detector:.1f} ms, network {network:.1f} ms; {busy:.0f} ms of a core a frame in all"
        )
        print("resident MiB after frames:", ", ".join(f"{count}: {size}" for count, size in memory.items()))


if __name__ == "__main__":
    main()
