"""Networks to be judged: those of the package, folders of such, and .tflite files."""

from pathlib import Path

import numpy as np

import gfla_tf.models.presets  # noqa: F401  which registers the networks that folders hold
from benchmarks.real_people.pairs import Pair
from gfla_tf.errors import GflaError
from gfla_tf.inference.backgrounds import background_of
from gfla_tf.inference.photos import to_float
from gfla_tf.inference.subjects import subject_of
from gfla_tf.inference.transfer import transfer
from gfla_tf.keypoints.poses import pose_maps
from gfla_tf.litert.runner import TFLiteModel
from gfla_tf.models.preset_folder import find_preset, load_preset
from gfla_tf.pictures.drawing import to_uint8


class _LiteRT:
    def __init__(self, path, shown):
        self._model, self.name, self._shown = TFLiteModel(path), Path(path).stem, shown
        self.size = tuple(self._model.description["image_size"])

    def __call__(self, pair: Pair):
        given, poses = (self._model, pair.source), (pair.source_keypoints, pair.target_keypoints)
        behind = (
            background_of("keep", given[0], subject_of(given[0]), given[1], poses[0]) if self._shown else None
        )
        if behind is None:
            return transfer(*given, *poses)
        outputs = transfer(self._model, behind.source, *poses)
        frame = behind(to_uint8(outputs["generated"]), outputs["alpha"], poses[1])
        return {**outputs, "generated": to_float(frame)}


class _Keras:
    def __init__(self, name, folder):
        self._generator, self.name = load_preset(folder), Path(name).name
        self.size = tuple(self._generator.image_size)
        data = self._generator.card["data"]
        self._settings = data["heat_map_sigma"], data["limb_sigma"], data.get("pose_stride", 1)

    def __call__(self, pair: Pair):
        maps = [
            pose_maps(points, self.size, *self._settings)[None]
            for points in (pair.source_keypoints, pair.target_keypoints)
        ]
        image = pair.source[None].astype(np.float32) / 127.5 - 1
        inputs = {"source_image": image, "source_pose": maps[0], "target_pose": maps[1]}
        return {name: np.array(x)[0] for name, x in self._generator(inputs, training=False).items()}


def network_of(name, shown=False):
    """A function from a `Pair` to a network's outputs without their batch axis, with attributes `name` and `size`.

    Args:
        name: of a network of the package, which runs on LiteRT, of a folder that `save_to_preset` wrote, or of a .tflite of
            the plain form.
        shown: on LiteRT, `generated` is what the commands show: of the photo prepared for the network, the person before the
            photo without it, see `gfla_tf.inference.backgrounds`.

    Raises:
        GflaError: there is no such network.
    """
    if str(name).endswith(".tflite"):
        return _LiteRT(name, shown)
    folder = find_preset(name)
    if folder is None:
        raise GflaError(f"There is no network {name}: name one of the package, a folder or a .tflite.")
    file = folder / f"{folder.name}.tflite"
    return _LiteRT(file, shown) if file.is_file() else _Keras(name, folder)
