"""The 68 points of a face in every frame of a film or a folder, written as text files."""

from pathlib import Path

import numpy as np
from tqdm import tqdm

from gfla_tf.errors import GflaError, os_reason
from gfla_tf.inference.video import read_video
from gfla_tf.io.pictures import read_picture
from gfla_tf.keypoints.face_points import frame_files, write_points
from gfla_tf.keypoints.identity import Follower
from gfla_tf.keypoints.pose_formats import Found
from gfla_tf.pictures.drawing import write_png


def named_frames(source):
    """The frames of a video or folder, as (name without suffix, uint8 RGB (H, W, 3)), read as they are wanted.

    Raises:
        GflaError: there is no such video or folder, or it cannot be read.
    """
    if not Path(source).is_dir():
        return ((f"{number:05d}", frame) for number, frame in enumerate(read_video(source).frames))
    return ((path.stem, read_picture(path)) for path in frame_files(source))


def find_points(source, out, faces, frames=None, person=None):
    """Writes the points of one face in every frame; an empty file for a frame that does not show it.

    Args:
        source: video, or folder of frames.
        out: folder of the text files, made if needed.
        faces: function from a uint8 RGB image (H, W, 3) to a list of (68, 2) points.
        frames: folder to which frames are written too, as PNG; None for nowhere.
        person: whose face is followed, see `gfla_tf.keypoints.identity.Follower`.

    Returns:
        the number of frames, and a report of those without the face, or an empty string.

    Raises:
        GflaError: the source cannot be read, no frame shows a face, or a file cannot be written.
    """
    out, count, seen, follow = Path(out), 0, 0, Follower(person)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GflaError(f"Cannot write to the folder {out}: {os_reason(error)}.") from error
    for name, frame in tqdm(named_frames(source), desc="finding faces", unit="frame", disable=None):
        found = follow(
            [Found(np.c_[points, np.ones(len(points))].astype(np.float32)) for points in faces(frame)]
        )
        if frames is not None:
            write_png(Path(frames) / f"{name}.png", frame)
        write_points(out / f"{name}.txt", None if found is None else found[:, :2])
        count, seen = count + 1, seen + (found is not None)
    if not seen:
        raise GflaError(f"None of the {count} frames of {source} shows a face: give frames that show one.")
    without = f"{count - seen} of them without the face" if seen < count else ""
    return count, "; ".join(filter(None, [without, follow.told()]))
