"""The command line: `gfla COMMAND ...`, a module for each command.

    gfla train pose_quickstart
    gfla transfer --help

A module has its help text as its docstring and `main(arguments)`; nothing slow is imported before the arguments are read.
"""

import argparse
import importlib

from gfla_tf.cli.process import command_process
from gfla_tf.errors import user_errors

COMMANDS = {
    "demo": "put the person of a photo into new poses, and let it dance",
    "train": "train a network from a configuration",
    "launch": "train with several worker processes of this machine",
    "convert": "convert a network to SavedModel and TFLite",
    "evaluate": "score a network or pictures by the papers' protocols",
    "prepare": "make a training set of your own photos and films, or check a public one",
    "poses": "find the poses of photos or a film, as OpenPose JSON",
    "transfer": "put the person of a photo into another pose",
    "animate": "animate the person or the face of a photo by a film",
    "live": "let the person of a photo follow a webcam or a film at once",
    "page": "open the page on which a photo's person moves, in the browser",
    "turntable": "show the object of a photo from all sides",
    "clean-poses": "clean the poses of a film with a motion network",
    "face-points": "find the 68 points of the face in every frame of a film",
    "verify": "run a .tflite wherever it runs here, and compare",
    "profile": "measure where the time of a .tflite goes",
    "lint": "check a .tflite against the rules of GPU delegates",
    "stress": "run a network with hard inputs on the accelerators",
    "fetch": "fetch the bodies of the synthetic people",
}


def main(arguments=None):
    """Runs `gfla COMMAND ...`; `arguments` are those behind `gfla` (default: the process's)."""
    width = max(map(len, COMMANDS))
    parser = argparse.ArgumentParser(
        prog="gfla",
        description="Pose-guided image generation and animation, from training to the phone.",
        epilog="commands:\n"
        + "\n".join(f"  {name:{width}}  {help}" for name, help in COMMANDS.items())
        + "\n\n'gfla COMMAND --help' explains a command.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=COMMANDS, metavar="COMMAND", help="one of those below")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    # Once more inside of the process's settings: what is reported comes before what is temporary goes.
    with user_errors(), command_process(), user_errors():
        options = parser.parse_args(arguments)
        module = importlib.import_module(f"gfla_tf.cli.{options.command.replace('-', '_')}")
        module.main(options.arguments)
