"""Files are there whole or not at all, also when two write the same one, or one was killed while it wrote."""

import os
import signal
import threading

import pytest

from gfla_tf import files
from gfla_tf.files import whole_file, write_whole
from tests.helpers.run_python import run_python


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_two_that_write_the_same_file_at_once_do_not_meet(tmp_path):
    path = tmp_path / "a.bin"
    with whole_file(path) as first:
        first.write_bytes(b"first")
        other = threading.Thread(target=write_whole, args=(path, b"other"))
        other.start()
        other.join()
        assert path.read_bytes() == b"other" and first.read_bytes() == b"first"
        process = run_python(
            "import sys; from gfla_tf.files import *; write_whole(sys.argv[1], b'process')", path
        )
        assert process.wait(timeout=60) == 0 and path.read_bytes() == b"process"
    assert path.read_bytes() == b"first" and names(tmp_path) == ["a.bin"]


@pytest.mark.parametrize("end", [OSError, KeyboardInterrupt])
def test_what_fails_leaves_what_was_there(tmp_path, end):
    write_whole(tmp_path / "a", b"old")
    with pytest.raises(end), whole_file(tmp_path / "a") as temporary:
        temporary.write_bytes(b"ne")
        raise end
    assert (tmp_path / "a").read_bytes() == b"old" and names(tmp_path) == ["a"]


def test_what_a_kill_left_is_swept_by_the_next_and_what_is_being_written_is_not(tmp_path):
    process = run_python(
        """
        import os, signal, sys
        from pathlib import Path
        from gfla_tf.files import whole_file
        with whole_file(Path(sys.argv[1]) / "film.mp4") as temporary:
            temporary.write_bytes(b"half")
            os.kill(os.getpid(), signal.SIGKILL)
        """,
        tmp_path,
    )
    assert process.wait(timeout=60) == -signal.SIGKILL
    (left,) = names(tmp_path)
    living = left.replace(str(process.pid), str(os.getppid()))
    for name in (living, ".notes.1.2.tmp", f"film.{process.pid}.1.unfinished"):  # the others are not ours
        (tmp_path / name).touch()
    write_whole(tmp_path / "another.json", b"{}")
    assert names(tmp_path) == sorted(
        [living, ".notes.1.2.tmp", f"film.{process.pid}.1.unfinished", "another.json"]
    )


def test_a_name_as_long_as_a_disk_allows_can_be_written(tmp_path):
    for name in ("x" * 251 + ".png", "å" * 127):
        write_whole(tmp_path / name, b"1")
        assert (tmp_path / name).read_bytes() == b"1"
    assert len(names(tmp_path)) == 2


def test_a_folder_is_looked_through_once(tmp_path, monkeypatch):
    looked = []
    monkeypatch.setattr(files.os, "listdir", lambda folder: looked.append(folder) or [])
    for k in range(3):
        write_whole(tmp_path / "frames" / f"{k}.png", b"1")
    assert looked == [tmp_path / "frames"]
