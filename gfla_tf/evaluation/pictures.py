"""The pictures that are judged: files in two folders that belong together by their names."""

import io
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from gfla_tf.errors import GflaError
from gfla_tf.io import pictures
from gfla_tf.io.documents import is_number, read_json
from gfla_tf.io.folders import require_text
from gfla_tf.metrics.resizing import resize

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
JPEG_QUALITY = 75  # Pillow's own


class Pair(NamedTuple):
    """A generated picture and the true one.

    Attributes:
        name: by which both were found.
        generated, truth: paths.
        keypoints: path of the pose that was asked for, in pixels of the true picture; None where there is none.
        mask: path of the person's outline in the true picture, NAME_mask.png; None where there is none.
    """

    name: str
    generated: Path
    truth: Path
    keypoints: Path | None
    mask: Path | None


def list_pictures(folder):
    """Paths of the pictures in a folder, in the order of their names.

    Raises:
        GflaError: there is no such folder, or it holds none.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise GflaError(f"The folder {folder} is missing: name one with pictures.")
    paths = sorted(
        require_text(path)
        for path in folder.iterdir()
        if path.suffix.lower() in SUFFIXES
        and not path.stem.endswith("_mask")
        and not path.name.startswith(".")
    )
    if not paths:
        raise GflaError(f"The folder {folder} holds no pictures ({', '.join(SUFFIXES)}): name another.")
    return paths


def match(generated, truth):
    """Pairs of two folders, and the names of generated pictures without a true one.

    A generated picture SOURCE_2_TARGET_vis belongs to the true picture TARGET, as published; any other, and one for which there
    is no TARGET, to the true picture of its own name. Endings of files do not matter.

    Raises:
        GflaError: a folder is missing or empty, or nothing matches.
    """
    true = {path.stem: path for path in list_pictures(truth)}
    pairs, without = [], []
    for path in list_pictures(generated):
        parts = path.stem.removesuffix("_vis").split("_2_")
        targets = [
            "_2_".join(parts[first:]) for first in range(len(parts) - 1, 0, -1)
        ]  # a name may hold _2_ itself
        found = next((true[name] for name in (*targets, path.stem) if name in true), None)
        if found is None:
            without.append(path.name)
            continue
        beside = (found.with_suffix(".json"), found.with_name(f"{found.stem}_mask.png"))
        pairs.append(Pair(path.stem, path, found, *(file if file.is_file() else None for file in beside)))
    if not pairs:
        raise GflaError(f"No picture in {generated} has a true one in {truth}: give both the same name.")
    return pairs, without


def read_drawn(path):
    """Scores that were known when a picture was drawn, {name: number}, as `gfla_tf.evaluation.drawn` writes them beside it."""
    file = Path(path).with_suffix(".json")
    scores = read_json(file, "file of scores") if file.is_file() else None
    known = scores if isinstance(scores, dict) else {}  # else a pose, of programs that draw
    return {name: value for name, value in known.items() if is_number(value)}


def read_picture(path):
    """uint8 RGB (H, W, 3); a `GflaError` if the file is no picture."""
    return pictures.read_picture(path, "picture", "make it again, or remove it")


def at_size(picture, size, name):
    """uint8 picture at (height, width) by the filter called `name`; None leaves it as it is."""
    if size is None or picture.shape[:2] == tuple(size):
        return picture
    return np.clip(np.rint(resize(picture, size, name)), 0, 255).astype(np.uint8)


def encoded(picture, file_format):
    """Bytes of a picture file, "png" or "jpg"."""
    content = io.BytesIO()
    options = {"format": "PNG"} if file_format == "png" else {"format": "JPEG", "quality": JPEG_QUALITY}
    Image.fromarray(picture).save(content, **options)
    return content.getvalue()
