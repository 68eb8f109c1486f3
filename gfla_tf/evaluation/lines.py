"""Results of pairs as JSON lines: written as they come, and taken up again where a kill left them."""

import json
import math
from pathlib import Path

from gfla_tf.errors import GflaError
from gfla_tf.files import flush, write_whole

DIGITS = 6


class Lines:
    """One line of JSON for each pair behind a first one that says what was evaluated, and how.

    Args:
        path: of the file.
        header: dict, what the results depend on.
        batch: pairs are computed in batches of so many; a batch that is not whole is computed again, so that a resumed
            evaluation computes what an uninterrupted one does.

    Raises:
        GflaError: the file holds another evaluation.

    Attributes:
        rows: those that are there.
    """

    def __init__(self, path, header, batch):
        self.path, self.rows = Path(path), []
        header = json.dumps(header, sort_keys=True)
        if self.path.is_file():
            text = self.path.read_text(encoding="utf-8", errors="replace")
            lines = text.split("\n")[:-1]  # the last one is empty or cut off
            if lines and lines[0] != header:
                raise GflaError(
                    f"{self.path} holds another evaluation, of other pictures, weights or versions: name another --output, or "
                    "remove it."
                )
            self.rows = _rows(lines[1:])
            self.rows = self.rows[: len(self.rows) // batch * batch]
        whole = "".join(f"{line}\n" for line in [header, *map(_line, self.rows)])
        self._write(lambda: write_whole(self.path, whole.encode()))

    def add(self, rows):
        """Writes rows, dicts of names and numbers."""
        rounded = [{key: _rounded(value) for key, value in row.items()} for row in rows]
        self.rows += rounded
        self._write(lambda: self._append(rounded))

    def _append(self, rows):
        with open(self.path, "a", encoding="utf-8") as file:
            file.writelines(f"{_line(row)}\n" for row in rows)
            flush(file)

    def _write(self, write):
        try:
            write()
        except OSError as error:
            raise GflaError(
                f"Cannot write {self.path} ({error.strerror}): make room, and start again to resume."
            ) from error


def _rows(lines):
    """The rows before the first line that a failing disk damaged."""
    rows = []
    for line in lines:
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            break
        if not isinstance(row, dict) or "name" not in row:
            break
        rows.append(row)
    return rows


def _line(row):
    return json.dumps(row, sort_keys=True)


def _rounded(value):
    if not isinstance(value, float):
        return value
    return round(value, DIGITS) if math.isfinite(value) else None
