"""Opening the .tflite that a demo was given, or one that comes with the package."""

from pathlib import Path

import numpy as np

from gfla_tf.errors import GflaError
from gfla_tf.litert.runner import TFLiteModel

PRETRAINED = Path(__file__).parents[1] / "pretrained"
# What does a task where no model is named. Pose networks draw dances, too, each frame by itself.
_SHIPPED = {"pose": "people_256"}


def load_model(path, *tasks, threads=None):
    """The `TFLiteModel` of a file.

    Args:
        path: of the file; None for the network of the package.
        tasks: that the program can do; none for any.
        threads: on which it runs; None for one.

    Raises:
        GflaError: it cannot be loaded, is of a task that is not among `tasks` (none: any will do), or takes keypoints or uint8
            pictures; or none was named, and the package has none for these tasks.
    """
    model = TFLiteModel(path or shipped_model(*tasks), threads)
    task = model.description["task"]
    if tasks and task not in tasks:
        raise GflaError(
            f"{path} is a model for the task {task!r}; this program needs {' or '.join(map(repr, tasks))}."
        )
    taken = {name: one.types[name] for one in model.signatures.values() for name in one.inputs}
    options = {
        "--keypoints": "source_keypoints" in taken or "target_keypoints" in taken,
        "--uint8": np.uint8 in taken.values(),
    }
    if forms := [option for option, used in options.items() if used]:
        raise GflaError(
            f"{path} was converted with {' and '.join(forms)}, for apps; this program draws maps and scales pictures by itself: "
            "convert it again without."
        )
    return model


def shipped_model(*tasks):
    """Path of the .tflite that comes with the package for the first of `tasks` that has one; a `GflaError` if none has."""
    for task in tasks or _SHIPPED:
        if task in _SHIPPED:
            path = PRETRAINED / _SHIPPED[task] / f"{_SHIPPED[task]}.tflite"
            if path.is_file():
                return path
    raise GflaError(
        f"No network for the task {' or '.join(map(repr, tasks))} comes with the package: name a .tflite with --model."
    )
