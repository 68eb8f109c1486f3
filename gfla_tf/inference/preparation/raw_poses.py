"""The poses of photos or of a film as they are found, in files."""

from pathlib import Path

import numpy as np
from tqdm import tqdm

from gfla_tf.errors import GflaError
from gfla_tf.inference.preparation.sources import PHOTOS
from gfla_tf.inference.video import read_video
from gfla_tf.io.folders import numbered_files
from gfla_tf.io.pictures import read_picture
from gfla_tf.keypoints.pose_files import write_openpose


def write_poses(source, out, finder):
    """Writes an OpenPose JSON file for each frame of a film, or each photo of a folder.

    Args:
        source: path.
        out: folder.
        finder: see `gfla_tf.inference.preparation.frames.look_at`.

    Returns:
        (pictures, pictures that show somebody).

    Raises:
        GflaError: there is nothing to look at, or a file cannot be read or written.
    """
    source, out = Path(source), Path(out)
    if source.is_dir():
        found = numbered_files(source, *PHOTOS)
        paths = [path for path in found if not path.stem.endswith("_mask")]
        if not paths:
            raise GflaError(f"The folder {source} holds no photos: name another, or a film.")
        names = {}
        for path in paths:
            if names.setdefault(path.stem, path) is not path:
                raise GflaError(
                    f"{names[path.stem]} and {path} would share {path.stem}.json: rename one of them."
                )
        pictures = ((path.stem, read_picture(path)) for path in paths)
    else:
        pictures = ((f"{number:05d}", frame) for number, frame in enumerate(read_video(source).frames))
    out.mkdir(parents=True, exist_ok=True)
    count = shown = 0
    with finder(not source.is_dir()) as find:
        for name, image in tqdm(pictures, "finding poses", unit=" pictures", disable=None):
            found = find(image)
            write_openpose(out / f"{name}.json", np.zeros((18, 3), np.float32) if found is None else found[0])
            count, shown = count + 1, shown + (found is not None)
    return count, shown
