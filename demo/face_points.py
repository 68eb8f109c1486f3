"""Finds the 68 points of a face in every frame of a video, or of a folder of frames, and writes a text file for each.

    python -m demo.face_points talk.mp4 points --frames frames
    python -m demo.face_points frames points --predictor shape_predictor_68_face_landmarks.dat

A file has 68 lines "x,y" in pixels of its frame, in dlib's order, and the frame's name with .txt; frames of a video are
numbered from 00000. Points are found with dlib where --predictor is given, else with MediaPipe; see docs/faces.md.
"""

import argparse
import os
from pathlib import Path

from tqdm import tqdm

from demo.face_detector import DlibFaceDetector, MeshFaceDetector
from demo.photos import read_photo
from demo.video import read_video
from gfla_tf.data.face_points import frame_files, write_points
from gfla_tf.errors import GflaError, user_errors
from gfla_tf.visualization import write_png


def named_frames(source):
    """The frames of a video or folder, as (name without suffix, uint8 RGB (H, W, 3)), read as they are wanted.

    Raises:
        GflaError: there is no such video or folder, or it cannot be read.
    """
    if not Path(source).is_dir():
        return ((f"{number:05d}", frame) for number, frame in enumerate(read_video(source).frames))
    return ((path.stem, read_photo(path)) for path in frame_files(source))


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


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("source", metavar="VIDEO|FOLDER", help="video, or folder of frames")
    parser.add_argument("out", metavar="POINTS", help="folder for the text files")
    parser.add_argument(
        "--frames", metavar="FOLDER", help="also write the frames as PNG, under the same names"
    )
    parser.add_argument(
        "--predictor", metavar="PATH", help="dlib's 68-point predictor: finds points with dlib"
    )
    parser.add_argument(
        "--face-model", metavar="PATH", help="MediaPipe's FaceLandmarker model (default: downloaded once)"
    )
    options = parser.parse_args()
    with user_errors():
        if options.predictor:
            detector = DlibFaceDetector(options.predictor)
        else:
            detector = MeshFaceDetector(options.face_model)
        with detector as detect:
            count = find_points(options.source, options.out, detect, options.frames)
        print(f"{count} frames: {os.path.join(options.out, '*.txt')}")


if __name__ == "__main__":
    main()
