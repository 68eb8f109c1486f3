"""What the commands' parsers have in common."""

import argparse


def command_parser(name, doc):
    """The parser of `gfla NAME`, whose help is the documentation of its module: a title, and examples as they stand there."""
    title, _, rest = doc.partition("\n")
    return argparse.ArgumentParser(
        prog=f"gfla {name}",
        description=title,
        epilog=rest.strip("\n"),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
