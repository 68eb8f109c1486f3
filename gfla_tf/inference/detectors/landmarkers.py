"""What MediaPipe's landmarkers share: where their models are found, and how they run without noise.

No model ships with this project: `find_model` says where one is looked for.
"""

import contextlib
import hashlib
import http.client
import os
import sys
import urllib.request
from pathlib import Path
from typing import NamedTuple

import numpy as np

from gfla_tf.errors import GflaError


class Model(NamedTuple):
    """A model file and what messages say of it.

    Attributes:
        kind: of the landmarker, "Pose" or "Face".
        what: its name in messages, such as "pose model".
        finds: what it is for, such as "Finding poses in photos".
        option, variable: of the command line and of the environment, that give its path.
        instead: what the user can do without it.
        url, sha256: of the official download.
    """

    kind: str
    what: str
    finds: str
    option: str
    variable: str
    instead: str
    url: str
    sha256: str


def cache_folder():
    """Where downloads are kept: ~/.cache/gfla_tf."""
    return Path.home() / ".cache" / "gfla_tf"


def find_model(model, path=None):
    """Path of a model file: `path`, else what the environment variable says, else the cache, filled by a download.

    Raises:
        GflaError: the given file does not exist, or the model cannot be downloaded.
    """
    for given, origin in ((path, model.option), (os.environ.get(model.variable), model.variable)):
        if given:
            if not Path(given).is_file():
                raise GflaError(f"There is no {model.what} {given}, given by {origin}.")
            return Path(given)
    cached = cache_folder() / model.url.rpartition("/")[2]
    if not cached.is_file():
        temporary = cached.with_name(f"{cached.name}.{os.getpid()}.tmp")
        try:
            with urllib.request.urlopen(model.url, timeout=20) as response:
                content = response.read()
            if hashlib.sha256(content).hexdigest() != model.sha256:
                raise OSError("what came is not the expected file")
            cached.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_bytes(content)
            os.replace(temporary, cached)
        except (OSError, http.client.HTTPException) as error:  # the latter for a download cut short
            raise GflaError(
                f"The {model.what} cannot be downloaded from {model.url} ({error}): fetch it elsewhere and give it by "
                f"{model.option} PATH or {model.variable}, or {model.instead}."
            ) from error
    return cached


class Landmarker:
    """One of MediaPipe's landmarkers for single pictures; a context manager.

    Args:
        model: `Model`.
        path: of the model file, by default found by `find_model`.
        settings: arguments of the landmarker's options.

    Raises:
        GflaError: MediaPipe is not installed, or the model is missing or damaged.
    """

    def __init__(self, model, path=None, **settings):
        path = find_model(model, path)
        self._mediapipe, vision, options = _import_mediapipe(model)
        try:
            # Bytes, not a path: MediaPipe looks for relative paths in its own folder.
            base_options = options(model_asset_buffer=path.read_bytes())
            chosen = getattr(vision, f"{model.kind}LandmarkerOptions")(base_options=base_options, **settings)
            with _silent_native_code():
                self._landmarker = getattr(vision, f"{model.kind}Landmarker").create_from_options(chosen)
        except (OSError, ValueError, RuntimeError) as error:
            reason = " ".join(str(error).split())
            raise GflaError(f"MediaPipe cannot load the {model.what} {path}: {reason}.") from error

    def detect(self, image):
        """MediaPipe's result for a uint8 RGB image (H, W, 3)."""
        image = np.ascontiguousarray(image, np.uint8)
        picture = self._mediapipe.Image(image_format=self._mediapipe.ImageFormat.SRGB, data=image)
        with _silent_native_code():
            return self._landmarker.detect(picture)

    def close(self):
        """Frees MediaPipe's resources."""
        self._landmarker.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


@contextlib.contextmanager
def _silent_native_code():
    # MediaPipe's C++ code warns of its own affairs on file descriptor 2 and heeds no variable that would stop
    # it; what goes wrong comes as an exception all the same.
    sys.stderr.flush()
    saved, sink = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(sink, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(sink)


def _import_mediapipe(model):
    # MediaPipe imports TensorFlow where there is one, for its documentation only. An entry of None in
    # sys.modules makes Python say that there is none, which saves three seconds and some hundred megabytes.
    with contextlib.ExitStack() as stack:
        if "tensorflow" not in sys.modules:
            sys.modules["tensorflow"] = None
            stack.callback(sys.modules.pop, "tensorflow")
        try:
            import mediapipe
            from mediapipe.tasks.python import BaseOptions, vision
        except ImportError as error:
            raise GflaError(
                f"{model.finds} needs MediaPipe ({error}): pip install 'gfla-tf[demo]', or {model.instead}."
            ) from error
    return mediapipe, vision, BaseOptions
