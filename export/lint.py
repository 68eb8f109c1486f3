"""Whether the GPU delegates of phones would run a .tflite, by its nodes alone: nothing is run.

    python -m export.lint model.tflite

names every node that breaks a rule of `export.delegate_rules`; its exit status is 1 then, and 2 if a file cannot be read.
"""

import argparse
import dataclasses
import sys

from export.delegate_rules import RULES
from export.nodes import Node, damage_named, read_nodes
from gfla_tf.errors import user_errors


@dataclasses.dataclass(frozen=True)
class Finding:
    """A node that breaks a rule.

    Attributes:
        node: `export.nodes.Node`.
        rule: its name in `export.delegate_rules.RULES`.
        reason: what is wrong.
    """

    node: Node
    rule: str
    reason: str

    def __str__(self):
        return f"{self.node}: {self.reason} (rule: {self.rule})"


def lint(path):
    """The `Finding`s of a .tflite, none if delegates run all of it.

    Raises:
        GflaError: the file cannot be read, is no .tflite, or is damaged.
    """
    nodes = read_nodes(path)
    with damage_named(path):  # a node may lack what its operation needs
        return [
            Finding(node, name, reason)
            for node in nodes
            for name, rule in RULES.items()
            if (reason := rule(node))
        ]


def main(arguments=None):
    """Prints the findings of the files on the command line."""
    parser = argparse.ArgumentParser(prog="python -m export.lint", description=__doc__.partition("\n")[0])
    parser.add_argument("files", nargs="+", metavar="FILE", help="a .tflite")
    findings = 0
    with user_errors():
        for path in parser.parse_args(arguments).files:
            found = lint(path)
            findings += len(found)
            print(f"{path}: {f'{len(found)} findings' if found else 'fit for GPU delegates'}")
            for finding in found:
                print(f"  {finding}")
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
