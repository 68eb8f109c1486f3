"""Text, tables and JSON from outside."""

import codecs
import csv
import json
import math
from pathlib import Path

from gfla_tf.errors import GflaError, os_reason, reason_of

MOST_BYTES = 256 * 2**20
LARGEST_NUMBER = 1e6  # of pixels: whatever is larger is no place in a picture

_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


def read_bytes(path, what, limit=MOST_BYTES, remedy="check its name"):
    """Content of a file of at most `limit` bytes.

    Args:
        path: of the file; a pipe will do.
        what: the file is, for sentences, such as "pose file".
        limit: in bytes.
        remedy: ends the sentence about a file that cannot be opened.

    Raises:
        GflaError: the file cannot be read, or is larger.
    """
    try:
        with open(path, "rb") as file:
            content = file.read(limit + 1)
    except (OSError, ValueError) as error:  # the latter for names with a NUL
        reason = os_reason(error) if isinstance(error, OSError) else reason_of(error)
        raise GflaError(f"Cannot read the {what} {path}: {reason}; {remedy}.") from error
    if len(content) > limit:
        raise GflaError(
            f"The {what} {path} is larger than {limit / 2**20:g} MiB: name another file, or split it."
        )
    return content


def read_text(path, what, limit=MOST_BYTES, remedy="check its name"):
    """Text of a file in UTF-8, or in UTF-16 with a byte order mark, which is left out; arguments as for `read_bytes`.

    Raises:
        GflaError: the file cannot be read or is no text.
    """
    content = read_bytes(path, what, limit, remedy)
    encoding = next((name for mark, name in _MARKS.items() if content.startswith(mark)), "utf-8")
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise GflaError(f"The {what} {path} is no text in UTF-8 ({error.reason}); write it again.") from error


def read_json(path, what):
    """The document in a JSON file; None of an empty one, as programs write for a frame in which they found nothing.

    Raises:
        GflaError: the file cannot be read or is no JSON.
    """
    text = read_text(path, what)
    if not text.strip():
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise GflaError(
            f"The {what} {path} is not valid JSON ({reason_of(error)}); write it again."
        ) from error


def read_table(path, what, remedy="check its name"):
    """(line number, fields) of the lines of a table that are not empty; spaces around fields do not count.

    Raises:
        GflaError: the file cannot be read or is no such table.
    """
    csv.field_size_limit(MOST_BYTES)  # lists of a long film's frames stand in one field
    lines = read_text(path, what, remedy=remedy).splitlines()
    rows = csv.reader(lines, skipinitialspace=True)
    try:
        return [(rows.line_num, [field.strip() for field in row]) for row in rows if any(map(str.strip, row))]
    except csv.Error as error:
        raise GflaError(
            f"The {what} {path} is no table, line {rows.line_num} ({error}); write it again."
        ) from error


def is_number(value, largest=LARGEST_NUMBER):
    """Whether a value of a document is a finite number, and neither a truth value nor text, of at most that size."""
    return type(value) in (int, float) and abs(value) <= largest and math.isfinite(value)


def plain_name(name):
    """Whether a file's name, as a list gives it, stays in the folder that the list is about."""
    path = Path(name)
    return bool(name) and "\0" not in name and not path.is_absolute() and ".." not in path.parts
