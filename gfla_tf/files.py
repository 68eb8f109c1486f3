"""Files that are there whole or not at all."""

import os
from pathlib import Path


def write_whole(path, content):
    """Writes bytes under a temporary name beside `path`, then moves them into place; makes the folder if needed.

    Raises:
        OSError: the file cannot be written; what stood there before stays, and nothing beside it.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.tmp")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with open(temporary, "wb") as file:
            file.write(content)
            flush(file)
        os.replace(temporary, path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def flush(file):
    """Has an open file's content on the disk, so that not even the loss of power leaves an empty one in its place."""
    file.flush()
    os.fsync(file.fileno())
