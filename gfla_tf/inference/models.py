"""Opening the .tflite that a demo was given."""

import numpy as np

from gfla_tf.errors import GflaError
from gfla_tf.litert.runner import TFLiteModel


def load_model(path, *tasks):
    """The `TFLiteModel` of a file.

    Raises:
        GflaError: it cannot be loaded, is of a task that is not among `tasks` (none: any will do), or takes keypoints or uint8
            pictures.
    """
    model = TFLiteModel(path)
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
