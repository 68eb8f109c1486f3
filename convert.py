#!/usr/bin/env python
"""Converts a run or a checkpoint to SavedModel and TFLite: the same as `gfla convert`."""

import sys

from gfla_tf.cli import main

if __name__ == "__main__":
    main(["convert", *sys.argv[1:]])
