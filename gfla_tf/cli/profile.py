"""How long a .tflite takes on this machine's CPU, by part of the network and by operation.

    gfla profile model.tflite
    gfla profile model_int8.tflite --runs 20 --output profile.md --picture profile.png

LiteRT measures each operation itself, XNNPACK's operators included. The tables say which parts take the time, which operations,
and which of them XNNPACK does not take, so that they run one by one and cut the network into partitions.
"""

from pathlib import Path

from gfla_tf.cli.parser import command_parser
from gfla_tf.errors import GflaError, user_errors


def parse_arguments(arguments=None):
    """The command line; see `gfla profile --help`."""
    parser = command_parser("profile", __doc__)
    parser.add_argument("model", type=Path, metavar="FILE", help="a .tflite")
    parser.add_argument("--runs", type=int, default=5, metavar="N", help="runs to take means of (default: 5)")
    parser.add_argument("--output", type=Path, metavar="FILE.md", help="write the tables there, too")
    parser.add_argument("--picture", type=Path, metavar="FILE.png", help="draw the parts as bars")
    return parser.parse_args(arguments)


def main(arguments=None):
    """Runs `gfla profile`."""
    options = parse_arguments(arguments)
    with user_errors():
        if options.runs < 1:
            raise GflaError(f"--runs is {options.runs}: it must be at least 1.")
        from gfla_tf.files import write_whole
        from gfla_tf.litert.profile import profile, table

        found = profile(options.model, options.runs)
        text = f"{options.model.name}: {table(found)}\n"
        print(text, end="")
        try:
            if options.output:
                write_whole(options.output, text.encode())
        except OSError as error:
            raise GflaError(
                f"Cannot write {options.output} ({error.strerror}): name another file."
            ) from error
        if options.picture:
            from gfla_tf.pictures.bars import write_bars

            write_bars(options.picture, found.parts, f"{options.model.name}: {found.total:.1f} ms")
