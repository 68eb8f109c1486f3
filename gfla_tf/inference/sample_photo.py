"""A photo of a man in a street, for demos without one of one's own: out of the package ultralytics, never committed."""

import sys

import cv2
import numpy as np

from gfla_tf.errors import GflaError
from gfla_tf.fetch import Package, cached_file, read_members

PACKAGE = Package(
    "pip", "ultralytics", "8.4.190", "bd309728efa168af64d39040136828edd2dbcb4aeceb4510bdff4f3ca0ea01b8", 1
)
_MEMBER = "ultralytics/assets/bus.jpg"
_TOP, _BOTTOM, _RIGHT = 360, 950, 240  # of the picture's 1080 x 810 pixels: him, and nobody else's legs


def fetch_photo():
    """Path of the cached picture, taken from the package where it is not there yet; a `GflaError` if it cannot be had."""
    return cached_file(
        f"ultralytics-{PACKAGE.version}-bus.jpg",
        [PACKAGE],
        lambda archives: read_members(archives[0], [_MEMBER])[_MEMBER],
        "A photo to try",
        report=lambda sentence: print(sentence, file=sys.stderr),
    )


def read_photo():
    """uint8 RGB (590, 240, 3); raises as `fetch_photo` does."""
    path = fetch_photo()
    picture = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        raise GflaError(f"{path} is no picture: remove it, and it is fetched again.")
    return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)[_TOP:_BOTTOM, :_RIGHT]
