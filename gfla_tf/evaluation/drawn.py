"""Pictures that a pose network draws of held-out pairs, as files: what `gfla evaluate` then judges."""

import hashlib
import json
from pathlib import Path

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from gfla_tf.data.folder_pairs import FolderPairSamples
from gfla_tf.data.prepared import prepare
from gfla_tf.errors import GflaError
from gfla_tf.evaluation.pictures import encoded
from gfla_tf.files import write_whole
from gfla_tf.inference.photos import to_float
from gfla_tf.inference.subjects import subject_of
from gfla_tf.keypoints.pose_files import write_openpose
from gfla_tf.keypoints.poses import HEAT_MAP_SIGMA, pose_maps
from gfla_tf.litert.runner import TFLiteModel
from gfla_tf.metrics.end_point_error import end_point_error, upsample_flow
from gfla_tf.pictures.drawing import to_uint8
from gfla_tf.synthetic.bodies.rendered import render_pairs as render_bodies
from gfla_tf.synthetic.people.rendered_pairs import render_pairs as render_people
from gfla_tf.training.config_file import load_config
from gfla_tf.training.load import load
from gfla_tf.training.networks import is_run
from gfla_tf.training.tasks.pose import PoseTask

FOLDERS = ("generated", "truth", "source")
SEED = 29  # of synthetic people
_INPUTS = ("source_image", "source_pose", "target_pose")


class Network:
    """A pose network, as a run, a folder of weights, a .keras or a .tflite file.

    Args:
        path: of it.
        best: of a run, the weights that were best on held-out samples.

    Attributes:
        image_size: (height, width).
        config: `TrainConfig` of a run, otherwise None.
        digest: SHA-256 of the weights.
        what: the network in words.
    """

    def __init__(self, path, best=False):
        self.config, self.what = None, Path(path).name
        if Path(path).suffix == ".tflite":
            self._run = TFLiteModel(path)
            task = self._run.description["task"]
            self.image_size = tuple(self._run.description["image_size"])
            self.digest = hashlib.sha256(Path(path).read_bytes()).hexdigest()
            self._inputs = self._inputs_of_tflite
        else:
            generator = load(path, best)
            self.config = load_config(Path(path) / "config.yaml") if is_run(path) else None
            task = self.config.task if self.config else "pose"
            self._card = getattr(generator, "card", None) or {}
            self.image_size = tuple(generator.image_size)
            weights = b"".join(np.asarray(weight).tobytes() for weight in generator.get_weights())
            self.digest = hashlib.sha256(weights).hexdigest()
            self._run = tf.function(lambda **inputs: generator(inputs, training=False), reduce_retracing=True)
            self._inputs = self._inputs_of_run if self.config else self._inputs_of_card
        if task != "pose":
            raise GflaError(
                f"{path} is a network for {task}: gfla evaluate draws with pose networks; judge others by their pictures."
            )

    def __call__(self, source_image, source_keypoints, target_keypoints):
        """What the network draws; images uint8, keypoints (18, 3) in their pixels.

        Returns:
            the picture uint8 (H, W, 3), and its finest flow (H, W, 2) in pixels of the picture, None where it has none.
        """
        outputs = self._run(**self._inputs(source_image, source_keypoints, target_keypoints))
        generated = np.asarray(outputs["generated"][0])
        levels = [name for name in outputs if name.startswith("flow_") and name[5:].isdigit()]
        finest = min(levels, key=lambda name: int(name[5:]), default=None)
        flow = finest and upsample_flow(np.asarray(outputs[finest], np.float32), self.image_size)[0]
        return generated if generated.dtype == np.uint8 else to_uint8(generated), flow

    def _inputs_of_tflite(self, image, source, target):
        person = subject_of(self._run)
        known = {
            "source_keypoints": source,
            "target_keypoints": target,
            "source_image": image if self._run.types["source_image"] == np.uint8 else to_float(image),
        }
        for role in ("source", "target"):
            if f"{role}_pose" in self._run.inputs:
                known[f"{role}_pose"] = person.maps(known[f"{role}_keypoints"], image)
        return {name: known[name][None] for name in self._run.inputs}

    def _inputs_of_run(self, image, source, target):
        batch = {
            "source_image": image,
            "target_image": image,
            "source_keypoints": source,
            "target_keypoints": target,
        }
        prepared = PoseTask(self.config).prepare(
            {name: tf.constant(value[None]) for name, value in batch.items()}
        )
        return {name: prepared[name] for name in _INPUTS}

    def _inputs_of_card(self, image, source, target):
        data = self._card.get("data", {})
        drawing = (
            data.get("heat_map_sigma", HEAT_MAP_SIGMA),
            data.get("limb_sigma"),
            data.get("pose_stride", 1),
        )
        maps = [pose_maps(keypoints, self.image_size, *drawing) for keypoints in (source, target)]
        return {name: value[None] for name, value in zip(_INPUTS, (to_float(image), *maps), strict=True)}


