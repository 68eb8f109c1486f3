"""Opening the .tflite that a demo was given."""

from export.runner import TFLiteModel
from gfla_tf.errors import GflaError


def load_model(path, *tasks):
    """The `TFLiteModel` of a file; raises a `GflaError` if it cannot be loaded or is of a task that is not among `tasks`."""
    model = TFLiteModel(path)
    task = model.description["task"]
    if task not in tasks:
        raise GflaError(
            f"{path} is a model for the task {task!r}; this program needs {' or '.join(map(repr, tasks))}."
        )
    return model
