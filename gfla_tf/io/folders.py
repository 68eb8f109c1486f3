"""Folders from outside: the names of their files, and their order."""

import re
from pathlib import Path

from gfla_tf.errors import GflaError


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


def require_text(path):
    """The path; a `GflaError` if its name is no text: disks and archives of old systems have names in other encodings than UTF-8.

    Lists and reports could not name such a file.
    """
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        shown = str(path).encode("utf-8", "backslashreplace").decode()
        raise GflaError(f"The name of {shown} is no text in UTF-8: rename it.") from error
    return path


def by_numbers(name):
    """Sorts frame_9 before frame_10, however many digits there are."""
    parts = re.split(r"(\d+)", str(name))
    values = [part.lstrip("0") for part in parts]
    return [
        (len(value), value) if index % 2 else part
        for index, (part, value) in enumerate(zip(parts, values, strict=True))
    ], str(name)
