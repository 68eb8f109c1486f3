"""Compiles a C++ source of this folder on first use and keeps the library in ~/.cache/gfla_tf/native.

What is kept is code that runs: the folder has to belong to this user alone, and a library to be the one whose digest stands
beside it. Otherwise it is compiled again.
"""

import contextlib
import hashlib
import os
import platform
import shlex
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from gfla_tf.errors import GflaError, reason_of
from gfla_tf.files import flush, write_whole

SOURCES = Path(__file__).parent
COMPILERS = ("g++", "clang++", "c++")
# Options in the order in which they are tried: all that the processor has, without half precision, what every one has.
_PROCESSOR_OPTIONS = (("-march=native",), ("-march=native", "-mno-avx512fp16"), ())
_STALE = 3600  # seconds, after which nobody compiles any more in a folder


def library_folder():
    """Where libraries are kept."""
    return Path.home() / ".cache" / "gfla_tf" / "native"


def build_library(source, flags=(), key=()):
    """Path of the shared library made of a source, compiled unless it is there already.

    The library's name holds a hash of the sources, of `key` and of the processor whose instructions it uses, so that a folder
    shared between machines and versions does no harm. It is written whole or not at all, by however many processes at once.

    Compilers that fail with all of the processor's instructions, as g++ 12 does inside Eigen where there is AVX512-FP16, get
    fewer, see `_PROCESSOR_OPTIONS`; standard error says so once. A failure with each of them is remembered beside the libraries,
    so that later processes do not try for seconds what cannot work.

    Args:
        source: name of a .cc file in this folder.
        flags: what the compiler needs to know besides, such as paths.
        key: strings that the library depends on, such as a version.

    Raises:
        GflaError: there is no compiler, it fails, or the folder cannot be written or belongs to someone else. Its text is a
            reason, which stands in sentences of others.
    """
    options, attempts = ["-std=c++17", "-O3", "-shared", "-fPIC", "-w"], _processor_options()
    parts = [*(path.read_bytes() for path in sorted(SOURCES.glob("*.h"))), (SOURCES / source).read_bytes()]
    parts += [part.encode() for part in (*options, *map(str, attempts), *key, _processor())]
    digest = hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()
    try:
        library = library_folder() / f"{Path(source).stem}-{digest[:16]}.so"
        if library.parent.exists():
            _require_own(library.parent)
        if not _is_whole(library):
            _compile_somehow([SOURCES / source, *options], attempts, flags, library)
    except (OSError, RuntimeError) as error:  # the latter where there is no home
        raise GflaError(f"no library can be made of {source} ({reason_of(error)})") from error
    return library


def forget_library(library):
    """Removes a library that does not load, so that the next `build_library` compiles it again."""
    for path in (library, _digest_file(library)):
        with contextlib.suppress(OSError):
            path.unlink()


def _require_own(folder):
    """Has the folder be for this user alone; raises an `OSError` if it is another's, or a link to somewhere else."""
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or (hasattr(os, "getuid") and found.st_uid != os.getuid()):
        raise PermissionError(f"{folder} belongs to someone else: remove it, or set another HOME")
    if stat.S_IMODE(found.st_mode) & 0o077:
        folder.chmod(0o700)


def _digest_file(library):
    return library.with_name(f"{library.name}.sha256")


def _is_whole(library):
    """Whether the library is a file of this user's, and the one that was compiled."""
    try:
        found = library.lstat()
        own = not hasattr(os, "getuid") or found.st_uid == os.getuid()
        told = _digest_file(library).read_text().strip()
        return (
            stat.S_ISREG(found.st_mode) and own and hashlib.sha256(library.read_bytes()).hexdigest() == told
        )
    except (OSError, UnicodeDecodeError):
        return False


def _sweep(folder):
    """Removes what killed compilations left."""
    for left in folder.iterdir():
        with contextlib.suppress(OSError):
            if left.is_dir() and not left.is_symlink() and time.time() - left.stat().st_mtime > _STALE:
                shutil.rmtree(left, ignore_errors=True)


def _compile_somehow(arguments, attempts, flags, library):
    """Compiles with the first of the processor's options that works; raises the `GflaError` of the first where none does."""
    command, failure = _compiler(), library.with_suffix(".failed")
    failed_with = hashlib.sha256(repr(command).encode()).hexdigest()  # another compiler may do better
    if failure.is_file():
        made_with, _, told = failure.read_text(encoding="utf-8", errors="replace").partition("\n")
        if made_with == failed_with:
            raise GflaError(
                f"{told.strip() or 'the compiler failed'}, as before: remove {failure} to try again"
            )
    first = None
    for attempt in attempts:
        try:
            _compile([*command, *arguments, *attempt, *flags], library)  # flags last: they may name libraries
        except _Failed as error:
            first = first or error
            continue
        if first:
            how = " ".join(attempt) or "no instructions beyond those that every such processor has"
            print(f"{library.stem} was compiled with {how}: {first}", file=sys.stderr, flush=True)
        return
    _require_own(library.parent)
    write_whole(failure, f"{failed_with}\n{first}\n".encode())
    raise GflaError(str(first))


class _Failed(Exception):
    """The compiler ran and said no."""


def _compile(command, library):
    library.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _require_own(library.parent)
    _sweep(library.parent)
    with tempfile.TemporaryDirectory(prefix=f"{library.stem}-", dir=library.parent) as folder:
        output = Path(folder) / library.name
        environment = {**os.environ, "TMPDIR": folder}  # its own temporary files go with it
        done = subprocess.run(
            [*command, "-o", output], capture_output=True, text=True, errors="replace", env=environment
        )
        if done.returncode:
            reason = _first_error(done.stderr)
            source = next(Path(part).name for part in command if str(part).endswith(".cc"))
            raise _Failed(f"{command[0]} cannot compile {source} ({reason})")
        digest = Path(folder) / "digest"
        digest.write_text(hashlib.sha256(output.read_bytes()).hexdigest())
        # The digest first: a library without its own is not loaded.
        for file, place in ((digest, _digest_file(library)), (output, library)):
            with open(file, "rb+") as opened:
                flush(opened)
            os.replace(file, place)


def _compiler():
    """The compiler's command, as the environment variable CXX gives it or as it is found."""
    variable = os.environ.get("CXX", "")
    try:
        given = shlex.split(variable)
    except ValueError as error:
        raise GflaError(f"the environment variable CXX is {variable}: {reason_of(error)}") from error
    for command in [given] if given else ([name] for name in COMPILERS):
        if shutil.which(command[0]):
            return command
    raise GflaError(f"there is no C++ compiler ({given[0] if given else ', '.join(COMPILERS)})")


def _processor_options():
    return _PROCESSOR_OPTIONS if platform.machine() in ("x86_64", "AMD64") else ((),)


def _processor():
    """What `-march=native` depends on."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return f"{platform.machine()} {platform.processor()}"
    return next((line for line in lines if line.startswith("flags")), platform.machine())


def _first_error(messages):
    lines = [line.strip() for line in messages.splitlines() if line.strip()]
    return next((line for line in lines if "error" in line), lines[0] if lines else "no reason given")[:200]
