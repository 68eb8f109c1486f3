"""The pictures of a source one after the other, each with its pose and mask, or with the reason why it has none."""

from typing import NamedTuple

import numpy as np

from gfla_tf.errors import GflaError
from gfla_tf.inference.video import read_video
from gfla_tf.io.pictures import read_picture
from gfla_tf.keypoints.pose_files import find_pose


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
            yield _photo(path, find)


def _photo(path, find):
    def problem(told):
        return Seen(path.stem, str(path), None, None, None, told)

    try:
        image = read_picture(path)
    except GflaError:
        return problem("unreadable")
    beside = next(
        (
            p
            for p in (path.with_suffix(".json"), path.with_name(f"{path.stem}_keypoints.json"))
            if p.is_file()
        ),
        None,
    )
    mask_path = path.with_name(f"{path.stem}_mask.png")
    try:
        own_mask = read_picture(mask_path)[..., 0] > 127 if mask_path.is_file() else None
    except GflaError:
        return problem("unreadable mask")
    if own_mask is not None and own_mask.shape != image.shape[:2]:
        return problem("mask of another size")
    if beside is None:
        found = find(image)
    else:
        try:
            found = None if (pose := find_pose(beside)) is None else (pose, None)
        except GflaError:
            return problem("unreadable pose file")
        if found is not None and _mostly_outside(found[0], image.shape[:2]):
            return problem("joints outside")
    if found is None:
        return problem("nobody found")
    keypoints, mask = found
    return Seen(path.stem, str(path), image, keypoints, own_mask if own_mask is not None else mask, "")


def _film(source, fps, finder):
    try:
        video = read_video(source.film)
    except GflaError:
        yield Seen("00000", str(source.film), None, None, None, "unreadable")
        return
    files = sorted(source.poses.glob("*.json")) if source.poses else None
    with finder(True) as find:
        for number in _chosen(video, fps):
            index, image = number
            name, origin = f"{index:05d}", f"{source.film}, frame {index}"
            if files is None:
                found = find(image)
            elif index >= len(files):
                yield Seen(name, origin, None, None, None, "no pose file")
                continue
            else:
                try:
                    found = None if (pose := find_pose(files[index])) is None else (pose, None)
                except GflaError:
                    yield Seen(name, origin, None, None, None, "unreadable pose file")
                    continue
                if found is not None and _mostly_outside(found[0], image.shape[:2]):
                    yield Seen(name, origin, None, None, None, "joints outside")
                    continue
            if found is None:
                yield Seen(name, origin, None, None, None, "nobody found")
            else:
                yield Seen(name, origin, image, *found, "")


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
