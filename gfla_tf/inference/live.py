"""A photo that moves as somebody before a camera does, at once: frames in, pictures out, on LiteRT.

Two things go on at a time: while the network draws what one frame shows, the next one is taken and looked at in another thread.
"""

import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import cv2
import numpy as np

from gfla_tf.errors import GflaError
from gfla_tf.inference.animation import animate
from gfla_tf.inference.backgrounds import background_of
from gfla_tf.inference.models import load_model
from gfla_tf.inference.picture_stream import PictureStream
from gfla_tf.inference.picture_window import PictureWindow
from gfla_tf.inference.subjects import read_subject, subject_of
from gfla_tf.inference.video import read_video
from gfla_tf.inference.watching import Watch

_SMOOTH = 0.9  # of the frame rate that is shown, from frame to frame
# Detector and network run at once, each on half of the processor's threads.
THREADS = max(1, (os.cpu_count() or 2) // 2)


class Shown(NamedTuple):
    """What a frame became.

    Attributes:
        generated: uint8 (H, W, 3).
        camera: the frame itself, uint8.
        found: whether it shows a person.
        fps: frames per second, of late.
        milliseconds: that the detector took, and the network.
        detector: which one it was.
    """

    generated: np.ndarray
    camera: np.ndarray
    found: bool
    fps: float
    milliseconds: tuple
    detector: str


def live(model, subject, image, keypoints, frames, mode="limbs", detector_model=None, background=None):
    """Pictures of the person of a photo who follows the person in the frames.

    Args:
        model: `gfla_tf.litert.runner.TFLiteModel` of a pose or dance network.
        subject: of the model, `gfla_tf.inference.subjects.Person` or `Dancer`.
        image, keypoints: of the source, as `read_subject` gives them.
        frames: iterable over uint8 RGB pictures; may be endless. One is taken ahead.
        mode: see `gfla_tf.inference.retarget`: "scale" or "limbs".
        detector_model: as for `Watch`.
        background: as for `gfla_tf.inference.animation.animate`.

    Yields:
        `Shown`, for each frame.
    """
    own, clock = subject.of_source.as_target(keypoints), time.perf_counter
    watch, target = Watch(frames, subject, own, mode, detector_model, THREADS), own

    def targets():
        while True:
            yield target

    drawn = animate(model, subject, image, keypoints, targets(), background)
    fps, before = 0.0, None
    with ThreadPoolExecutor(1) as ahead:
        upcoming = ahead.submit(watch)
        while (seen := upcoming.result()) is not None:
            upcoming = ahead.submit(watch)
            target = own if seen.target is None else seen.target
            begin = clock()
            generated = next(drawn)
            done = clock()
            if before is not None:
                rate = 1 / max(done - before, 1e-6)
                fps = _SMOOTH * fps + (1 - _SMOOTH) * rate if fps else rate
            before = done
            took = seen.milliseconds, 1000 * (done - begin)
            yield Shown(generated, seen.frame, seen.found, fps, took, seen.detector)


def camera_frames(source):
    """The frames of a webcam, by its number, or of a film, over and over at its own speed: uint8 RGB (H, W, 3).

    Raises:
        GflaError: there is no such camera or film, or the camera stops.
    """
    text = str(source)
    is_camera = text.isascii() and text.isdigit() and len(text) < 5
    return _webcam(int(text)) if is_camera else _film(source)


def _webcam(number):
    capture = cv2.VideoCapture(number)
    try:
        while True:
            there, frame = capture.read()
            if not there:
                raise GflaError(
                    f"The camera {number} gives no pictures: check that it is there and not in use."
                )
            yield cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)
    finally:
        capture.release()


def _film(path):
    due = time.perf_counter()
    while True:
        video = read_video(path)
        pause = 1 / video.fps
        for frame in video.frames:
            due = max(due + pause, time.perf_counter() - pause)
            time.sleep(max(0.0, due - time.perf_counter()))
            yield frame


def beside_camera(shown, height=384):
    """One picture for the page, uint8 (h, w, 3): the camera, the generated picture, and a line that says how fast and on what."""
    row = np.concatenate([_of_height(picture, height) for picture in (shown.camera, shown.generated)], axis=1)
    strip = np.full((28, row.shape[1], 3), 24, np.uint8)
    detector, network = shown.milliseconds
    told = f"{shown.fps:.1f} fps   {shown.detector} detector {detector:.0f} ms, network {network:.0f} ms   LiteRT on the CPU"
    told += "" if shown.found else "   nobody is seen"
    cv2.putText(strip, told, (8, 19), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (230, 230, 230), 1, cv2.LINE_AA)
    return np.concatenate([row, strip])


def _of_height(picture, height):
    width = round(height * picture.shape[1] / picture.shape[0])
    # Pixels are left out, and few are mixed: better filters would take a tenth of the network's time.
    step = max(1, picture.shape[0] // (2 * height))
    picture = np.ascontiguousarray(picture[::step, ::step])
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_LINEAR)


def show_live(
    model, source, *, camera="0", source_pose=None, retarget="limbs", background="keep", port=8000, window=False,
    pose_model=None,
):  # fmt: skip
    """Shows `live` on a page of this machine, or in a window, until Ctrl-C.

    Args:
        model: path of the network's .tflite.
        source, source_pose: paths of the photo and of its pose; None detects it.
        camera: a webcam's number, or the path of a film.
        retarget: mode of `live`.
        background: as for `gfla_tf.inference.backgrounds.background_of`.
        port: of the page; 0 for any.
        window: in a window instead.
        pose_model: as for `Watch`.

    Raises:
        GflaError: a file cannot be used, nobody is found in the photo, or there is no camera or screen.
    """
    network = load_model(model, "pose", "dance", threads=THREADS)
    subject = subject_of(network, pose_model)
    image, keypoints = read_subject(subject.of_source, source, source_pose)
    behind = background_of(background, network, subject.of_source, image, keypoints, pose_model)
    with PictureWindow() if window else PictureStream(port) as screen:
        print(f"{screen.address} shows {source} following {camera}; Ctrl-C ends it", flush=True)
        shown = live(network, subject, image, keypoints, camera_frames(camera), retarget, pose_model, behind)
        for count, one in enumerate(shown):
            screen.show(beside_camera(one))
            if count % 30 == 29:
                print(f"\r{one.fps:5.1f} fps, LiteRT on the CPU ", end="", file=sys.stderr, flush=True)
