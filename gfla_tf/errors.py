"""Errors that a user can act on, and the one guard of the command line.

A `GflaError` carries one sentence that names the file or the value and the remedy. Programs run under `user_errors()`, which
turns whatever ends them into one line on standard error and an exit status: no user sees a stack trace. GFLA_DEBUG=1 in the
environment shows it all the same.

| what ends the program | exit status |
|---|---|
| `GflaError`, a file that cannot be used, no memory | 2 |
| a mistake of the program itself | 70 |
| Ctrl-C | 130 |
| nobody reads what is printed | 141 |
| SIGTERM | 143 |
"""

import contextlib
import errno
import os
import re
import sys

BAD_INPUT, MISTAKE, INTERRUPTED, UNREAD, TERMINATED = 2, 70, 130, 141, 143

_REMEDIES = {
    errno.EACCES: "allow it, or name another place",
    errno.EPERM: "allow it, or name another place",
    errno.EROFS: "name a place that can be written",
    errno.ENOSPC: "make room on the disk",
    errno.EDQUOT: "make room in your quota",
    errno.EFBIG: "the disk or a limit of yours allows no larger files",
    errno.ELOOP: "its symbolic links lead in a circle",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.EMFILE: "this process may open no more files; raise the limit with ulimit -n",
    errno.ENFILE: "this machine can open no more files; close some programs",
    errno.ENOENT: "check the name",
    errno.ENOTDIR: "check the name",
    errno.EISDIR: "name a file instead",
    errno.EIO: "the disk is failing or was taken away",
}


class GflaError(Exception):
    """Bad input or an unusable environment: the message is one sentence for the user."""


class Stopped(BaseException):
    """A signal ended the work in good order: the message is one sentence, `status` the exit status.

    No `Exception`, as KeyboardInterrupt is none: whoever catches what a library may raise lets it pass.
    """

    def __init__(self, sentence, status):
        super().__init__(sentence)
        self.status = status


def reason_of(error):
    """What an error says, as one line of at most 240 characters without a final full stop."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text[:240].rstrip(". ")


def os_reason(error):
    """What an `OSError` of the system says, such as "Permission denied", or what a library says in one."""
    return error.strerror or reason_of(error)


@contextlib.contextmanager
def raised_in_graphs():
    """A `GflaError` that was raised inside a TensorFlow graph, as by `tf.numpy_function`, comes out as itself."""
    try:
        yield
    except Exception as error:
        sentence = re.search(r"GflaError: (.+)", str(error))
        if sentence is None:
            raise
        raise GflaError(sentence[1]) from error


@contextlib.contextmanager
def user_errors():
    """Turns what ends the block into one line on standard error and an exit status, see the module."""
    try:
        yield
        if sys.stdout is not None:
            sys.stdout.flush()  # a full disk or a reader that is gone shows here at the latest
    except BaseException as error:
        if isinstance(error, (SystemExit, GeneratorExit)) or os.environ.get("GFLA_DEBUG"):
            raise
        sentence, status = _told(error)
        if status == UNREAD:
            _forget_output()
        elif sentence:
            with contextlib.suppress(OSError, ValueError, AttributeError):
                print(sentence, file=sys.stderr, flush=True)
        sys.exit(status)


def _told(error):
    """The line to print and the exit status."""
    if isinstance(error, GflaError):
        return f"error: {error}", BAD_INPUT
    if isinstance(error, Stopped):
        return str(error), error.status
    if isinstance(error, KeyboardInterrupt):
        return "stopped by Ctrl-C", INTERRUPTED
    if isinstance(error, BrokenPipeError):
        return "", UNREAD
    if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":
        return (
            "error: There is not enough memory for this: use smaller files, or a smaller batch_size.",
            BAD_INPUT,
        )
    if isinstance(error, OSError):
        return f"error: {_of_system(error)}", BAD_INPUT
    if isinstance(error, RuntimeError) and str(error).startswith("Symlink loop from "):  # of Path.resolve
        return f"error: {str(error)[18:]} cannot be used: its symbolic links lead in a circle.", BAD_INPUT
    if isinstance(error, RuntimeError) and "home directory" in str(error):  # of Path.expanduser
        return "error: There is no home folder of that user: write the path out, without ~.", BAD_INPUT
    if (
        isinstance(error, UnicodeEncodeError) and "surrogates" in error.reason
    ):  # how Python reads names in other encodings
        name = error.object.encode("utf-8", "backslashreplace").decode()
        return (
            f"error: A name is no text in UTF-8 ({reason_of(Exception(name))[-160:]}): rename the file.",
            BAD_INPUT,
        )
    place = _place(error.__traceback__)
    return (
        f"error: A mistake of gfla-tf itself{place}: {type(error).__name__}: {reason_of(error)}. Please report it, with what "
        "GFLA_DEBUG=1 before the same command prints.",
        MISTAKE,
    )


def _of_system(error):
    if "temporary directory" in str(error):
        return "There is no folder for temporary files that can be written: name one in TMPDIR."
    if error.filename is None and error.errno == errno.ENOENT:
        return "The current folder was removed: change into one that exists."
    what = f"{error.filename} cannot be used" if error.filename is not None else "A file cannot be used"
    remedy = _REMEDIES.get(error.errno, "check the file")
    return f"{what} ({os_reason(error)}): {remedy}."


def _place(traceback):
    """Where in this project an error arose, as " in FILE, line N", or an empty string."""
    place = ""
    while traceback is not None:
        file = traceback.tb_frame.f_code.co_filename
        if "gfla_tf" in file or f"{os.sep}export{os.sep}" in file:
            place = f" in {os.path.basename(file)}, line {traceback.tb_lineno}"
        traceback = traceback.tb_next
    return place


def _forget_output():
    """Nobody reads standard output: what is left in it goes nowhere, so that Python does not complain when it ends."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        sink = os.open(os.devnull, os.O_WRONLY)
        os.dup2(sink, sys.stdout.fileno())
        os.close(sink)
