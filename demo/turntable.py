"""Turns an object: one picture in, the views from all 18 azimuths out, with a .tflite on LiteRT.

    python -m demo.turntable --model view.tflite --source car.png --azimuth 0 --elevation 0 --output turn.gif

The picture shows the object whole, in the middle, before the plain background of the training (white), from the azimuth and
elevation that are given in degrees: azimuth 0 sees its front, 80 nearly its left side, see `gfla_tf.data.views`.
"""

import argparse
from pathlib import Path

import numpy as np

from demo.models import load_model
from demo.photos import Box, crop, read_photo, to_float
from demo.video import enlarged, require_format, write_video
from gfla_tf.data.views import AZIMUTHS, ELEVATIONS, view_codes
from gfla_tf.errors import GflaError, user_errors
from gfla_tf.visualization import to_uint8

FPS = 9  # two seconds for a turn


def load_view_model(path):
    """The `TFLiteModel` of a view network; raises `GflaError` for one of another task or of other views."""
    model = load_model(path, "view")
    known = tuple(tuple(model.description.get(name, ())) for name in ("azimuths", "elevations"))
    if known != (AZIMUTHS, ELEVATIONS):
        raise GflaError(f"{path} was made for other views than ours: convert one of this package's runs.")
    return model


def turntable(model, source_image, azimuth, elevation):
    """The views of an object from all azimuths at the source's elevation, as a view network draws them.

    Args:
        model: from `load_view_model`.
        source_image: uint8 (H, W, 3) of the model's size.
        azimuth, elevation: of the source, by their numbers, see `gfla_tf.data.views`.

    Returns:
        (18, H, W, 3) float32 in [-1, 1].
    """
    inputs = {
        "source_image": to_float(source_image)[None],
        "source_view": view_codes(azimuth, elevation)[None],
    }
    targets = view_codes(np.arange(len(AZIMUTHS)), elevation)
    return np.concatenate([model(**inputs, target_view=target[None])["generated"] for target in targets])


def main(arguments=None):
    """The command line; see `python -m demo.turntable --help`."""
    parser = argparse.ArgumentParser(prog="python -m demo.turntable", description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("--model", required=True, type=Path, help="the .tflite that convert.py wrote")
    add("--source", required=True, type=Path, help="picture of the object before white")
    add("--azimuth", required=True, type=int, help="that it is seen from, in degrees, a multiple of 20")
    add("--elevation", type=int, default=0, help="that it is seen from, in degrees: 0, 10 or 20")
    add("--output", required=True, type=Path, help="the .gif or .mp4 to write")
    options = parser.parse_args(arguments)
    with user_errors():
        print(f"wrote {_run(options)}")


def _run(options):
    output = require_format(options.output)
    azimuth = _number(options.azimuth, AZIMUTHS, "azimuth")
    elevation = _number(options.elevation, ELEVATIONS, "elevation")
    model = load_view_model(options.model)
    source = _framed(read_photo(options.source), model.inputs["source_image"][1:3])
    views = turntable(model, source, azimuth, elevation)
    write_video(output, (enlarged(to_uint8(view)) for view in views), FPS)
    return output


def _number(degrees, known, name):
    if degrees not in known:
        raise GflaError(f"--{name} is {degrees}: it must be one of {', '.join(map(str, known))} degrees.")
    return known.index(degrees)


def _framed(image, size):
    """The whole picture at the network's size (height, width); where its proportions differ, its border goes on."""
    height, width = image.shape[:2]
    scale = max(height / size[0], width / size[1])
    outer = round(scale * size[0]), round(scale * size[1])
    box = Box((width - outer[1]) // 2, (height - outer[0]) // 2, outer[1], outer[0])
    return crop(image, box, size)


if __name__ == "__main__":
    main()
