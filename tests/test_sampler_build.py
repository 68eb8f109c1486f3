"""How the compiled sampler is chosen, built once, and done without."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from gfla_tf.errors import GflaError
from gfla_tf.ops.backend import describe_sampler, set_sampler
from gfla_tf.ops.native import build

REPOSITORY = Path(__file__).parents[1]

needs_compiler = pytest.mark.skipif(
    describe_sampler() != "compiled", reason=f"no compiled sampler here ({describe_sampler()})"
)


def test_a_choice_that_does_not_exist_is_one_sentence(monkeypatch):
    monkeypatch.setenv("GFLA_SAMPLER", "fastest")
    with pytest.raises(GflaError, match=r"^GFLA_SAMPLER is 'fastest': choose auto, compiled, composed\.$"):
        describe_sampler()
    with pytest.raises(GflaError, match="'quickest'"):
        set_sampler("quickest")
    monkeypatch.setenv("GFLA_SAMPLER", "composed")
    assert describe_sampler().startswith("composed: ")
    set_sampler("auto")
    try:
        assert "set_sampler" not in describe_sampler()
    finally:
        set_sampler(None)


WITHOUT_COMPILER = """
import os
import numpy as np
from gfla_tf.errors import GflaError, user_errors
from gfla_tf.layers.attention import LocalAttention
from gfla_tf.ops.backend import describe_sampler, set_sampler

layer, x = LocalAttention(3), np.ones((1, 4, 4, 2), "float32")
print(np.isfinite(layer(x, x, x)[0]).all(), layer.sampler, describe_sampler(), sep="; ")
try:
    set_sampler("compiled")
except GflaError as error:
    print(error)
os.environ["GFLA_SAMPLER"] = "compiled"
with user_errors():
    LocalAttention(3)(x, x, x)
