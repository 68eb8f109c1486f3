#!/usr/bin/env python
"""Trains a model from a YAML configuration; the same command again goes on where it stopped."""

import argparse
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from gfla_tf.errors import GflaError, user_errors


def main():
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog="example: python train.py configs/pose_quickstart.yaml full.steps=4000 name=longer",
    )
    parser.add_argument("config", help="a YAML file; configs/ holds some")
    parser.add_argument(
        "overrides",
        nargs="*",
        metavar="key=value",
        help="settings that replace the file's, such as batch_size=4",
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on with a run that must be there; without it a new one may begin",
    )
    parser.add_argument("--runs", default="runs", help="where runs are kept (default: %(default)s)")
    parser.add_argument(
        "--dry-run", action="store_true", help="print the resolved configuration and the models, and stop"
    )
    arguments = parser.parse_intermixed_args()  # options may stand between the overrides
    with user_errors():
        from gfla_tf.training.config import load_config, to_yaml

        config = load_config(arguments.config, arguments.overrides)
        from gfla_tf.training.runs import Run, build_models

        if arguments.dry_run:
            print(to_yaml(config))
            generator, discriminators = build_models(config)
            for model in (generator, *discriminators.values()):
                model.summary(expand_nested=True)
            return
        directory = os.path.join(arguments.runs, config.name)
        if arguments.resume and not os.path.isfile(os.path.join(directory, "config.yaml")):
            raise GflaError(
                f"there is no run in {directory} to go on with: leave out --resume to begin one, or say which as name=."
            )
        run = Run(config, directory)
        run.train()
        print(f"trained: {run.directory}")


if __name__ == "__main__":
    main()
