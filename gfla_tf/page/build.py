"""The page's code, built once from its TypeScript by npm and esbuild, and kept in the user's cache."""

import hashlib
import shutil
import sys
import tempfile
from pathlib import Path

from gfla_tf.errors import GflaError
from gfla_tf.fetch import cache_folder
from gfla_tf.fetch.clients import run_client
from gfla_tf.files import whole_folder

PURPOSE = "The page"
_SOURCES = ("build.mjs", "package.json", "package-lock.json", "src", "static")


def sources():
    """The folder with the page's sources: web/ of the repository, gfla_tf/web of an installed package."""
    here = Path(__file__).resolve().parents[1]
    return here / "web" if (here / "web").is_dir() else here.parent / "web"


def built_page():
    """Path of the folder with the built page: what is in there is served as it is.

    Raises:
        GflaError: Node is missing, or the packages cannot be fetched, or the build fails.
    """
    files = sorted(file for name in _SOURCES for file in _files(sources() / name))
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.relative_to(sources())}\0".encode() + file.read_bytes())
    place = cache_folder() / f"page-{digest.hexdigest()[:16]}"
    if place.is_dir():
        return place
    print(f"{PURPOSE}: building it once into {place}", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory(prefix="gfla-page-") as work, whole_folder(place) as folder:
        for file in files:
            copy = Path(work) / file.relative_to(sources())
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)
        _run(["npm", "ci", "--omit=dev", "--no-audit", "--no-fund", "--silent"], work)
        _run(["node", "build.mjs", "dist"], work)
        shutil.copytree(Path(work) / "dist", folder, dirs_exist_ok=True)
    return place


def _files(path):
    return [file for file in path.rglob("*") if file.is_file()] if path.is_dir() else [path]


def _run(command, folder):
    if reason := run_client(command, folder):
        raise GflaError(
            f"{PURPOSE} cannot be built: {' '.join(command[:2])} failed ({reason}); it wants Node.js 20, and once npm's registry."
        )
