"""Lets the person of a photo follow you, or a film, at once, on a page of this machine.

    gfla live --model dance.tflite --source me.jpg
    gfla live --model dance.tflite --source me.jpg --camera dancer.mp4

Open the address that it prints. Nothing leaves the machine. Ctrl-C ends it. See docs/animation.md.
"""

import functools
from pathlib import Path

from gfla_tf.cli.parser import add_background, command_parser
from gfla_tf.errors import user_errors


def main(arguments=None):
    """The command line; see `gfla live --help`."""
    parser = command_parser("live", __doc__)
    add = functools.partial(parser.add_argument, type=Path)
    add(
        "--model",
        help="the .tflite of a pose or dance network that gfla convert wrote (default: people_256 of the package)",
    )
    add("--source", required=True, help="photo of the person")
    add("--source-pose", help="its .json; without it, it is detected")
    parser.add_argument("--camera", default="0", help="a webcam's number, or a film (default: %(default)s)")
    parser.add_argument(
        "--retarget", choices=("scale", "limbs"), default="limbs", help="what becomes of your proportions"
    )
    add_background(parser)
    parser.add_argument("--port", type=int, default=8000, help="of the page (default: %(default)s)")
    parser.add_argument("--window", action="store_true", help="show it in a window instead of on the page")
    parser.add_argument(
        "--pose-model",
        help="full, lite, or a pose_landmarker_*.task (default: full, or lite where that is too slow)",
    )
    options = parser.parse_args(arguments)
    with user_errors():
        from gfla_tf.inference.live import show_live

        show_live(**vars(options))
