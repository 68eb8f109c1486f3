"""Files of face points, 68 lines "x,y" in pixels in the order of dlib's predictor, and the frames that they belong to."""

import os
from pathlib import Path

import numpy as np

from gfla_tf.errors import GflaError
from gfla_tf.keypoints.face_structure import POINTS

FRAME_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".webp")


def frame_files(folder):
    """The pictures in a folder, in the order of their names.

    Raises:
        GflaError: there is no such folder, or no picture in it.
    """
    try:
        files = sorted(path for path in Path(folder).iterdir() if path.suffix.lower() in FRAME_SUFFIXES)
    except OSError as error:
        raise GflaError(f"Cannot read the folder {folder}: {error.strerror}.") from error
    if not files:
        raise GflaError(f"The folder {folder} has no frames: it takes pictures, {', '.join(FRAME_SUFFIXES)}.")
    return files


def paired_files(frames, points):
    """(frame, points) files of two folders, in the order of their names, which are the same but for the suffix.

    Raises:
        GflaError: a folder cannot be read, there are more files in one than in the other, or their names differ.
    """
    pictures = frame_files(frames)
    texts = sorted(Path(points).glob("*.txt"))
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
    """(68, 2) float32 of a file of points.

    Raises:
        GflaError: the file cannot be read, has another number of lines, or a line that is not two numbers.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise GflaError(f"Cannot read the file of face points {path}: {reason}.") from error
    if len(lines) != POINTS:
        raise GflaError(
            f"The file of face points {path} has {len(lines)} lines: it takes {POINTS}, one x,y for each point."
        )
    points = np.zeros((POINTS, 2), np.float32)
    for number, line in enumerate(lines):
        try:
            x, y = line.split(",")
            points[number] = float(x), float(y)
        except ValueError:
            points[number] = np.nan
        if not np.isfinite(points[number]).all():
            raise GflaError(
                f"The file of face points {path} has {line!r} in line {number + 1}: it takes x,y."
            )
    return points


def write_points(path, points):
    """Writes (68, 2) points in thousandths of a pixel, whole or not at all.

    Raises:
        GflaError: the file cannot be written.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        temporary.write_text("".join(f"{x:.3f},{y:.3f}\n" for x, y in np.asarray(points, float)))
        os.replace(temporary, path)
    except OSError as error:
        raise GflaError(f"Cannot write the file of face points {path}: {error.strerror}.") from error
