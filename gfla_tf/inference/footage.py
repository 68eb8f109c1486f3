"""Films of real people before four cameras, out of the package pose2sim (BSD-3-Clause); fetched, never committed."""

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
_NAMES = {1: ("Demo_SinglePerson", "single-person"), 2: ("Demo_MultiPerson", "multi-person")}


def fetch_films(people=1):
    """Path of the cached zip file with the films of one person, or of two, made from the package where it is not there yet."""
    return cached_file(
        f"pose2sim-{PACKAGE.version}-{_NAMES[people][1]}.zip",
        [PACKAGE],
        lambda archives: _repack(archives, people),
        "The films of real people",
        report=lambda sentence: print(sentence, file=sys.stderr),
    )


def write_film(folder, camera, people=1):
    """Path of a film of 100 frames, written into a folder.

    Args:
        folder: path of one that is there.
        camera: of `CAMERAS`.
        people: 1 who walks and stretches, or 2, of whom the other one is a woman.

    Raises:
        GflaError: the film cannot be had.
    """
    archived = fetch_films(people)
    try:
        with zipfile.ZipFile(archived) as archive:
            return Path(archive.extract(_member(camera, people), folder))
    except DAMAGES as error:
        raise GflaError(
            f"{archived} cannot be unpacked ({reason_of(error)}): make room, or remove it, and it is fetched again."
        ) from error


def read_films():
    """{camera: list of uint8 RGB frames (H, W, 3)} of one person; a `GflaError` says why the films cannot be had."""
    return {camera: list(_frames(camera)) for camera in CAMERAS}


def read_frame(camera, number):
    """One frame of the film of one camera; raises as `read_films` does."""
    return next(itertools.islice(_frames(camera), number, None))


def _member(camera, people):
    return f"Pose2Sim/{_NAMES[people][0]}/videos/cam0{camera}.mp4"


def _repack(archives, people):
    films = read_members(archives[0], [_member(camera, people) for camera in CAMERAS])
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, film in films.items():
            archive.writestr(name, film)
    return content.getvalue()


def _frames(camera):
    with tempfile.TemporaryDirectory() as folder:
        path = write_film(folder, camera)
        capture, count = cv2.VideoCapture(str(path)), 0
        while (read := capture.read())[0]:
            yield cv2.cvtColor(read[1], cv2.COLOR_BGR2RGB)
            count += 1
    if not count:
        raise GflaError(
            f"{path.name} of pose2sim holds no frames: remove ~/.cache/gfla_tf/pose2sim*, and try again."
        )
