"""Lets the person or the face of a photo move as another one does, in a video of any length, with a .tflite on LiteRT.

    gfla animate --model dance.tflite --source me.jpg --poses dancer.mp4 --output me_dancing.mp4
    gfla animate --model face.tflite --source me.jpg --points talk_points --output me_talking.gif --side-by-side

Dance and face networks draw each frame from the photo and the frame before, pose networks from the photo alone. The motion is
found in a video, or read from a folder: OpenPose or COCO .json of people, files of 68 points of faces. See docs/animation.md.
"""

import functools
from pathlib import Path

from gfla_tf.cli.parser import add_background, add_person, command_parser
from gfla_tf.errors import user_errors


def main(arguments=None):
    """The command line; see `gfla animate --help`."""
    parser = command_parser("animate", __doc__)
    add = functools.partial(parser.add_argument, type=Path)
    add("--model", help="the .tflite that gfla convert wrote (default: people_256 of the package)")
    add("--source", required=True, help="photo of the person or the face")
    add("--source-pose", "--source-points", help="its .json or .txt; without it, it is detected")
    add(
        "--poses",
        "--points",
        required=True,
        help="the motion: a folder with a file for each frame, or a video",
    )
    add("--output", required=True, help="the .mp4, .webm or .gif to write")
    parser.add_argument("--side-by-side", action="store_true", help="show source and motion beside it")
    parser.add_argument(
        "--fps", type=float, default=25, help="frames per second of a folder (default: %(default)s)"
    )
    parser.add_argument(
        "--retarget",
        choices=("none", "scale", "limbs"),
        default="limbs",
        help="give the driver's skeleton the size, or the proportions, of the photo's (default: %(default)s)",
    )
    add_background(parser)
    add_person(parser)
    add("--pose-model", help="full, lite, or a pose_landmarker_*.task (default: full)")
    options = parser.parse_args(arguments)
    with user_errors():
        from gfla_tf.inference.animation import animate_files

        print(animate_files(**vars(options)))
