"""The 68 points of a face in every frame of a film or a folder, written as text files."""

from pathlib import Path

from tqdm import tqdm

from gfla_tf.errors import GflaError
from gfla_tf.inference.video import read_video
from gfla_tf.io.pictures import read_picture
from gfla_tf.keypoints.face_points import frame_files, write_points
from gfla_tf.pictures.drawing import write_png


def named_frames(source):
    """The frames of a video or folder, as (name without suffix, uint8 RGB (H, W, 3)), read as they are wanted.

    Raises:
        GflaError: there is no such video or folder, or it cannot be read.
    """
    if not Path(source).is_dir():
        return ((f"{number:05d}", frame) for number, frame in enumerate(read_video(source).frames))
    return ((path.stem, read_picture(path)) for path in frame_files(source))


def find_points(source, out, detect, frames=None):
    """Writes the points of every frame.

    Args:
        source: video, or folder of frames.
        out: folder of the text files, made if needed.
        detect: from a uint8 RGB image (H, W, 3) to (68, 2) points, or None where there is no face.
        frames: folder to which frames are written too, as PNG; None for nowhere.

    Returns:
        the number of frames.

    Raises:
        GflaError: the source cannot be read, a frame shows no face, or a file cannot be written.
    """
    out, count = Path(out), 0
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GflaError(f"Cannot write to the folder {out}: {error.strerror}.") from error
    for name, frame in tqdm(named_frames(source), desc="finding faces", unit="frame", disable=None):
        points = detect(frame)
        if points is None:
            raise GflaError(
                f"Frame {name} of {source} shows no face: cut out a part in which all frames show one."
            )
        if frames is not None:
            write_png(Path(frames) / f"{name}.png", frame)
        write_points(out / f"{name}.txt", points)
        count += 1
    return count
