"""What a `gfla` command's process needs around its work: signals, a folder for what is temporary, and silence of libraries."""

import contextlib
import os
import shutil
import signal
import sys
import tempfile
import threading
import warnings
from pathlib import Path

from gfla_tf.errors import TERMINATED, Stopped

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

_PREFIX = "gfla-scratch-"
_LOCK = "lock"  # held by the process that a folder belongs to


@contextlib.contextmanager
def command_process():
    """Within it SIGTERM ends the program as Ctrl-C does, temporary files go into a folder that is removed, and the native code of
    libraries (TensorFlow, LiteRT, ffmpeg, MediaPipe) has no standard error to write to. GFLA_DEBUG=1 lets them speak."""
    with contextlib.suppress(AttributeError, ValueError, OSError):
        sys.stdout.reconfigure(
            errors="surrogateescape"
        )  # names of files are printed as they are, text or not
    with _signals(), _scratch(), _silence():
        yield


@contextlib.contextmanager
def _signals():
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def terminate(*_):
        raise Stopped("stopped by SIGTERM", TERMINATED)

    before = signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextlib.contextmanager
def _scratch():
    """Whatever makes temporary files, in this process or in those it starts, makes them in one folder of ours. TensorFlow leaves
    the sources of its graphs there when the process is killed; the next command sweeps the folders that nobody holds any more."""
    before, variable = tempfile.tempdir, os.environ.get("TMPDIR")
    folder = lock = None
    try:
        common = Path(tempfile.gettempdir())
        _sweep(common)
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=common))
        lock = _held(folder / _LOCK, os.O_CREAT)
        tempfile.tempdir = os.environ["TMPDIR"] = str(folder)
    except OSError:
        pass  # there is no such place: whoever needs one says so
    try:
        yield
    finally:
        tempfile.tempdir = before
        if variable is None:
            os.environ.pop("TMPDIR", None)
        else:
            os.environ["TMPDIR"] = variable
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def _held(path, flags=0):
    """A file that is locked until it is closed, or until the process ends however it may; None if another process holds it."""
    file = os.open(path, os.O_RDWR | flags, 0o600)
    try:
        if fcntl is not None:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return file
    except OSError:
        os.close(file)
        return None


def _sweep(common):
    """Removes the folders of processes that were killed. One that is being made has no lock yet: it is left alone."""
    if fcntl is None:
        return
    for folder in common.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            if folder.is_symlink() or folder.stat().st_uid != os.getuid():
                continue
            lock = _held(folder / _LOCK)
            if lock is not None:
                shutil.rmtree(folder, ignore_errors=True)
                os.close(lock)


@contextlib.contextmanager
def _silence():
    if os.environ.get("GFLA_DEBUG"):
        yield
        return
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with contextlib.ExitStack() as stack:
        if not sys.warnoptions:  # nobody asked for Python's own with -W
            stack.enter_context(warnings.catch_warnings())
            warnings.simplefilter("ignore")
        with contextlib.suppress(OSError, ValueError, AttributeError):
            _own_stderr(stack)
        yield


def _own_stderr(stack):
    """Python's messages keep standard error for themselves; file descriptor 2, where native code writes, leads nowhere."""
    if sys.stderr is None or sys.stderr.fileno() != 2:
        return
    sys.stderr.flush()
    ours, sink = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, 2)
    os.close(sink)
    before = sys.stderr
    sys.stderr = os.fdopen(ours, "w", buffering=1, errors="backslashreplace")

    def restore():
        sys.stderr.flush()
        os.dup2(sys.stderr.fileno(), 2)
        sys.stderr.close()
        sys.stderr = before

    stack.callback(restore)
