"""Whether the GPU delegates of phones would run a .tflite, by its nodes alone: nothing is run.

    gfla lint model.tflite
    gfla lint --browser model.tflite

names every node that breaks a rule of `gfla_tf.export.verify.delegate_rules`, with --browser also those of WebGPU in browsers;
its exit status is 1 then, and 2 if a file cannot be read.
"""

import argparse
import sys

from gfla_tf.errors import user_errors


def main(arguments=None):
    """Prints the findings of the files on the command line."""
    parser = argparse.ArgumentParser(prog="gfla lint", description=__doc__.partition("\n")[0])
    parser.add_argument("files", nargs="+", metavar="FILE", help="a .tflite")
    parser.add_argument("--browser", action="store_true", help="also by the rules of WebGPU in browsers")
    options, findings = parser.parse_args(arguments), 0
    with user_errors():
        from gfla_tf.export.verify.lint import lint
        from gfla_tf.export.verify.targets import GPU, targets_of

        for path in options.files:
            if GPU not in targets_of(path):
                findings += 1
                print(f"{path}: for the CPU alone, by its --lowering; leave that out for GPUs")
                continue
            found = lint(path, options.browser)
            findings += len(found)
            print(f"{path}: {f'{len(found)} findings' if found else 'fit for GPU delegates'}")
            for finding in found:
                print(f"  {finding}")
    sys.exit(1 if findings else 0)
