"""Turns an object: one picture in, the views from all 18 azimuths out, with a .tflite on LiteRT.

    gfla turntable --model view.tflite --source car.png --azimuth 0 --elevation 0 --output turn.gif

The picture shows the object whole, in the middle, before the plain background of the training (white), from the azimuth and
elevation that are given in degrees: azimuth 0 sees its front, 80 nearly its left side, see `gfla_tf.keypoints.views`.
"""

import argparse
from pathlib import Path

from gfla_tf.errors import user_errors


def main(arguments=None):
    """The command line; see `gfla turntable --help`."""
    parser = argparse.ArgumentParser(prog="gfla turntable", description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("--model", required=True, type=Path, help="the .tflite that gfla convert wrote")
    add("--source", required=True, type=Path, help="picture of the object before white")
    add("--azimuth", required=True, type=int, help="that it is seen from, in degrees, a multiple of 20")
    add("--elevation", type=int, default=0, help="that it is seen from, in degrees: 0, 10 or 20")
    add("--output", required=True, type=Path, help="the .gif, .mp4 or .webm to write")
    options = parser.parse_args(arguments)
    with user_errors():
        from gfla_tf.inference.turntable import turn_file

        print(f"wrote {turn_file(**vars(options))}")
