"""The page as a folder of files that any server can serve: its code, a network, and the networks that find people."""

import hashlib
import json
import shutil
from pathlib import Path

from gfla_tf.errors import GflaError, os_reason
from gfla_tf.files import write_whole
from gfla_tf.inference.detectors.network_files import read_pose_networks
from gfla_tf.inference.models import PRETRAINED
from gfla_tf.inference.subjects import Person
from gfla_tf.litert.description import read_description
from gfla_tf.page.build import built_page

_NOWHERE = ("resampler", "litert")  # lowerings with operations that no browser has
# What the page needs for its first picture is kept for offline use at once; the rest when it was needed once.
_LATER = ("detect/", "litert/litert_wasm_compat_internal")


def write_site(folder, model=None, pose_model="lite"):
    """Writes the page into a folder, which is made; files of an earlier one are replaced.

    Args:
        folder: path of it.
        model: of a pose network's .tflite that `gfla convert --keypoints` wrote; None takes the one that ships.
        pose_model: as for `read_pose_networks`.

    Raises:
        GflaError: the network cannot run on the page, the detector's cannot be fetched, or the folder cannot be written.
    """
    folder, model = Path(folder), Path(model) if model else shipped_model()
    require_runnable(model)
    networks = read_pose_networks(pose_model)
    page = built_page()
    try:
        shutil.copytree(page, folder, copy_function=_copied, dirs_exist_ok=True)
        (folder / "detect").mkdir(exist_ok=True)
        write_whole(folder / "model.tflite", model.read_bytes())
        write_whole(folder / "detect" / "people.tflite", networks.detector)
        write_whole(folder / "detect" / "points.tflite", networks.points)
        write_whole(folder / "files.js", _file_list(folder).encode())
    except OSError as error:
        raise GflaError(f"The page cannot be written to {folder}: {os_reason(error)}.") from error


def _copied(file, to):
    write_whole(to, Path(file).read_bytes())


def shipped_model():
    """Path of the largest network that ships with the package and that the page runs, in float16 if there is a choice.

    Raises:
        GflaError: none does.
    """
    found = []
    for path in sorted(PRETRAINED.glob("people_*/*.tflite")):
        description = read_description(path)
        if (
            "source_keypoints" in description["inputs"]
            and description.get("lowering", "gather") not in _NOWHERE
        ):
            found.append((description["image_size"], description.get("variant") == "float16", path))
    if not found:
        raise GflaError(
            "No network that takes joints ships with this version: give --model, a file that gfla convert --keypoints wrote."
        )
    return max(found)[-1]


def require_runnable(model):
    """Raises a `GflaError` that says what to do where the page cannot run a .tflite."""
    description = read_description(model)
    if description["task"] != "pose":
        raise GflaError(f"{model} is of the task {description['task']}: the page needs a network for poses.")
    Person(description, model)  # made for our joints
    if "source_keypoints" not in description["inputs"]:
        raise GflaError(f"{model} takes maps instead of joints: convert it with gfla convert --keypoints.")
    if (lowering := description.get("lowering", "gather")) in _NOWHERE:
        raise GflaError(
            f"{model} has the lowering {lowering}, which no browser runs: convert it with --lowering gather."
        )


def _file_list(folder):
    """files.js for the service worker: what to keep for offline use, and a version that changes with any of it."""
    names = sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())
    names = [
        name for name in names if name not in ("files.js", "service_worker.js") and not name.endswith(".txt")
    ]
    digest = hashlib.sha256()
    for name in names:
        digest.update(f"{name}\0".encode() + (folder / name).read_bytes())
    first = [name for name in names if not name.startswith(_LATER)]
    return f"self.SITE = {json.dumps({'version': digest.hexdigest()[:16], 'files': first})};\n"
