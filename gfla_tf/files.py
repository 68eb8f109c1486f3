"""Files that are there whole or not at all."""

import contextlib
import hashlib
import os
import re
import threading
from pathlib import Path

from gfla_tf.errors import GflaError, os_reason

_UNFINISHED = re.compile(r"\..+\.(\d+)\.\d+\.unfinished[\w.]*")
_swept = set()  # folders in which this process has looked for what killed ones left


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


@contextlib.contextmanager
def whole_file(path, suffix=""):
    """Gives a temporary path beside `path` to write to, and moves what is there into place when the block ends well.

    The folder is made if needed. The temporary name says who writes: two processes or threads that write the same file at once
    do not meet, and the last one's stays. What killed processes left in the folder is removed.

    Args:
        path: of the file.
        suffix: what the temporary name ends with, for libraries that insist on it.

    Raises:
        OSError: the file cannot be written; what stood there before stays, and nothing beside it.
    """
    path = Path(path)
    name = f".{path.name[:50]}.{os.getpid()}.{threading.get_native_id()}.unfinished{suffix}"
    temporary = path.with_name(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    _sweep(path.parent)
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def write_whole(path, content):
    """Writes bytes to a file by `whole_file`; raises what that does."""
    with whole_file(path) as temporary, open(temporary, "wb") as file:
        file.write(content)
        flush(file)


def flush(file):
    """Has an open file's content on the disk, so that not even the loss of power leaves an empty one in its place."""
    file.flush()
    os.fsync(file.fileno())


def _sweep(folder):
    """Removes what killed processes left in a folder, once: thousands of pictures may be written to it."""
    if folder in _swept or os.name == "nt":  # where asking for a process would end it
        return
    _swept.add(folder)
    with contextlib.suppress(OSError):
        for name in os.listdir(folder):
            found = _UNFINISHED.fullmatch(name)
            if found and not _is_alive(int(found[1])):
                (folder / name).unlink(missing_ok=True)


def _is_alive(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        pass
    return True
