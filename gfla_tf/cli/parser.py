"""What the commands' parsers have in common."""

import argparse


def add_person(parser):
    """Adds --person, which says whose pose or face counts."""
    parser.add_argument(
        "--person",
        metavar="N|left|right|largest",
        help="whom to follow, where there are several: a tracker's number, or counted from the left, from 0",
    )


def add_background(parser):
    """Adds --background, what is put behind the person."""
    parser.add_argument(
        "--background",
        default="keep",
        metavar="keep|blur|COLOR|IMAGE",
        help="behind the person: the photo without it (default), that blurred, a color such as #20a040, a picture",
    )


def command_parser(name, doc):
    """The parser of `gfla NAME`, whose help is the documentation of its module: a title, and examples as they stand there."""
    title, _, rest = doc.partition("\n")
    return argparse.ArgumentParser(
        prog=f"gfla {name}",
        description=title,
        epilog=rest.strip("\n"),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
