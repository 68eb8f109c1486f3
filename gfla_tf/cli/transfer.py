"""Puts the person of a photo into the pose of another photo or of a pose file, with a .tflite on LiteRT.

    gfla transfer --model model.tflite --source person.jpg --pose dancer.jpg --output out.png

writes out.png, all the network sees and does side by side, and out_generated.png, its image alone.
"""

import argparse
import functools
from pathlib import Path

from gfla_tf.cli.parser import add_background
from gfla_tf.errors import user_errors


def main(arguments=None):
    """The command line; see `gfla transfer --help`."""
    parser = argparse.ArgumentParser(prog="gfla transfer", description=__doc__.split("\n")[0])
    add = functools.partial(parser.add_argument, type=Path)
    add("--model", help="the .tflite that gfla convert wrote (default: people_256 of the package)")
    add("--source", required=True, help="photo of the person")
    add("--pose", required=True, help="the pose to take: a photo, or an OpenPose or COCO .json")
    add("--source-pose", help=".json of the source's pose; without it, it is detected")
    add("--output", required=True, help="the .png to write")
    add("--pose-model", help="full, lite, or a pose_landmarker_*.task (default: full)")
    parser.add_argument(
        "--retarget",
        choices=("none", "scale", "limbs"),
        default="limbs",
        help="give the pose the size, or the proportions, of the photo's person (default: %(default)s)",
    )
    add_background(parser)
    options = parser.parse_args(arguments)
    with user_errors():
        from gfla_tf.inference.transfer import transfer_files

        for path in transfer_files(**vars(options)):
            print(f"wrote {path}")
