"""Writing several files so that a crash leaves either none of them or the ones that were there before."""

import contextlib
import errno
import os
import shutil
from pathlib import Path

from gfla_tf.errors import GflaError, os_reason
from gfla_tf.files import alone

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextlib.contextmanager
def staged(directory, names):
    """Gives a directory to write `names` into, and moves them into `directory` when the block ends well.

    The temporary directory lies in `directory`, on the same disk, as `.NAME.converting` after the last name. What a killed
    program left there is removed by the next one with the same names, or put back if it was killed while moving a directory.

    Args:
        directory: the target; made if missing, and removed again if the block fails and nothing was in it.
        names: files or directories, moved in this order, each in place of what has its name.

    Raises:
        GflaError: the target cannot be written, also by the block, or another process is writing into it.
    """
    directory = Path(directory)
    temporary = directory / f".{names[-1]}.converting"
    made = [path for path in (directory, *directory.parents) if not path.exists()]
    told = f"Another process is converting into {directory}: let it end, or name another --output."
    lock = contextlib.ExitStack()
    try:
        try:
            directory.mkdir(parents=True, exist_ok=True)
            lock.enter_context(alone(directory, told))
            lock.callback(shutil.rmtree, temporary, ignore_errors=True)
            for name in names:
                aside = _aside(temporary, name)
                if aside.exists() and not (directory / name).exists():
                    os.replace(aside, directory / name)
            shutil.rmtree(temporary, ignore_errors=True)
            temporary.mkdir()
        except OSError as error:
            raise GflaError(f"Cannot write to {directory}: {os_reason(error)}.") from error
        try:
            yield temporary
        except OSError as error:
            if not _is_of(error, temporary):
                raise
            raise GflaError(f"Cannot write to {directory}: {os_reason(error)}.") from error
        try:
            for name in names:
                _replace(directory / name, temporary / name, _aside(temporary, name))
        except OSError as error:
            raise GflaError(f"Cannot write to {directory}: {os_reason(error)}.") from error
    finally:
        lock.close()
        for path in made:
            with contextlib.suppress(OSError):  # not empty: the block ended well
                path.rmdir()


def _is_of(error, temporary):
    """Whether the block failed to write. A failure to open a file names it, a disk that gets full while writing does not."""
    if isinstance(error.filename, str):
        return Path(error.filename).is_relative_to(temporary)
    return error.errno in _FULL


def _aside(temporary, name):
    return temporary / f"old_{name}"


def _replace(old, new, aside):
    """Moves `new` to `old`. A directory cannot be replaced in one step: what is there steps aside for a moment."""
    if old.is_dir():
        os.replace(old, aside)
    try:
        os.replace(new, old)
    except OSError:
        if aside.exists():
            os.replace(aside, old)
        raise
