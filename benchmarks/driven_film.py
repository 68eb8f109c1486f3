"""Films of one real person driven by another, by `gfla animate`, their sheets of 24 frames, and how steady they are.

    python -m benchmarks.driven_film --output driven

fetches pose2sim's films once, and writes for each of two people a photo, a film and a sheet. What it prints, of each film, beside
the same of the driver's: frames in which the person is found again; how far limbs are from the photo's in length (median); the
longest step of a joint from one frame to the next, as a share of the person's size (95 % are shorter); the warping error along
the film's own flow.
"""

import argparse
import itertools
import tempfile
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from gfla_tf.errors import user_errors
from gfla_tf.evaluation.films import motion
from gfla_tf.files import write_whole
from gfla_tf.inference.animation import animate_files
from gfla_tf.inference.detectors.pose_detector import PoseDetector
from gfla_tf.inference.footage import write_film
from gfla_tf.inference.retarget import LONG, build_of, with_pelvis
from gfla_tf.inference.smoothing import person_size
from gfla_tf.inference.video import read_video
from gfla_tf.inference.video_writer import write_video
from gfla_tf.keypoints.poses import JOINTS
from gfla_tf.metrics.temporal import warp
from gfla_tf.pictures.drawing import write_png

TILTED = 22.0  # degrees by which the fourth camera leans
OF_SHEET, COLUMNS = 24, 8
WIDTH = 192  # pixels at which flows are compared


class Part(NamedTuple):
    """A piece of a film: how many people it shows, the camera, and the corners of the piece in the upright frame (0 to 1)."""

    people: int
    camera: int
    corners: tuple = (0.0, 0.0, 1.0, 1.0)


MAN, WOMAN = Part(1, 2), Part(2, 4, (0.5, 0.1, 1.0, 0.62))
# Who is on the photo, its frame, and who drives.
FILMS = {"woman": (WOMAN, 5, MAN), "man": (MAN, 10, WOMAN)}


def upright(part, folder):
    """The frames of a part as a viewer would have them: not leaning, cut to the piece."""
    matrix, (left, top, right, bottom) = None, part.corners
    for frame in read_video(write_film(folder, part.camera, part.people)).frames:
        height, width = frame.shape[:2]
        if part.camera == 4:
            matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -TILTED, 1.0)
            frame = cv2.warpAffine(frame, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
        yield frame[int(top * height) : int(bottom * height), int(left * width) : int(right * width)]


def joints_of_film(frames):
    """(frames, 18, 3): the joints of whoever is found, zeros without a person."""
    with PoseDetector(film=True) as detect:
        found = [detect(frame) for frame in frames]
    return np.stack([np.zeros((len(JOINTS), 3)) if one is None else one for one in found])


def steadiness(frames, photo):
    """What is printed of a film; `photo` is the `Build` of the photo's person."""
    joints = joints_of_film(frames)
    found = joints[..., 2].any(axis=1)
    build, names = build_of(joints, JOINTS), with_pelvis(joints, JOINTS)[1]
    limbs = [names.index(name) for name in LONG]
    lengths = [one.lengths[limbs] / one.size for one in (build, photo)]
    steps = [
        np.hypot(*(after - before)[both, :2].T).max() / person_size(after)
        for before, after in itertools.pairwise(joints[found])
        if (both := (before[:, 2] > 0.5) & (after[:, 2] > 0.5)).any()
    ]
    estimator = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    small = [cv2.resize(one, (WIDTH, 256), interpolation=cv2.INTER_AREA) for one in frames]
    errors = []
    for before, after in itertools.pairwise(small):
        flow, known = motion(after, before, estimator)
        errors.append(np.abs(after / 255 - warp(before / 255, flow))[known].mean())
    return (
        f"found {found.sum()} of {len(frames)}, limbs {np.median(np.abs(np.log(lengths[0] / lengths[1]))):.1%}, "
        f"steps {np.quantile(steps, 0.95):.1%}, warping error {np.mean(errors):.4f}"
    )


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=Path, help="the network (default: people_256 of the package)")
    parser.add_argument("--output", type=Path, default=Path("driven"), help="folder (default: %(default)s)")
    options = parser.parse_args()
    with user_errors(), tempfile.TemporaryDirectory() as folder:
        for name, (source, number, driver) in FILMS.items():
            photo, driving = options.output / f"{name}.png", Path(folder) / f"drives_{name}.mp4"
            write_png(photo, next(itertools.islice(upright(source, folder), number, None)))
            leader = list(upright(driver, folder))
            write_video(driving, leader, 60)
            film = options.output / f"{name}.mp4"
            print(
                animate_files(
                    options.model, photo, driving, film, person="right" if driver is WOMAN else None
                )
            )
            frames = list(read_video(film).frames)
            with PoseDetector() as detect:
                build = build_of(detect(cv2.imread(str(photo))[..., ::-1])[None], JOINTS)
            print(f"{name}: {steadiness(frames, build)}")
            print(f"  the driver: {steadiness(leader, build)}")
            chosen = [frames[round(place)] for place in np.linspace(0, len(frames) - 1, OF_SHEET)]
            rows = [np.concatenate(chosen[at : at + COLUMNS], axis=1) for at in range(0, OF_SHEET, COLUMNS)]
            sheet = options.output / f"{name}_sheet.png"
            _, content = cv2.imencode(".png", np.concatenate(rows)[..., ::-1])
            write_whole(sheet, content.tobytes())
            print(f"wrote {sheet}")


if __name__ == "__main__":
    main()
