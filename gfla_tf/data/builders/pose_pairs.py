"""Pairs of images of one person with the joints of each: what DeepFashion and Market-1501 share.

The lists of pairs have columns from,to; the annotations name:keypoints_y:keypoints_x, where the keypoints are lists of 18 numbers
in the order of `gfla_tf.keypoints.poses.JOINTS`, -1 where a joint is missing. Those of own pictures may have a fourth column,
size, such as 512x352: the height and width of the images in whose pixels they are.
"""

import json
import re
from typing import NamedTuple

import numpy as np
import tensorflow_datasets as tfds

from gfla_tf.data.builders.files import BILINEAR, ManualBuilder, read_image, read_text, resized
from gfla_tf.errors import GflaError
from gfla_tf.io.documents import is_number, plain_name, read_table
from gfla_tf.keypoints.poses import JOINTS

ANNOTATION_COLUMNS, SIZE = ["name", "keypoints_y", "keypoints_x"], "size"
MISSING = -1
# Images whose proportions differ from those of the published annotations by more than this factor are own ones.
TOLERANCE = 1.2


class Annotation(NamedTuple):
    """keypoints: (18, 3) float64, x, y in pixels and a confidence of 1, all 0 where missing; size: (height, width) or None."""

    keypoints: np.ndarray
    size: tuple | None = None


class PosePairs(ManualBuilder, skip_registration=True):
    """A record is an image with its keypoints; info.metadata[SPLIT]["pairs"] lists the pairs, as two numbers of records each.

    Attributes:
        prefix: of the names of the four lists.
        other_prefixes: that they may have instead.
    """

    prefix = None
    other_prefixes = ()

    def features(self, image_size):
        return {
            "image": tfds.features.Image(shape=(*image_size, 3)),
            "keypoints": tfds.features.Tensor(shape=(len(JOINTS), 3), dtype=np.float32),
            "name": tfds.features.Text(),
        }

    def table(self, directory, split):
        pairs_path, annotation_path = (self._list(directory, kind, split) for kind in ("pairs", "annotation"))
        pairs, first_line = read_pairs(pairs_path)
        annotations = read_annotations(annotation_path)
        for name, line in first_line.items():
            if name not in annotations:
                raise GflaError(
                    f"{pairs_path}, line {line}: {name} has no line in {annotation_path.name}: add one, or remove its pairs."
                )
        missing = [name for name in first_line if not (directory / split / name).is_file()]
        if missing:
            more = f" and {len(missing) - 1} more that it names are" if len(missing) > 1 else " is"
            raise GflaError(
                f"{pairs_path}, line {first_line[missing[0]]}: the image {directory / split / missing[0]}{more} "
                "missing: put images there, see docs/datasets.md."
            )
        number = {name: index for index, name in enumerate(first_line)}
        table = [(directory / split / name, name, annotations[name]) for name in first_line]
        return table, {"pairs": [[number[source], number[target]] for source, target in pairs]}

    def _list(self, directory, kind, split):
        """The path of a list, under whichever of its names there is one."""
        paths = [directory / f"{prefix}-{kind}-{split}.csv" for prefix in (self.prefix, *self.other_prefixes)]
        return next((path for path in paths if path.is_file()), paths[0])

    def without(self, whole, dropped):
        pairs = np.array(whole["pairs"])
        pairs = pairs[~np.isin(pairs, list(dropped)).any(axis=1)]
        return {"pairs": (pairs - np.searchsorted(sorted(dropped), pairs)).tolist()}

    def record(self, entry, image_size):
        path, name, annotation = entry
        if isinstance(annotation, GflaError):
            raise annotation
        image = read_image(path)
        height, width = self.size_of(annotation, image.shape[:2])
        placed = annotation.keypoints * (image_size[1], image_size[0], 1) / (width, height, 1)
        return {"image": resized(image, image_size, BILINEAR), "keypoints": np.float32(placed), "name": name}

    @classmethod
    def size_of(cls, annotation, picture_size):
        """(height, width) of the images in whose pixels an annotation is: its own, else that of the published ones, or of the
        picture where the proportions are others."""
        if annotation.size:
            return annotation.size
        stretch = (picture_size[1] * cls.annotated_size[0]) / (picture_size[0] * cls.annotated_size[1])
        return cls.annotated_size if 1 / TOLERANCE < stretch < TOLERANCE else picture_size


def read_pairs(path):
    """The rows of a list of pairs.

    Returns:
        list of (from, to), and a dict of the images in it, each with the number of the line that names it first.

    Raises:
        GflaError: the file is missing, is no such list, or is empty.
    """
    table = read_table(path, "file of the pairs", "put the file with the pairs there, see docs/datasets.md")
    (_, header), *rows = table or [(1, [])]
    if not {"from", "to"} <= set(header):
        raise GflaError(
            f"{path}, line 1: the columns are {','.join(header)[:60] or 'none'}: they must be from,to."
        )
    source, target = header.index("from"), header.index("to")
    pairs, first_line = [], {}
    for line, row in rows:
        if len(row) != len(header) or not row[source] or not row[target]:
            raise GflaError(
                f"{path}, line {line}: {','.join(row)[:60]!r} is no pair: give two names, from,to."
            )
        pairs.append((row[source], row[target]))
        for name in pairs[-1]:
            if not plain_name(name):
                raise GflaError(
                    f"{path}, line {line}: {name!r} leaves the folder: give names of images in it."
                )
            first_line.setdefault(name, line)
    if not pairs:
        raise GflaError(f"{path} has no pairs: put a complete file there.")
    return pairs, first_line


def read_annotations(path):
    """{name: `Annotation`}; for a line that cannot be read, the value is the `GflaError` that says so.

    Raises:
        GflaError: the file is missing or is no such list.
    """
    lines = read_text(path, "the keypoints")
    header = [part.strip() for part in lines[0].split(":")] if lines else []
    if header not in (ANNOTATION_COLUMNS, [*ANNOTATION_COLUMNS, SIZE]):
        raise GflaError(
            f"{path}, line 1: it must be {':'.join(ANNOTATION_COLUMNS)}, not {(lines or [''])[0][:60]!r}."
        )
    annotations = {}
    for number, line in enumerate(lines[1:], 2):
        if not line:
            continue
        name, *values = line.split(":")
        try:
            if len(values) != len(header) - 1:
                raise ValueError(f"{len(values) + 1} columns")
            annotations[name] = _annotation(*values)
        except (ValueError, TypeError, RecursionError) as error:
            annotations[name] = GflaError(
                f"{path}, line {number}: its keypoints cannot be read ({error}): give name:[y, ...]:[x, ...] with {len(JOINTS)} "
                f"numbers each, {MISSING} where a joint is missing."
            )
    return annotations


def _annotation(y, x, size=None):
    y, x = json.loads(y), json.loads(x)
    if len(y) != len(JOINTS) or len(x) != len(JOINTS):
        raise ValueError(f"{len(y)} and {len(x)} numbers")
    if not all(map(is_number, (*x, *y))):
        raise ValueError("a value that is no number")
    position = np.array([x, y], np.float64)
    if not np.isfinite(position).all():
        raise ValueError("a value that is no number")
    if size is not None:
        found = re.fullmatch(r"([1-9]\d{0,4}) ?x ?([1-9]\d{0,4})", size.strip(), re.ASCII)
        if not found:
            raise ValueError(f"the size {size.strip()[:20]!r} is not like 256x176, height x width")
        size = int(found[1]), int(found[2])
    present = (position != MISSING).all(axis=0)
    return Annotation(np.stack([*(position * present), present], axis=-1), size)
