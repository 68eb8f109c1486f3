"""Fixed pairs of real frames, framed as networks see people."""

import dataclasses

import numpy as np

from gfla_tf.inference.detectors.pose_detector import PoseDetector, joints_of
from gfla_tf.inference.footage import read_films
from gfla_tf.inference.photos import crop, crop_keypoints, person_box
from gfla_tf.keypoints.pose_files import main_person

OF_EACH_CAMERA = 10
LEAST_APART = 15  # frames, a quarter of a second
LEAST_JOINTS = 14


@dataclasses.dataclass(frozen=True)
class Pair:
    """Two frames of one person, cropped to one size.

    Attributes:
        source, target: (H, W, 3) uint8 RGB.
        source_keypoints, target_keypoints: (18, 3) in pixels of the crops.
        person: (H, W) bool, the person's outline in the target.
        origin: (camera, source's frame, target's frame).
    """

    source: np.ndarray
    target: np.ndarray
    source_keypoints: np.ndarray
    target_keypoints: np.ndarray
    person: np.ndarray
    origin: tuple


class RealPeople:
    """The pairs, found once and cropped to any size.

    Args:
        of_each_camera: pairs.

    Example:
        >>> pairs = RealPeople().pairs((256, 192))
        >>> len(pairs)
        40
    """

    def __init__(self, of_each_camera=OF_EACH_CAMERA):
        self._chosen, self._seen = [], {}
        random = np.random.default_rng(0)
        with PoseDetector() as detector:
            for camera, frames in read_films().items():
                chosen = 0
                while chosen < of_each_camera:
                    pair = tuple(int(frame) for frame in random.integers(0, len(frames), 2))
                    if abs(pair[0] - pair[1]) < LEAST_APART:
                        continue
                    for frame in pair:
                        if (camera, frame) not in self._seen:
                            self._seen[camera, frame] = _look(detector, frames[frame])
                    if all(self._seen[camera, frame] is not None for frame in pair):
                        self._chosen.append((camera, *pair))
                        chosen += 1

    def pairs(self, size):
        """List of `Pair` at `size` (height, width)."""
        return [self._pair(camera, source, target, size) for camera, source, target in self._chosen]

    def _pair(self, camera, source, target, size):
        (before, at_first, _), (after, at_last, outline) = (
            self._seen[camera, frame] for frame in (source, target)
        )
        boxes = [person_box(points, size, f"camera {camera}") for points in (at_first, at_last)]
        outline = crop(np.repeat(outline[..., None], 3, axis=-1), boxes[1], size)[..., 0]
        return Pair(
            source=crop(before, boxes[0], size),
            target=crop(after, boxes[1], size),
            source_keypoints=crop_keypoints(at_first, boxes[0], size),
            target_keypoints=crop_keypoints(at_last, boxes[1], size),
            person=outline > 127,
            origin=(camera, source, target),
        )


def _look(detector, frame):
    """(frame, keypoints, outline (H, W) uint8) of the main person, or None where too few joints are seen."""
    people = detector.found(frame)
    joints = [joints_of(person, frame.shape[:2]) for person in people]
    main = main_person(joints)
    if main is None or (main[:, 2] > 0).sum() < LEAST_JOINTS:
        return None
    person = people[next(i for i, each in enumerate(joints) if each is main)]
    outline = person.mask(frame.shape[:2])
    return frame, main, np.rint(outline * 255).clip(0, 255).astype(np.uint8)
