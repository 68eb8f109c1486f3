"""Files of 68 face points: 68 lines "x,y" in pixels, in the order of dlib's predictor."""

import os
from pathlib import Path

import numpy as np

from gfla_tf.data.face_structure import POINTS
from gfla_tf.errors import GflaError


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
