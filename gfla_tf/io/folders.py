"""Folders from outside, with a file for each frame of a film."""

import re
from pathlib import Path


def numbered_files(folder, *suffixes):
    """The files of a folder in the order of the numbers in their names; hidden ones, as macOS leaves beside others, are none.

    Args:
        folder: path.
        suffixes: of the files, in lower case, such as ".json".

    Raises:
        OSError: the folder cannot be read.
    """
    found = [path for path in Path(folder).iterdir() if path.suffix.lower() in suffixes]
    return sorted((path for path in found if not path.name.startswith(".")), key=lambda p: by_numbers(p.name))


def by_numbers(name):
    """Sorts frame_9 before frame_10, however many digits there are."""
    parts = re.split(r"(\d+)", str(name))
    values = [part.lstrip("0") for part in parts]
    return [
        (len(value), value) if index % 2 else part
        for index, (part, value) in enumerate(zip(parts, values, strict=True))
    ], str(name)
