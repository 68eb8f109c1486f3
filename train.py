#!/usr/bin/env python
"""Trains a model from a YAML configuration: the same as `gfla train`."""

import sys

from gfla_tf.cli import main

if __name__ == "__main__":
    main(["train", *sys.argv[1:]])
