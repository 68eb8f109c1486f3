"""A photo that moves as somebody before a camera does, at once: frames in, pictures out, on LiteRT."""

import sys
import time
from typing import NamedTuple

import cv2
import numpy as np

from gfla_tf.errors import GflaError
from gfla_tf.inference.animation import steps
from gfla_tf.inference.detectors.pose_detector import PoseDetector
from gfla_tf.inference.models import load_model
from gfla_tf.inference.motion import LiveFit
from gfla_tf.inference.photos import to_float
from gfla_tf.inference.picture_stream import PictureStream
from gfla_tf.inference.subjects import read_subject, subject_of
from gfla_tf.inference.video import read_video
from gfla_tf.keypoints.joint_orders import H36M_17, to_h36m
from gfla_tf.pictures.drawing import to_uint8

_SMOOTH = 0.9  # of the frame rate that is shown, from frame to frame


class Shown(NamedTuple):
    """What a frame became.

    Attributes:
        generated: uint8 (H, W, 3).
        camera: the frame itself, uint8.
        found: whether it shows a person.
        fps: frames per second, of late.
        milliseconds: that the detector took, and the network.
    """

    generated: np.ndarray
    camera: np.ndarray
    found: bool
    fps: float
    milliseconds: tuple


def live(model, subject, image, keypoints, frames, mode="limbs", detector_model=None):
    """Pictures of the person of a photo who follows the person in the frames.

    Args:
        model: `gfla_tf.litert.runner.TFLiteModel` of a pose or dance network.
        subject: of the model, `gfla_tf.inference.subjects.Person` or `Dancer`.
        image, keypoints: of the source, as `read_subject` gives them.
        frames: iterable over uint8 RGB pictures; may be endless.
        mode: see `gfla_tf.inference.retarget`: "scale" or "limbs".
        detector_model: as for `read_pose_networks`.

    Yields:
        `Shown`, for each frame.
    """
    own, clock = subject.of_source.as_target(keypoints), time.perf_counter
    fit, target = LiveFit(subject.joints, own, subject.size, mode), own

    def structures():
        while True:
            yield subject.maps(target, image)[None]

    structure = subject.of_source.maps(keypoints, image)
    drawn = steps(model, to_float(image)[None], structure[None], structures())
    fps, before = 0.0, None
    with PoseDetector(detector_model, film=True) as detect:
        for frame in frames:
            begin = clock()
            seconds = 1 / 30 if before is None else begin - before
            found = detect(frame)
            if found is not None and subject.joints == H36M_17:
                found = to_h36m(found)
            followed = fit(found, seconds)
            target = keypoints if followed is None else followed
            looked = clock()
            generated = to_uint8(next(drawn)["generated"][0])
            done = clock()
            rate = 1 / max(done - (begin if before is None else before), 1e-6)
            fps, before = (_SMOOTH * fps + (1 - _SMOOTH) * rate) if fps else rate, begin
            took = 1000 * (looked - begin), 1000 * (done - looked)
            yield Shown(generated, frame, found is not None, fps, took)


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
    told = f"{shown.fps:.1f} fps   detector {detector:.0f} ms, network {network:.0f} ms   LiteRT on the CPU"
    told += "" if shown.found else "   nobody is seen"
    cv2.putText(strip, told, (8, 19), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (230, 230, 230), 1, cv2.LINE_AA)
    return np.concatenate([row, strip])


def _of_height(picture, height):
    width = round(height * picture.shape[1] / picture.shape[0])
    step = max(
        1, picture.shape[0] // (2 * height)
    )  # pixels left out: an average over all would take longer than the network
    picture = np.ascontiguousarray(picture[::step, ::step])
    shrinks = height < picture.shape[0]
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)


def show_live(model, source, *, camera="0", source_pose=None, retarget="limbs", port=8000, pose_model=None):
    """Shows `live` on a page of this machine until Ctrl-C.

    Args:
        model: path of the network's .tflite.
        source, source_pose: paths of the photo and of its pose; None detects it.
        camera: a webcam's number, or the path of a film.
        retarget: mode of `live`.
        port: of the page; 0 for any.
        pose_model: as for `read_pose_networks`.

    Raises:
        GflaError: a file cannot be used, nobody is found in the photo, or there is no camera.
    """
    network = load_model(model, "pose", "dance")
    subject = subject_of(network, pose_model)
    image, keypoints = read_subject(subject.of_source, source, source_pose)
    with PictureStream(port) as page:
        print(f"{page.address} shows {source} following {camera}; Ctrl-C ends it", flush=True)
        shown = live(network, subject, image, keypoints, camera_frames(camera), retarget, pose_model)
        for count, one in enumerate(shown):
            page.show(beside_camera(one))
            if count % 30 == 29:
                print(f"\r{one.fps:5.1f} fps, LiteRT on the CPU ", end="", file=sys.stderr, flush=True)
