"""Cleans the poses of a video: from what a detector found in its frames to the 17 joints of Human3.6M that dances are drawn from.

    gfla clean-poses --model runs/motion_quickstart/motion_quickstart.tflite --input dancer.mp4 --output clean
    gfla clean-poses --model runs/motion_quickstart --input openpose_json --output clean

The input is a video, whose poses MediaPipe finds, or a folder of OpenPose or COCO .json, one file for each frame; of several
people it is each frame's main one. The model is a motion network, a .tflite or the directory of a training run. Frames without a
person, and missing joints, are filled in from the frames around; what no frame within the network's receptive field shows is
left out of the output. Sequences of any length work. See docs/poses.md for the files that are written.
"""

import functools
from pathlib import Path

from gfla_tf.cli.parser import add_person, command_parser
from gfla_tf.errors import user_errors


def main(arguments=None):
    """The command line; see `gfla clean-poses --help`."""
    parser = command_parser("clean-poses", __doc__)
    add = functools.partial(parser.add_argument, type=Path)
    add("--model", required=True, help="the .tflite that gfla convert wrote, or runs/NAME")
    add("--input", required=True, help="a video, or a folder of OpenPose or COCO .json")
    add("--output", required=True, help="the folder to write to, a .json for each frame")
    parser.add_argument(
        "--width",
        type=float,
        metavar="PIXELS",
        help="of the images that a folder's poses are of; without it, it is guessed",
    )
    add("--pose-model", help="full, lite, or a pose_landmarker_*.task (default: full)")
    add_person(parser)
    options = parser.parse_args(arguments)
    with user_errors():
        from gfla_tf.inference.cleaning import clean_files

        print(clean_files(**vars(options)))
