"""Compiles a C++ source of this folder on first use and keeps the library in ~/.cache/gfla_tf/native."""

import hashlib
import os
import platform
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

from gfla_tf.errors import GflaError

SOURCES = Path(__file__).parent
COMPILERS = ("g++", "clang++", "c++")


def library_folder():
    """Where libraries are kept."""
    return Path.home() / ".cache" / "gfla_tf" / "native"


def build_library(source, flags=(), key=()):
    """Path of the shared library made of a source, compiled unless it is there already.

    The library's name holds a hash of the sources, of `key` and of the processor whose instructions it uses, so that a folder
    shared between machines and versions does no harm. It is written whole or not at all, by however many processes at once.

    Args:
        source: name of a .cc file in this folder.
        flags: what the compiler needs to know besides, such as paths.
        key: strings that the library depends on, such as a version.

    Raises:
        GflaError: there is no compiler, it fails, or the folder cannot be written.
    """
    options = ["-std=c++17", "-O3", "-shared", "-fPIC", "-w", *_processor_options()]
    parts = [*(path.read_bytes() for path in sorted(SOURCES.glob("*.h"))), (SOURCES / source).read_bytes()]
    parts += [part.encode() for part in (*options, *key, _processor())]
    digest = hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()
    try:
        library = library_folder() / f"{Path(source).stem}-{digest[:16]}.so"
        if not library.is_file():
            _compile([SOURCES / source, *options, *flags], library)  # flags last: they may name libraries
    except (OSError, RuntimeError) as error:  # the latter where there is no home
        raise GflaError(f"no library can be made of {source} ({error})") from error
    return library


def _compile(arguments, library):
    command = [*_compiler(), *arguments]
    library.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"{library.stem}-", dir=library.parent) as folder:
        output = Path(folder) / library.name
        done = subprocess.run([*command, "-o", output], capture_output=True, text=True, errors="replace")
        if done.returncode:
            reason = _first_error(done.stderr)
            raise GflaError(f"{command[0]} cannot compile {arguments[0]} ({reason})")
        os.replace(output, library)


def _compiler():
    """The compiler's command, as the environment variable CXX gives it or as it is found."""
    given = shlex.split(os.environ.get("CXX", ""))
    for command in [given] if given else ([name] for name in COMPILERS):
        if shutil.which(command[0]):
            return command
    raise GflaError(f"there is no C++ compiler ({given[0] if given else ', '.join(COMPILERS)})")


def _processor_options():
    return ["-march=native"] if platform.machine() in ("x86_64", "AMD64") else []


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
