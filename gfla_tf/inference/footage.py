"""Films of one person before four cameras, out of the package pose2sim (BSD-3-Clause); fetched, never committed."""

import io
import itertools
import sys
import tempfile
import zipfile
from pathlib import Path

import cv2

from gfla_tf.errors import GflaError, reason_of
from gfla_tf.fetch import DAMAGES, Package, cached_file, read_members

PACKAGE = Package(
    "pip", "pose2sim", "0.10.49", "403e0dc4065898ba6a595e72a8970950310979253d60e24c2e00b16b36bf21e1", 20
)
CAMERAS = (1, 2, 3, 4)
_MEMBER = "Pose2Sim/Demo_SinglePerson/videos/cam0{}.mp4"


def fetch_films():
    """Path of the cached zip file with the films, which is made from the package where it is not there yet."""
    return cached_file(
        f"pose2sim-{PACKAGE.version}-single-person.zip",
        [PACKAGE],
        _repack,
        "The films of a real person",
        report=lambda sentence: print(sentence, file=sys.stderr),
    )


def read_films():
    """{camera: list of uint8 RGB frames (H, W, 3)}, 100 of each; a `GflaError` says why the films cannot be had."""
    return {camera: list(_frames(camera)) for camera in CAMERAS}


def read_frame(camera, number):
    """One frame of the film of one camera; raises as `read_films` does."""
    return next(itertools.islice(_frames(camera), number, None))


def _repack(archives):
    films = read_members(archives[0], [_MEMBER.format(camera) for camera in CAMERAS])
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, film in films.items():
            archive.writestr(name, film)
    return content.getvalue()


def _frames(camera):
    archived = fetch_films()
    with tempfile.TemporaryDirectory() as folder:
        try:
            with zipfile.ZipFile(archived) as archive:
                path = Path(archive.extract(_MEMBER.format(camera), folder))
        except DAMAGES as error:
            raise GflaError(
                f"{archived} cannot be unpacked ({reason_of(error)}): make room, or remove it, and it is fetched again."
            ) from error
        capture, count = cv2.VideoCapture(str(path)), 0
        while (read := capture.read())[0]:
            yield cv2.cvtColor(read[1], cv2.COLOR_BGR2RGB)
            count += 1
    if not count:
        raise GflaError(
            f"{path.name} of pose2sim holds no frames: remove ~/.cache/gfla_tf/pose2sim*, and try again."
        )
