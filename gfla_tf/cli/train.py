"""Trains a model from a YAML configuration; the same command again resumes where it stopped."""

import argparse
import os

from gfla_tf.errors import GflaError, user_errors
from gfla_tf.training.process import prepare_process


def main(arguments=None):
    """The command line; see `gfla train --help`."""
    parser = argparse.ArgumentParser(
        prog="gfla train",
        description=__doc__,
        epilog="example: gfla train pose_quickstart full.steps=4000 name=longer",
    )
    parser.add_argument(
        "config", help="a YAML file, or the name of a configuration of the package, such as pose_quickstart"
    )
    parser.add_argument(
        "overrides",
        nargs="*",
        metavar="key=value",
        help="settings that replace the file's, such as batch_size=4",
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="resume a run that must be there; without it a new one may begin",
    )
    parser.add_argument("--runs", default="runs", help="where runs are kept (default: %(default)s)")
    parser.add_argument(
        "--dry-run", action="store_true", help="print the resolved configuration and the models, and stop"
    )
    options = parser.parse_intermixed_args(arguments)  # options may stand between the overrides
    prepare_process()
    with user_errors():
        from gfla_tf.training.config import to_yaml
        from gfla_tf.training.config_file import load_config

        config = load_config(options.config, options.overrides)
        from gfla_tf.training.networks import build_models
        from gfla_tf.training.runs import Run

        if options.dry_run:
            print(to_yaml(config))
            generator, discriminators = build_models(config)
            for model in (generator, *discriminators.values()):
                model.summary(expand_nested=True)
            return
        directory = os.path.join(options.runs, config.name)
        if options.resume and not os.path.isfile(os.path.join(directory, "config.yaml")):
            raise GflaError(
                f"There is no run in {directory} to resume: leave out --resume to begin one, or say which as name=."
            )
        run = Run(config, directory)
        run.train()
        print(f"trained: {run.directory}")
