"""Files of face points, 68 lines "x,y" in pixels in the order of dlib's predictor, and the frames that they belong to."""

from pathlib import Path

import numpy as np

from gfla_tf.errors import GflaError, os_reason
from gfla_tf.files import write_whole
from gfla_tf.io.documents import is_number, read_text
from gfla_tf.io.folders import numbered_files
from gfla_tf.keypoints.face_structure import POINTS

LEAST_SPREAD = 4.0  # pixels
FRAME_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".webp")


def frame_files(folder):
    """The pictures in a folder, in the order of the numbers in their names.

    Raises:
        GflaError: there is no such folder, or no picture in it.
    """
    try:
        files = numbered_files(folder, *FRAME_SUFFIXES)
    except OSError as error:
        raise GflaError(f"Cannot read the folder {folder}: {error.strerror}.") from error
    if not files:
        raise GflaError(f"The folder {folder} has no frames: it takes pictures, {', '.join(FRAME_SUFFIXES)}.")
    return files


def paired_files(frames, points):
    """(frame, points) files of two folders, in the order of the numbers in their names, which are the same but for the suffix.

    Raises:
        GflaError: a folder cannot be read, there are more files in one than in the other, or their names differ.
    """
    pictures = frame_files(frames)
    texts = numbered_files(points, ".txt") if Path(points).is_dir() else []
    if len(pictures) != len(texts):
        raise GflaError(
            f"{frames} has {len(pictures)} frames, {points} has {len(texts)} files of points: each frame takes one."
        )
    for picture, text in zip(pictures, texts, strict=True):
        if picture.stem != text.stem:
            raise GflaError(
                f"{picture} and {text} stand in the same place, but their names differ: each frame takes points of its name."
            )
    return list(zip(pictures, texts, strict=True))


def read_points(path):
    """(68, 2) float32 of a file of points; as `find_face`, but a file without a face is a `GflaError`, too."""
    points = find_face(path)
    if points is None:
        raise GflaError(f"The file of face points {path} holds no face; give the points of a face.")
    return points


def find_face(path):
    """(68, 2) float32 of a file of points, or None where it is empty or all its points are one, as programs write without a face.

    Raises:
        GflaError: the file cannot be read, has another number of lines, a line that is not two numbers, or points that lie within
            four pixels, as fractions of a picture do.
    """
    lines = [line.strip() for line in read_text(path, "file of face points").splitlines() if line.strip()]
    if not lines:
        return None
    if len(lines) != POINTS:
        raise GflaError(
            f"The file of face points {path} has {len(lines)} lines: it takes {POINTS}, one x,y for each point."
        )
    points = np.zeros((POINTS, 2), np.float32)
    for number, line in enumerate(lines):
        try:
            x, y = map(float, line.replace(",", " ").split())
        except ValueError:
            x = y = np.nan
        if not (is_number(x) and is_number(y)):
            raise GflaError(
                f"The file of face points {path} has {line[:40]!r} in line {number + 1}: it takes x,y in pixels."
            )
        points[number] = x, y
    spread = np.ptp(points, axis=0).max()
    if spread == 0:
        return None
    if spread < LEAST_SPREAD:
        raise GflaError(
            f"The file of face points {path} has all points within {spread:.2g} pixels of each other: they must be pixels of the "
            "image, not fractions of it."
        )
    return points


def write_points(path, points):
    """Writes (68, 2) points in thousandths of a pixel, whole or not at all; an empty file for None, a frame without a face.

    Raises:
        GflaError: the file cannot be written.
    """
    lines = "" if points is None else "".join(f"{x:.3f},{y:.3f}\n" for x, y in np.asarray(points, float))
    try:
        write_whole(path, lines.encode())
    except OSError as error:
        raise GflaError(f"Cannot write the file of face points {path}: {os_reason(error)}.") from error
