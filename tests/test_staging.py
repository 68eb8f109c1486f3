"""Converted files are there whole or not at all: kills, full disks and directories that cannot be written."""

import errno
import os
import resource
import signal
import subprocess
import sys

import keras
import pytest
from gfla_tf.export.convert.graphs import write_saved_model
from gfla_tf.export.convert.staging import staged
from gfla_tf.export.quantize.scores import Scored, write_report

from gfla_tf.errors import GflaError


def test_staged_files_replace_old_ones_together_and_only_at_the_end(tmp_path):
    (tmp_path / "graph").mkdir()
    (tmp_path / "graph" / "old").write_text("old")
    (tmp_path / "file").write_text("old")
    with pytest.raises(ZeroDivisionError), staged(tmp_path, ("graph", "file")) as temporary:
        (temporary / "graph").mkdir()
        (temporary / "file").write_text("new")
        raise ZeroDivisionError
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["file", "graph", "old"]
    assert (tmp_path / "file").read_text() == "old"
    with staged(tmp_path, ("graph", "file")) as temporary:
        (temporary / "graph").mkdir()
        (temporary / "file").write_text("new")
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["file", "graph"]
    assert (tmp_path / "file").read_text() == "new"


@pytest.mark.parametrize("had", [False, True])
def test_a_kill_leaves_nothing_or_the_old_files_and_the_next_one_tidies_up(had, tmp_path):
    target = tmp_path / "out"
    if had:
        target.mkdir()
        (target / "file").write_text("old")
    program = (
        "import time; from gfla_tf.export.convert.staging import staged\n"
        f"with staged({str(target)!r}, ('file',)) as temporary:\n"
        "    (temporary / 'file').write_text('new'); print('ready', flush=True); time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, cwd=os.getcwd())
    assert process.stdout.readline() == b"ready\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert (target / "file").exists() == had
    if had:
        assert (target / "file").read_text() == "old"
    with staged(target, ("file",)) as temporary:
        assert not list(temporary.iterdir())
        (temporary / "file").write_text("new")
    assert [p.name for p in target.iterdir()] == ["file"]


# Writes three files over old ones and stops, waiting to be killed, at the moment that it is told.
KILLED = """
import os, sys, time
from pathlib import Path
from gfla_tf.export.convert import staging
target, moment, moves = Path(sys.argv[1]), sys.argv[2], 0

def wait(here):
    if here == moment:
        print("ready", flush=True)
        time.sleep(60)

def replace(old, new, real=os.replace):
    global moves
    moves += 1
    wait(f"before move {moves}")
    real(old, new)
    wait(f"after move {moves}")

staging.os.replace = replace
with staging.staged(target, ("graph", "plain", "int8")) as temporary:
    wait("nothing written")
    (temporary / "graph").mkdir()
    (temporary / "graph" / "weights").write_text("new")
    (temporary / "plain").write_text("ne")
    wait("half written")
    (temporary / "plain").write_text("new")
    (temporary / "int8").write_text("new")
    wait("all written")
"""

MOMENTS = ["nothing written", "half written", "all written"]

MOMENTS += [f"{when} move {k}" for k in range(1, 5) for when in ("before", "after")]


@pytest.mark.parametrize("had", [False, True])
@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_at_any_moment_every_file_is_the_old_or_the_new_one_whole(moment, had, tmp_path):
    if had:
        (tmp_path / "graph").mkdir()
        for name in ("graph/weights", "plain", "int8"):
            (tmp_path / name).write_text("old")
    process = subprocess.Popen([sys.executable, "-c", KILLED, tmp_path, moment], stdout=subprocess.PIPE)
    said = process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    if not had and "move 4" in moment:  # no directory has to step aside
        assert said == b""
        return
    assert said == b"ready\n"

    def contents():
        return {
            name: (tmp_path / name).read_text()
            for name in ("graph/weights", "plain", "int8")
            if (tmp_path / name).exists()
        }

    moved = 0 if "move" not in moment else int(moment[-1]) - moment.startswith("before") - had
    assert set(contents().values()) <= {"old", "new"}
    assert list(contents().values()).count("new") == max(0, moved)
    # Between the moves of a directory it is nowhere for a moment; the next conversion puts it back.
    with pytest.raises(ZeroDivisionError), staged(tmp_path, ("graph", "plain", "int8")):
        raise ZeroDivisionError
    assert len(contents()) == (3 if had else max(0, moved))
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_a_directory_that_stepped_aside_when_the_kill_came_is_put_back(tmp_path):
    aside = tmp_path / ".file.converting" / "old_graph"
    aside.mkdir(parents=True)
    (aside / "weights").write_text("old")
    with pytest.raises(ZeroDivisionError), staged(tmp_path, ("graph", "file")):
        raise ZeroDivisionError
    assert [path.name for path in tmp_path.iterdir()] == ["graph"]
    assert (tmp_path / "graph" / "weights").read_text() == "old"


@pytest.fixture
def short_files():
    """A limit on the size of files stands in for the full disk."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_disk_that_gets_full_while_files_are_made_is_one_sentence_and_leaves_nothing(tmp_path, short_files):
    with pytest.raises(GflaError, match=rf"^Cannot write to {tmp_path}/out: File too large\.$"):
        with staged(tmp_path / "out", ("file",)) as temporary:
            (temporary / "scratch").write_bytes(bytes(200_000))
    with pytest.raises(GflaError, match=rf"^Cannot write to {tmp_path}/out: File name too long\.$"):
        with staged(tmp_path / "out", ("file",)) as temporary:
            (temporary / ("x" * 1000)).write_bytes(b"")
    scored = Scored("a title " * 20_000, [{"variant": "float32"}], [], {})
    with pytest.raises(GflaError, match=rf"^Cannot write to {tmp_path}/report: File too large\.$"):
        write_report(scored, tmp_path / "report")
    assert not list(tmp_path.iterdir())


def test_what_fails_elsewhere_while_files_are_made_stays_what_it_is(tmp_path):
    with pytest.raises(FileNotFoundError, match="elsewhere"), staged(tmp_path / "out", ("file",)):
        (tmp_path / "elsewhere").read_bytes()
    with pytest.raises(ConnectionResetError), staged(tmp_path / "out", ("file",)):
        raise ConnectionResetError(errno.ECONNRESET, "reset")
    assert not list(tmp_path.iterdir())


def test_a_directory_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("not a directory")
    with pytest.raises(GflaError, match=r"Cannot write to .*file.*: Not a directory"):
        with staged(tmp_path / "file" / "out", ("file",)):
            pass
    image = keras.Input((2, 2), name="image")
    network = keras.Model({"image": image}, {"generated": image * 2})
    with pytest.raises(GflaError, match=r"Cannot write the graph to .*not a directory"):
        write_saved_model(network, tmp_path / "file" / "out")


def test_two_at_once_do_not_mix_and_the_second_is_told(tmp_path):
    with staged(tmp_path / "out", ("file",)) as temporary:
        (temporary / "file").write_text("first")
        with (
            pytest.raises(GflaError, match=r"Another process is converting into .*out"),
            staged(tmp_path / "out", ("file",)),
        ):
            raise AssertionError("both write")
        assert (temporary / "file").read_text() == "first"
    assert [p.read_text() for p in (tmp_path / "out").iterdir()] == ["first"]
    with staged(tmp_path / "out", ("file",)) as temporary:
        (temporary / "file").write_text("second")
