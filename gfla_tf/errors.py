"""Errors that a user can act on.

A `GflaError` carries one sentence that names the file or the value and the remedy. Command-line programs run under
`user_errors()`, which prints that sentence and exits with status 2 instead of showing a stack trace.
"""

import contextlib
import re
import sys


class GflaError(Exception):
    """Bad input or an unusable environment: the message is one sentence for the user."""


def reason_of(error):
    """What an error says, as one line of at most 240 characters without a final full stop."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text[:240].rstrip(". ")


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
    """Turns a `GflaError` into one line on standard error and exit status 2."""
    try:
        yield
    except GflaError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
