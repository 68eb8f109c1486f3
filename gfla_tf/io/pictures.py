"""Pictures from outside, by one reader for demos and builders: any mode of Pillow either scaled rightly to 0..255 or refused."""

import io
import warnings

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from gfla_tf.errors import GflaError, reason_of
from gfla_tf.io.documents import read_bytes

MOST_PIXELS = 50_000_000  # what telephones take; a few kilobytes can claim to be a hundred times as many
_STRIP = 512  # rows
_HEIC = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1")
_SIXTEEN_BITS = ("I;16", "I;16B", "I;16L", "I;16N")


def read_picture(path, what="photo", remedy="check its name"):
    """A picture as uint8 RGB (H, W, 3), upright by its EXIF orientation; what is transparent is white.

    16 bits become 8, floats from 0 to 1 become 0 to 255.

    Args:
        path: of the file.
        what: it is, for sentences.
        remedy: ends the sentence about a file that cannot be opened.

    Raises:
        GflaError: the file is missing, truncated, no picture, of more than 50 megapixels, or of values whose white is not known.
    """
    content = read_bytes(path, what, remedy=remedy)
    is_heic = content[4:8] == b"ftyp" and content[8:12] in _HEIC
    if is_heic:
        _require_heic(path, what)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(content)) as image:
                _require_size(image.size, path, what)
                return _rgb(ImageOps.exif_transpose(image))
    except GflaError:
        raise
    except _Unscaled as error:
        raise GflaError(
            f"The {what} {path} has {error}: save it with 8 bits for each of red, green and blue."
        ) from error
    except MemoryError:
        raise
    except Exception as error:  # decoders fail in every way there is
        reason = "of no known format" if isinstance(error, UnidentifiedImageError) else reason_of(error)
        raise GflaError(
            f"Cannot read the {what} {path}: it is truncated or not an image ({reason}); save it again."
        ) from error


def read_mask(path):
    """The outline of a person as bool (H, W), true where a picture is white; errors as of `read_gray_mask`."""
    return read_gray_mask(path) > 127


def read_gray_mask(path):
    """uint8 (H, W) of a picture that is white where a person is.

    Raises:
        GflaError: the picture cannot be read, or is dark throughout without being black: programs write labels such as 1 so.
    """
    values = np.asarray(Image.fromarray(read_picture(path, "mask")).convert("L"))
    if 0 < values.max() <= 127:
        raise GflaError(f"The mask {path} has values of at most {values.max()}: make the person white, 255.")
    return values


class _Unscaled(Exception):
    """The picture's values say nothing about brightness."""


def _rgb(image):
    if image.mode in _SIXTEEN_BITS or (image.mode == "I" and image.format == "PNG"):
        return _gray(np.asarray(image).astype(np.float32) / 257)
    if image.mode == "I":
        raise _Unscaled("whole numbers of 32 bits, of which nothing says how large white is")
    if image.mode == "F":
        values = np.asarray(image)
        if not np.isfinite(values).all():
            raise _Unscaled("values that are no numbers")
        low, high = float(values.min()), float(values.max())
        if low < 0 or high > 1:
            raise _Unscaled(f"floats from {low:g} to {high:g} instead of 0 to 1")
        return _gray(values * 255)
    return _before_white(image) if image.has_transparency_data else np.array(image.convert("RGB"))


def _before_white(image):
    """A picture before white, strip by strip: as a whole it would take four times its memory."""
    pixels = np.empty((image.height, image.width, 3), np.uint8)
    for top in range(0, image.height, _STRIP):
        strip = image.crop((0, top, image.width, min(top + _STRIP, image.height))).convert("RGBA")
        strip = Image.alpha_composite(Image.new("RGBA", strip.size, "white"), strip)
        pixels[top : top + strip.height] = strip.convert("RGB")
    return pixels


def _gray(values):
    return np.repeat(np.rint(values).clip(0, 255).astype(np.uint8)[..., None], 3, axis=-1)


def _require_size(size, path, what):
    if size[0] * size[1] > MOST_PIXELS:
        raise GflaError(
            f"The {what} {path} has {size[0]} x {size[1]} pixels, more than the {MOST_PIXELS // 10**6} million that are read: "
            "make it smaller."
        )


def _require_heic(path, what):
    try:
        import pillow_heif
    except ImportError as error:
        raise GflaError(
            f"The {what} {path} is a HEIC photo, whatever its name says: pip install pillow-heif, or save it as JPEG."
        ) from error
    pillow_heif.register_heif_opener()
