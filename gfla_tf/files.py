"""Files that are there whole or not at all."""

import hashlib
import os
from pathlib import Path

from gfla_tf.errors import GflaError, os_reason


def file_digest(path):
    """SHA-256 of a file's content, in hexadecimal digits.

    Raises:
        GflaError: it cannot be read.
    """
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError as error:
        raise GflaError(f"Cannot read {path} ({os_reason(error)}): name a file.") from error


def stat_digest(files, more=""):
    """SHA-256 that changes with any of {name: path}: with its name, its size or its time, and with the text `more`."""
    digest = hashlib.sha256(more.encode())
    for name, path in files.items():
        stat = os.stat(path)
        digest.update(f"{name} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()


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
