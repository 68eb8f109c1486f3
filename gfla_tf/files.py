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
        temporary.write_bytes(content)
        os.replace(temporary, path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
