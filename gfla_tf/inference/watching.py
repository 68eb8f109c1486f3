"""What a camera shows, frame by frame: the main person's joints, in the proportions of the person of a photo."""

import os
import statistics
import time
from typing import NamedTuple

import numpy as np

from gfla_tf.inference.detectors.pose_detector import PoseDetector
from gfla_tf.inference.motion import LiveFit
from gfla_tf.keypoints.joint_orders import H36M_17, to_h36m

SLOWEST = 1000 / 15  # milliseconds a frame may take to be looked at
TRIED = 15  # frames by which that is judged


class Seen(NamedTuple):
    """A frame that was looked at.

    Attributes:
        frame: uint8 (H, W, 3).
        target: the joints to draw, (n, 3) in pixels of the source's crop; None before anybody was seen.
        found: whether it shows a person.
        milliseconds: that this took.
        detector: which one it was.
    """

    frame: np.ndarray
    target: np.ndarray | None
    found: bool
    milliseconds: float
    detector: str


class Watch:
    """A function without arguments that takes the next frame and looks at it: `Seen`, or None after the last one.

    Args:
        frames: iterable over uint8 RGB pictures (H, W, 3).
        subject: `gfla_tf.inference.subjects.Person` or `Dancer`.
        source: keypoints (n, 3) of the photo's person, as targets have them.
        mode: "scale" or "limbs", see `gfla_tf.inference.retarget`.
        detector_model: as for `read_pose_networks`; with None, "lite" takes over where "full" is too slow.
        threads: on which the detector runs.
    """

    def __init__(self, frames, subject, source, mode, detector_model=None, threads=2):
        self._frames, self._joints, self._threads = iter(frames), subject.joints, threads
        self._fit, self._before = LiveFit(subject.joints, source, subject.size, mode), None
        chosen = detector_model or os.environ.get("GFLA_POSE_MODEL")
        self._took = None if chosen else []
        self._use(chosen)

    def _use(self, model):
        self._detect = PoseDetector(model, film=True, threads=self._threads)
        self._detector = str(model or "full")

    def __call__(self):
        frame = next(self._frames, None)
        if frame is None:
            return None
        begin = time.perf_counter()
        seconds = 1 / 30 if self._before is None else begin - self._before
        found = self._detect(frame)
        if found is not None and self._joints == H36M_17:
            found = to_h36m(found)
        target = self._fit(found, seconds)
        self._before, took = begin, 1000 * (time.perf_counter() - begin)
        seen = Seen(frame, target, found is not None, took, self._detector)
        self._judge(took)
        return seen

    def _judge(self, took):
        """Has the smaller networks take over after `TRIED` frames if most took too long."""
        if self._took is None:
            return
        self._took.append(took)
        if len(self._took) == TRIED:
            if statistics.median(self._took) > SLOWEST:
                self._use("lite")
            self._took = None
