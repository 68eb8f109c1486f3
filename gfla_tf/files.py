"""Files that are there whole or not at all, and folders that one process at a time writes into."""

import contextlib
import hashlib
import os
import re
import shutil
import threading
from pathlib import Path

from gfla_tf.errors import GflaError, os_reason

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

_UNFINISHED = re.compile(r"\..+\.(\d+)\.\d+\.unfinished[\w.]*")
_swept = set()  # folders in which this process has looked for what killed ones left
_sweeping = threading.Lock()


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
    temporary = _temporary(path, suffix)
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def whole_folder(path):
    """The same for a folder that does not change: the one that is given exists, and one that stands at `path` meanwhile stays."""
    path = Path(path)
    temporary = _temporary(path)
    temporary.mkdir()
    try:
        yield temporary
        try:
            os.rename(temporary, path)
        except OSError:
            if not path.is_dir():
                raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _temporary(path, suffix=""):
    path.parent.mkdir(parents=True, exist_ok=True)
    _sweep(path.parent)
    return path.with_name(f".{path.name[:50]}.{os.getpid()}.{threading.get_native_id()}.unfinished{suffix}")


def write_whole(path, content):
    """Writes bytes to a file by `whole_file`; raises what that does."""
    with whole_file(path) as temporary, open(temporary, "wb") as file:
        file.write(content)
        flush(file)


@contextlib.contextmanager
def alone(folder, told):
    """No other process is in such a block for the same folder meanwhile, however it may end.

    Args:
        folder: path of one that exists.
        told: the sentence for the second one.

    Raises:
        GflaError: another process is.
        OSError: the folder cannot be opened.
    """
    if fcntl is None:
        yield
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # disks that know no locks
            try:
                fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise GflaError(told) from None
        yield
    finally:
        os.close(opened)


@contextlib.contextmanager
def own_folder(path, doing):
    """Makes the folder that a command writes into, and has it for this process `alone`; one that stays empty is removed again.

    Args:
        path: of the folder.
        doing: with it, for the sentence to a second process, such as "preparing".

    Raises:
        GflaError: the folder cannot be made, or another process is writing into it.
    """
    path = Path(path)
    is_new = not path.exists()
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GflaError(f"Cannot write to {path} ({os_reason(error)}): name another --output.") from error
    try:
        with alone(path, f"Another process is {doing} {path}: let it end, or name another --output."):
            yield
    finally:
        if is_new:
            with contextlib.suppress(OSError):
                path.rmdir()


def flush(file):
    """Has an open file's content on the disk, so that not even the loss of power leaves an empty one in its place."""
    file.flush()
    os.fsync(file.fileno())


def _sweep(folder):
    """Removes what killed processes left in a folder, once: thousands of pictures may be written to it.

    A file with the number of this process is of one that had it before, as each has that is the first in a container: before a
    folder was swept, no thread of this process writes to it.
    """
    if os.name == "nt":  # where asking for a process would end it
        return
    with _sweeping, contextlib.suppress(OSError):
        if folder in _swept:
            return
        _swept.add(folder)
        for name in os.listdir(folder):
            found = _UNFINISHED.fullmatch(name)
            if found and (int(found[1]) == os.getpid() or not _is_alive(int(found[1]))):
                left = folder / name
                if left.is_dir():
                    shutil.rmtree(left, ignore_errors=True)
                else:
                    left.unlink(missing_ok=True)


def _is_alive(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        pass
    return True
