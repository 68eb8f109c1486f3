"""An object seen from all sides: the 18 views that a view network makes of one picture, on LiteRT."""

import numpy as np

from gfla_tf.errors import GflaError
from gfla_tf.inference.models import load_model
from gfla_tf.inference.photos import Box, crop, to_float
from gfla_tf.inference.video_writer import enlarged, require_format, write_video
from gfla_tf.io.pictures import read_picture
from gfla_tf.keypoints.views import AZIMUTHS, ELEVATIONS, view_codes
from gfla_tf.pictures.drawing import to_uint8

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
        azimuth, elevation: of the source, by their numbers, see `gfla_tf.keypoints.views`.

    Returns:
        (18, H, W, 3) float32 in [-1, 1].
    """
    inputs = {
        "source_image": to_float(source_image)[None],
        "source_view": view_codes(azimuth, elevation)[None],
    }
    targets = view_codes(np.arange(len(AZIMUTHS)), elevation)
    return np.concatenate([model(**inputs, target_view=target[None])["generated"] for target in targets])


def turn_file(model, source, azimuth, elevation, output):
    """Turns the object of a picture file once around; writes a film.

    Args:
        model: path of a view network's .tflite.
        source: path of a picture of the object before white.
        azimuth, elevation: that it is seen from, in degrees.
        output: path of the .gif or .mp4.

    Returns:
        the path that was written.

    Raises:
        GflaError: a file or an angle cannot be used.
    """
    output = require_format(output)
    azimuth = _number(azimuth, AZIMUTHS, "azimuth")
    elevation = _number(elevation, ELEVATIONS, "elevation")
    model = load_view_model(model)
    source = _framed(read_picture(source), model.inputs["source_image"][1:3])
    views = turntable(model, source, azimuth, elevation)
    write_video(output, (enlarged(to_uint8(view)) for view in views), FPS)
    return output


def _number(degrees, known, name):
    if degrees not in known:
        raise GflaError(f"--{name} is {degrees}: it must be one of {', '.join(map(str, known))} degrees.")
    return known.index(degrees)


def _framed(image, size):
    """The whole picture at the network's size (height, width); where its proportions differ, its border is repeated."""
    height, width = image.shape[:2]
    scale = max(height / size[0], width / size[1])
    outer = round(scale * size[0]), round(scale * size[1])
    box = Box((width - outer[1]) // 2, (height - outer[0]) // 2, outer[1], outer[0])
    return crop(image, box, size)