def held_out_pairs(network, directory, count):
    """The pairs of the test split of a folder or of a run's own data, at the network's size.

    Args:
        network: `Network`.
        directory: a folder of pictures (`gfla_tf.data.folder`); None takes the data of the run.
        count: at most so many, spread over all of them; None takes all.

    Yields:
        name, and a dict of source_image, target_image (H, W, 3) uint8, source_keypoints, target_keypoints (18, 3), and where
        they are known target_person, visibility (H, W) bool and flow (H, W, 2).

    Raises:
        GflaError: there are no data.
    """
    if directory is None and network.config is None:
        raise GflaError(
            f"{network.what} comes without data: name a folder of pictures with --data, see docs/own_people.md."
        )
    config = network.config
    if directory is not None:
        samples = FolderPairSamples(prepare("folder", directory, network.image_size), "test")
    elif config.data.dataset.startswith("synthetic_"):
        yield from _rendered(config, network.image_size, count or 100)
        return
    else:
        builder = prepare(
            config.data.dataset, config.data.directory, network.image_size, config.data.max_corrupt
        )
        samples = PoseTask(config).pairs(builder, "test")
    numbers = range(len(samples))
    if count is not None and count < len(samples):
        numbers = np.linspace(0, len(samples) - 1, count).astype(int)
    names = getattr(samples, "names", None)
    for number in numbers:
        index = tf.constant(number, tf.int64)
        if samples.is_intact(index, tf.zeros(2, tf.int64)):
            sample = samples.sample(index, tf.zeros(2, tf.int64))
            yield (
                names[number] if names else f"{number:06d}",
                {name: np.asarray(x) for name, x in sample.items()},
            )


def draw_pairs(network, pairs, output, file_format="png"):
    """Draws pairs and writes generated, true and source pictures and the poses asked for, under the folders `FOLDERS`.

    A generated picture is written last; where it is there already, the pair is not drawn again.

    Raises:
        GflaError: a file cannot be written.
    """
    generated, truth, source = (Path(output) / name for name in FOLDERS)
    for name, pair in tqdm(pairs, desc=f"drawing with {network.what}", unit="picture", disable=None):
        path = generated / f"{name}.{file_format}"
        if path.is_file():
            continue
        drawn, flow = network(pair["source_image"], pair["source_keypoints"], pair["target_keypoints"])
        try:
            write_whole(source / f"{name}.png", encoded(pair["source_image"], "png"))
            write_whole(truth / f"{name}.png", encoded(pair["target_image"], "png"))
            write_openpose(truth / f"{name}.json", pair["target_keypoints"])
            if "target_person" in pair:
                mask = np.repeat(np.uint8(pair["target_person"])[..., None] * 255, 3, axis=-1)
                write_whole(truth / f"{name}_mask.png", encoded(mask, "png"))
            if flow is not None and "flow" in pair and np.any(pair["visibility"]):
                scores = _flow_scores(flow, pair["flow"], pair["visibility"].astype(bool))
                write_whole(path.with_suffix(".json"), json.dumps(scores).encode())
            write_whole(path, encoded(drawn, file_format))
        except OSError as error:
            raise GflaError(
                f"Cannot write {path} ({error.strerror}): make room, and start again to go on."
            ) from error


def _flow_scores(flow, true, visibility):
    """Mean end-point errors in pixels over what is visible: of a flow, and of none."""
    errors = {"flow_error": flow, "zero_flow_error": np.zeros_like(flow)}
    return {name: end_point_error(each[None], true[None], visibility[None]) for name, each in errors.items()}


def _rendered(config, size, count):
    render = render_bodies if config.data.dataset == "synthetic_bodies" else render_people
    pairs = render(size, "test", SEED, count)
    for number in range(count):
        yield f"{number:04d}", {name: values[number] for name, values in pairs.items()}
