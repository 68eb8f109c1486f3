"""How fast and in how much memory a photo follows a film, as `gfla live` does it: frames per second, detector included.

    python -m benchmarks.live_speed
    python -m benchmarks.live_speed --model dance.tflite --source me.jpg --camera dancer.mp4

Frames come as fast as they are taken, and go to the page as in `gfla live`; the film begins anew where it ends. Without a photo
and a film it takes pose2sim's, fetched once: two frames of one person, so that only speed counts.
"""

import argparse
import itertools
import resource
import tempfile
import time
from pathlib import Path

import numpy as np

from gfla_tf.errors import user_errors
from gfla_tf.inference.backgrounds import background_of
from gfla_tf.inference.footage import read_frame, write_film
from gfla_tf.inference.live import THREADS, beside_camera, live
from gfla_tf.inference.models import load_model
from gfla_tf.inference.picture_stream import PictureStream
from gfla_tf.inference.subjects import read_subject, subject_of
from gfla_tf.inference.video import read_video
from gfla_tf.pictures.drawing import write_png

WARM_UP = 10


def resident():
    """Megabytes of memory in use now."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 2**20


def repeated(path):
    """The frames of a film, over and over, one in memory at a time."""
    while True:
        yield from read_video(path).frames


def sample(folder):
    """Paths of a photo of a real person and of a film of the same one before another camera."""
    photo = Path(folder) / "photo.png"
    write_png(photo, read_frame(2, 10))
    return photo, write_film(folder, 3)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--model", help="the .tflite of a pose or dance network (default: people_256 of the package)"
    )
    parser.add_argument("--source", help="photo of the person (default: a frame of a real film)")
    parser.add_argument("--camera", help="the film (default: a real one)")
    parser.add_argument("--frames", type=int, default=1000, help="default: %(default)s")
    parser.add_argument(
        "--pose-model", help="full, lite, or a pose_landmarker_*.task (default: full, or lite if too slow)"
    )
    options = parser.parse_args()
    with user_errors(), tempfile.TemporaryDirectory() as folder, PictureStream(0) as page:
        source, camera = options.source, options.camera
        if not (source and camera):
            photo, film = sample(folder)
            source, camera = source or photo, camera or film
        model = load_model(options.model, "pose", "dance", threads=THREADS)
        subject = subject_of(model, options.pose_model)
        image, keypoints = read_subject(subject.of_source, source)
        behind = background_of("keep", model, subject.of_source, image, keypoints, options.pose_model)
        frames = itertools.islice(repeated(camera), WARM_UP + options.frames)
        shown = live(
            model, subject, image, keypoints, frames, detector_model=options.pose_model, background=behind
        )
        took, memory, found = [], {}, 0
        for number, one in enumerate(shown, 1 - WARM_UP):
            page.show(beside_camera(one))
            if number < 1:
                begin, busy = time.perf_counter(), time.process_time()
                continue
            took.append(one.milliseconds)
            found += one.found
            if number in (100, options.frames // 2, options.frames):
                memory[number] = round(resident())
        rate = options.frames / (time.perf_counter() - begin)
        busy = 1000 * (time.process_time() - busy) / options.frames
        detector, network = np.median(took, axis=0)
        print(
            f"{rate:.1f} frames per second over {options.frames} frames, with reading and the page's pictures; "
            f"{found} show a person"
        )
        print(
            f"median: {one.detector} detector {detector:.1f} ms, network {network:.1f} ms; "
            f"{busy:.0f} ms of processor a frame in all, on {2 * THREADS} threads"
        )
        print("resident MiB after frames:", ", ".join(f"{count}: {size}" for count, size in memory.items()))


if __name__ == "__main__":
    main()
