"""Whether a network's drawing part survives on phones what training never showed it: far flows and large features.

    gfla stress --run runs/pose_quickstart
    gfla stress --checkpoint latest_net_G.pth --preset pose_deepfashion --lowering resampler

converts the target net alone, which takes flows and features as inputs, and verifies it as
`gfla_tf.export.verify.program` does: flows of up to
100 pixels of their own level in any direction, source features with a standard deviation of 300. All of them are numbers that
half precision has, so that what is measured is the network's arithmetic: flows of 100 pixels that are rounded to a 32nd of one
lose 32 dB by that alone, on features that differ from pixel to pixel.
"""

import sys
import tempfile
from pathlib import Path

from gfla_tf.cli.parser import command_parser
from gfla_tf.errors import user_errors


def main(arguments=None):
    """Stresses the network on the command line."""
    parser = command_parser("stress", __doc__)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--run", type=Path, metavar="DIR", help="directory of a training run, runs/NAME")
    source.add_argument(
        "--checkpoint", type=Path, metavar="FILE", help="published generator (.pth); needs --preset"
    )
    parser.add_argument("--preset", help="network of the checkpoint")
    parser.add_argument(
        "--lowering",
        nargs="+",
        choices=("gather", "resampler"),
        default=("gather", "resampler"),
        help="(default: both)",
    )
    options = parser.parse_args(arguments)
    if bool(options.checkpoint) != bool(options.preset):
        parser.error("--checkpoint and --preset go together")
    good = True
    with user_errors(), tempfile.TemporaryDirectory() as folder:
        from gfla_tf.export.convert.sources import from_checkpoint, from_run
        from gfla_tf.export.verify.stress import stress
        from gfla_tf.export.verify.verification import table

        source = from_run(options.run) if options.run else from_checkpoint(options.checkpoint, options.preset)
        for lowering in options.lowering:
            findings, checks = stress(source, folder, lowering)
            print(f"\n{source.name}, {lowering}", *findings, table(checks), sep="\n", flush=True)
            good &= not findings and not any(check.wrong for check in checks)
    sys.exit(0 if good else 1)
