"""Errors that a user can act on.

A `GflaError` carries one sentence that names the file or the value and the remedy. Command-line programs run under
`user_errors()`, which prints that sentence and exits with status 2 instead of showing a stack trace.
"""

import contextlib
import sys


class GflaError(Exception):
    """Bad input or an unusable environment: the message is one sentence for the user."""


@contextlib.contextmanager
def user_errors():
    """Turns a `GflaError` into one line on standard error and exit status 2."""
    try:
        yield
    except GflaError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
