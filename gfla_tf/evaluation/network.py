"""A network that is evaluated, whatever it is kept in."""

import hashlib
from pathlib import Path

import numpy as np
import tensorflow as tf

from gfla_tf.errors import GflaError
from gfla_tf.files import file_digest
from gfla_tf.inference.photos import to_float
from gfla_tf.inference.subjects import subject_of
from gfla_tf.litert.runner import TFLiteModel
from gfla_tf.metrics.end_point_error import upsample_flow
from gfla_tf.pictures.drawing import to_uint8
from gfla_tf.training.config import MAP_SETTINGS
from gfla_tf.training.config_file import load_recorded_config
from gfla_tf.training.load import load
from gfla_tf.training.networks import is_run
from gfla_tf.training.tasks import TASKS, task_named

_PAIR = ("source_image", "source_pose", "target_pose")


class Network:
    """A network that draws, as a run, a folder of weights, a .keras or a .tflite file.

    Called with named arrays of one sample, it returns {name: array}.

    Args:
        path: of it.
        best: of a run, the weights that were best on held-out samples.

    Attributes:
        image_size: (height, width).
        task: `Task`, which knows how maps are drawn.
        config: `TrainConfig` of a run, otherwise None.
        inputs: names.
        digest: SHA-256 of the weights.
        what: the network in words.

    Raises:
        GflaError: there is no such network, or it is of a task without pictures.
    """

    def __init__(self, path, best=False):
        self.config, self.what = None, Path(path).name
        if Path(path).suffix == ".tflite":
            self._run = TFLiteModel(path)
            told = self._run.description
            name, self.image_size = told["task"], tuple(told["image_size"])
            self.inputs, self.digest = tuple(self._run.inputs), file_digest(path)
            told = {"drawing": "simple", **told}  # of files that do not say
        else:
            generator = load(path, best)
            self.config = load_recorded_config(path) if is_run(path) else None
            name, self.image_size = generator.task, tuple(generator.image_size)
            self.inputs = tuple(generator.input)
            weights = b"".join(np.asarray(weight).tobytes() for weight in generator.get_weights())
            self.digest = hashlib.sha256(weights).hexdigest()
            self._run = tf.function(lambda **inputs: generator(inputs, training=False), reduce_retracing=True)
            told = (getattr(generator, "card", None) or {}).get("data", {})
        if name not in TASKS or name == "motion":
            raise GflaError(f"{path} is a network for {name}, which draws no pictures: name another.")
        data = {key: told[key] for key in MAP_SETTINGS if told.get(key) is not None}
        self.task = TASKS[name](self.config) if self.config else task_named(name, **data)

    def __call__(self, **inputs):
        return {name: np.asarray(value) for name, value in self._run(**inputs).items()}

    def draw_pair(self, source_image, source_keypoints, target_keypoints):
        """What a pose network draws; images uint8, keypoints (18, 3) in their pixels.

        Returns:
            the picture uint8 (H, W, 3), and its finest flow (H, W, 2) in pixels of the picture, None where it has none.
        """
        make = self._inputs_of_tflite if isinstance(self._run, TFLiteModel) else self._inputs_of_keras
        outputs = self(**make(source_image, source_keypoints, target_keypoints))
        generated = outputs["generated"][0]
        levels = [name for name in outputs if name.startswith("flow_") and name[5:].isdigit()]
        finest = min(levels, key=lambda name: int(name[5:]), default=None)
        flow = finest and upsample_flow(np.float32(outputs[finest]), self.image_size)[0]
        return generated if generated.dtype == np.uint8 else to_uint8(generated), flow

    def _inputs_of_tflite(self, image, source, target):
        person = subject_of(self._run)
        known = {
            "source_keypoints": source,
            "target_keypoints": target,
            "source_image": image if self._run.types["source_image"] == np.uint8 else to_float(image),
        }
        for role in ("source", "target"):
            if f"{role}_pose" in self.inputs:
                known[f"{role}_pose"] = person.maps(known[f"{role}_keypoints"], image)
        return {name: known[name][None] for name in self.inputs}

    def _inputs_of_keras(self, image, source, target):
        batch = {
            "source_image": image,
            "target_image": image,
            "source_keypoints": source,
            "target_keypoints": target,
        }
        prepared = self.task.prepare({name: tf.constant(value[None]) for name, value in batch.items()})
        return {name: prepared[name] for name in _PAIR}
