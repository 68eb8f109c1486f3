"""Whether the GPU delegates of phones would run a .tflite, by its nodes alone: nothing is run."""

import dataclasses

from gfla_tf.export.verify.delegate_rules import RULES
from gfla_tf.export.verify.flatbuffer import Node, damage_named, read_nodes


@dataclasses.dataclass(frozen=True)
class Finding:
    """A node that breaks a rule.

    Attributes:
        node: `gfla_tf.export.verify.flatbuffer.Node`.
        rule: its name in `gfla_tf.export.verify.delegate_rules.RULES`.
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
