"""The pictures of a source one after the other, each with its pose and mask, or with the reason why it has none."""

from typing import NamedTuple

import numpy as np

from gfla_tf.errors import GflaError
from gfla_tf.inference.video import read_video
from gfla_tf.io.pictures import read_mask, read_picture
from gfla_tf.keypoints.identity import Follower
from gfla_tf.keypoints.pose_files import find_pose, read_frames


class Seen(NamedTuple):
    """One picture that was looked at.

    Attributes:
        name: of it within the source: the number of a film's frame, or a photo's name.
        origin: file, and of a film the frame, for messages.
        image: uint8 (H, W, 3), or None.
        keypoints: (18, 3), or None.
        mask: (H, W) bool, or None.
        problem: why there is nothing, or "".
    """

    name: str
    origin: str
    image: np.ndarray | None
    keypoints: np.ndarray | None
    mask: np.ndarray | None
    problem: str


def look_at(source, fps, finder):
    """Every picture of a source.

    Args:
        source: `Source`.
        fps: frames of a film per second that are looked at.
        finder: function of whether it is a film that gives a context manager of a function from uint8 pictures to (keypoints,
            mask or None), or to None where nobody is.

    Yields:
        `Seen`.
    """
    if source.film is not None:
        yield from _film(source, fps, finder)
        return
    with finder(False) as find:
        for path in source.photos:
            same = sum(other.stem == path.stem for other in source.photos)
            yield _photo(path, path.stem if same == 1 else path.name, find)


def pose_file(photo):
    """Path of the pose beside a photo, or None."""
    beside = photo.with_suffix(".json"), photo.with_name(f"{photo.stem}_keypoints.json")
    return next((path for path in beside if path.is_file()), None)


def _photo(path, name, find):
    def problem(told):
        return Seen(name, str(path), None, None, None, told)

    try:
        image = read_picture(path)
    except GflaError as error:
        return problem("HEIC without its library" if "pillow-heif" in str(error) else "unreadable")
    beside = pose_file(path)
    mask_path = path.with_name(f"{path.stem}_mask.png")
    try:
        own_mask = read_mask(mask_path) if mask_path.is_file() else None
    except GflaError:
        return problem("unreadable mask")
    if own_mask is not None and own_mask.shape != image.shape[:2]:
        return problem("mask of another size")
    if beside is None:
        found = find(image)
    else:
        try:
            pose = find_pose(beside, image_size=image.shape[:2])
        except GflaError:
            return problem("unreadable pose file")
        found = None if pose is None else (pose, None)
        if found is not None and _mostly_outside(found[0], image.shape[:2]):
            return problem("joints outside")
    if found is None:
        return problem("nobody found")
    keypoints, mask = found
    return Seen(name, str(path), image, keypoints, own_mask if own_mask is not None else mask, "")


def _film(source, fps, finder):
    try:
        video = read_video(source.film)
    except GflaError:
        yield Seen("00000", str(source.film), None, None, None, "unreadable")
        return
    followed = None if source.poses is None else _Followed(source.poses)
    with finder(True) as find:
        for index, image in _chosen(video, fps):
            problem = ""
            if followed is None:
                found = find(image)
            else:
                pose, problem = followed(index, image.shape[:2])
                found = None if pose is None else (pose, None)
            if found is None:
                problem = problem or "nobody found"
            elif followed is not None and _mostly_outside(found[0], image.shape[:2]):
                problem = "joints outside"
            shown = (None, None, None) if problem else (image, *found)
            yield Seen(f"{index:05d}", f"{source.film}, frame {index}", *shown, problem)


class _Followed:
    """The pose of one person in the frames of a film, by its pose files; all of them are looked at, so that nobody else is taken
    for that person between two frames that are wanted."""

    def __init__(self, files):
        self._files, self._follow, self._next = files, Follower(), 0

    def __call__(self, index, image_size):
        """(keypoints or None, why there are none or "") of a frame; frames are asked for in order."""
        if index >= len(self._files):
            return None, "no pose file"
        while self._next <= index:
            problem = ""
            try:
                (frame,) = read_frames(self._files[self._next], image_size=image_size)
                people = frame.people
            except (GflaError, ValueError):  # the latter of a file of several frames
                people, problem = [], "unreadable pose file"
            pose = self._follow(people)
            self._next += 1
        return pose, problem


def _chosen(video, fps):
    """(number, frame) of a film at a rate of at most `fps`; a film that breaks off ends there."""
    every = max(1.0, video.fps / fps)
    wanted = 0.0
    for number, frame in enumerate(video.frames):
        if number >= round(wanted):
            wanted += every
            yield number, frame


def _mostly_outside(keypoints, image_size):
    height, width = image_size
    present = keypoints[:, 2] > 0
    x, y = keypoints[present, 0], keypoints[present, 1]
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    return inside.mean() < 0.5 if present.any() else False
