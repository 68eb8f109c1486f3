"""Files are there whole or not at all, also when two write the same one, or one was killed while it wrote."""

import os
import signal
import subprocess
import threading

import pytest

from gfla_tf import files
from gfla_tf.errors import GflaError
from gfla_tf.files import alone, whole_file, whole_folder, write_whole
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


def test_a_process_of_the_same_number_as_a_killed_one_sweeps_too(tmp_path):
    """The first process of every container has the number 1."""
    left = tmp_path / f".film.mp4.{os.getpid()}.1.unfinished"
    left.write_bytes(b"half")
    with whole_file(tmp_path / "a") as one, whole_file(tmp_path / "b") as other:
        one.write_bytes(b"1")
        other.write_bytes(b"2")
    assert names(tmp_path) == ["a", "b"]


def test_a_folder_is_there_whole_or_not_at_all(tmp_path):
    left = tmp_path / f".page.{os.getpid()}.1.unfinished"
    left.mkdir()
    (left / "half").touch()
    with pytest.raises(ZeroDivisionError), whole_folder(tmp_path / "page") as folder:
        (folder / "a").touch()
        raise ZeroDivisionError
    assert names(tmp_path) == []
    with whole_folder(tmp_path / "page") as folder:
        (folder / "a").touch()
        assert not (tmp_path / "page").exists()
    with whole_folder(tmp_path / "page") as folder:  # somebody else was faster
        (folder / "b").touch()
    assert names(tmp_path) == ["page"] and names(tmp_path / "page") == ["a"]


def test_a_folder_is_one_process_own_until_it_ends_however_it_may(tmp_path):
    program = """
        import os, signal, sys
        from gfla_tf.files import alone
        with alone(sys.argv[1], "taken"):
            print("ready", flush=True)
            sys.stdin.read()
        """
    process = run_python(program, tmp_path, stdin=subprocess.PIPE)
    assert process.stdout.readline()
    with pytest.raises(GflaError, match="taken"), alone(tmp_path, "taken"):
        pass
    process.kill()
    process.wait(timeout=60)
    with alone(tmp_path, "taken"):
        pass