"""


def test_without_a_compiler_the_composed_form_runs_without_a_word_and_asking_for_more_is_an_error(tmp_path):
    environment = {name: value for name, value in os.environ.items() if name not in ("CXX", "GFLA_SAMPLER")}
    environment |= {"PATH": str(tmp_path), "HOME": str(tmp_path), "PYTHONPATH": str(REPOSITORY)}
    ended = subprocess.run(
        [sys.executable, "-c", WITHOUT_COMPILER], env=environment, capture_output=True, text=True, timeout=300
    )
    reason = "there is no C++ compiler (g++, clang++, c++)"
    sentence = f"The compiled sampler cannot be had: {reason}; set GFLA_SAMPLER=auto to do without."
    assert ended.stdout.splitlines() == [f"True; composed; composed: {reason}", sentence]
    assert ended.returncode == 2 and "Traceback" not in ended.stderr
    assert ended.stderr.strip().endswith(f"error: {sentence}")
    assert not (tmp_path / ".cache" / "gfla_tf").exists()


@pytest.fixture
def empty_cache(monkeypatch, tmp_path):
    monkeypatch.setattr(build, "library_folder", lambda: tmp_path / "native")
    return tmp_path / "native"


@needs_compiler
def test_a_library_is_compiled_once_by_however_many_at_once(monkeypatch, empty_cache):
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(build.build_library("litert_delegate.cc")))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    digest = found[0].with_name(f"{found[0].name}.sha256")
    assert found[0] == found[1] and sorted(empty_cache.iterdir()) == [found[0], digest]
    monkeypatch.setenv("CXX", "no-such-compiler")
    assert build.build_library("litert_delegate.cc") == found[0]
    with pytest.raises(GflaError, match=r"^there is no C\+\+ compiler \(no-such-compiler\)$"):
        build.build_library("litert_delegate.cc", key=["another version"])


def fake_compiler(folder, refuses):
    """Sets up a program for CXX that fails where the shell pattern `refuses` is true of its arguments, and otherwise is g++."""
    program = folder / "fake-c++"
    program.write_text(
        f'#!/bin/sh\necho "$*" >> {folder}/calls.txt\n'
        f'case " $* " in {refuses}) echo "error: no instruction" >&2; exit 1;; esac\nexec g++ "$@"\n'
    )
    program.chmod(0o755)
    return str(program)


def calls(folder):
    return (folder / "calls.txt").read_text().splitlines()


@needs_compiler
def test_a_compiler_that_fails_with_the_processors_instructions_gets_fewer_and_that_is_said_once(
    monkeypatch, empty_cache, tmp_path, capfd
):
    monkeypatch.setattr(build, "_processor_options", lambda: build._PROCESSOR_OPTIONS)
    monkeypatch.setenv("CXX", fake_compiler(tmp_path, "*-march=native*"))
    library = build.build_library("litert_delegate.cc")
    assert library.is_file() and len(calls(tmp_path)) == 3
    (sentence,) = capfd.readouterr().err.splitlines()
    how = "no instructions beyond those that every such processor has"
    assert sentence.startswith(f"{library.stem} was compiled with {how}: {tmp_path}/fake-c++ cannot compile ")
    assert build.build_library("litert_delegate.cc") == library  # nothing is compiled, nothing said
    assert len(calls(tmp_path)) == 3 and capfd.readouterr().err == ""


@needs_compiler
def test_a_compiler_that_fails_with_half_precision_keeps_the_rest(monkeypatch, empty_cache, tmp_path, capfd):
    monkeypatch.setattr(build, "_processor_options", lambda: (*build._PROCESSOR_OPTIONS[:2], ()))
    monkeypatch.setenv("CXX", fake_compiler(tmp_path, "*-mno-avx512fp16*) ;; *"))
    library = build.build_library("litert_delegate.cc")
    assert f"{library.stem} was compiled with -march=native -mno-avx512fp16: " in capfd.readouterr().err
    used = [("-march=native" in call, "-mno-avx512fp16" in call) for call in calls(tmp_path)]
    assert used == [(True, False), (True, True)]


@needs_compiler
def test_a_compiler_that_fails_is_not_tried_again_and_leaves_no_library(monkeypatch, empty_cache, tmp_path):
    monkeypatch.setattr(build, "SOURCES", tmp_path)
    (tmp_path / "broken.cc").write_text("int f() { return nothing; }")
    monkeypatch.setenv("CXX", fake_compiler(tmp_path, "nothing"))
    with pytest.raises(GflaError, match=r"cannot compile broken\.cc \(.*nothing.*\)$"):
        build.build_library("broken.cc")
    tried = len(calls(tmp_path))
    (failure,) = empty_cache.iterdir()
    with pytest.raises(
        GflaError, match=r"cannot compile broken\.cc .*, as before: remove .*\.failed to try again$"
    ):
        build.build_library("broken.cc")
    assert failure.suffix == ".failed" and len(calls(tmp_path)) == tried
    for damaged in (
        failure.read_bytes()[:64],
        failure.read_bytes()[:65] + b"\xff",
    ):  # what a power cut leaves
        failure.write_bytes(damaged)
        with pytest.raises(GflaError, match=r"as before: remove .*\.failed to try again$"):
            build.build_library("broken.cc")
    failure.write_bytes(b"\0" * 70)
    with pytest.raises(GflaError, match=r"cannot compile broken\.cc \(.*nothing.*\)$"):
        build.build_library("broken.cc")
    monkeypatch.setenv("CXX", "g++")  # another compiler is tried
    with pytest.raises(GflaError, match=r"^g\+\+ cannot compile"):
        build.build_library("broken.cc")


def test_a_compiler_whose_command_cannot_be_split_is_one_sentence(monkeypatch, empty_cache):
    monkeypatch.setenv("CXX", "g++ '-O2")
    with pytest.raises(GflaError, match=r"the environment variable CXX is g\+\+ '-O2: No closing quotation$"):
        build.build_library("litert_delegate.cc")


def test_a_folder_that_cannot_be_written_is_one_sentence(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(build, "library_folder", lambda: tmp_path / "file" / "native")
    monkeypatch.setenv("CXX", sys.executable)  # any program: it is not reached
    with pytest.raises(GflaError, match=r"^no library can be made of litert_delegate\.cc \(.*\)$"):
        build.build_library("litert_delegate.cc")
