"""Whether the GPU delegates of phones would run a .tflite, by its nodes alone: nothing is run."""

import dataclasses

from gfla_tf.export.verify.delegate_rules import BROWSER_RULES, RULES
from gfla_tf.export.verify.flatbuffer import Node, damage_named, read_nodes


@dataclasses.dataclass(frozen=True)
class Finding:
    """A node that breaks a rule.

    Attributes:
        node: `gfla_tf.export.verify.flatbuffer.Node`.
        rule: its name in `gfla_tf.export.verify.delegate_rules`.
        reason: what is wrong.
    """

    node: Node
    rule: str
    reason: str

    def __str__(self):
        return f"{self.node}: {self.reason} (rule: {self.rule})"


def lint(path, browser=False):
    """The `Finding`s of a .tflite, none if delegates run all of it.

    Args:
        browser: whether WebGPU in browsers has to run it, too.

    Raises:
        GflaError: the file cannot be read, is no .tflite, or is damaged.
    """
    nodes, rules = read_nodes(path), RULES | (BROWSER_RULES if browser else {})
    with damage_named(path):  # a node may lack what its operation needs
        return [
            Finding(node, name, reason)
            for node in nodes
            for name, rule in rules.items()
            if (reason := rule(node))
        ]
