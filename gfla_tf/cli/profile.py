"""How long a .tflite takes on this machine's CPU, by part of the network and by operation.

    gfla profile model.tflite
    gfla profile model_int8.tflite --runs 20 --output profile.md --picture profile.png

LiteRT measures each operation itself, XNNPACK's operators included. The tables say which parts take the time, which operations,
and which of them XNNPACK does not take, so that they run one by one and cut the network into partitions. Of a file that is split,
encode and generate have tables of their own, and the picture shows the longer one.
"""

from pathlib import Path

from gfla_tf.cli.parser import command_parser
from gfla_tf.errors import GflaError, user_errors


def parse_arguments(arguments=None):
    """The command line; see `gfla profile --help`."""
    parser = command_parser("profile", __doc__)
    parser.add_argument("model", type=Path, metavar="FILE", help="a .tflite")
    parser.add_argument(
        "--runs", type=int, default=15, metavar="N", help="runs, of which the least counts (default: 15)"
    )
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
        titles = {name: _title(options.model, name) for name in found}
        text = "\n".join(f"{titles[name]}: {table(each)}\n" for name, each in found.items())
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

            longest = max(found, key=lambda name: found[name].total)
            title = f"{titles[longest]}: {found[longest].total:.1f} ms"
            write_bars(options.picture, found[longest].parts, title)


def _title(path, signature):
    """The file's name, of split files with the signature's."""
    from gfla_tf.litert.runner import SIGNATURE

    return path.name if signature == SIGNATURE else f"{path.name}, {signature}"
