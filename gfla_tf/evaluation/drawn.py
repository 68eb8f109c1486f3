"""Pictures that a pose network draws of held-out pairs, as files: what `gfla evaluate` then judges."""

import json
import re
from pathlib import Path

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from gfla_tf.data.folder_pairs import FolderPairSamples
from gfla_tf.data.prepared import prepare
from gfla_tf.errors import GflaError
from gfla_tf.evaluation.pictures import encoded
from gfla_tf.files import write_whole
from gfla_tf.keypoints.pose_files import write_openpose
from gfla_tf.metrics.end_point_error import end_point_error
from gfla_tf.synthetic.bodies.rendered import render_pairs as render_bodies
from gfla_tf.synthetic.people.rendered_pairs import render_pairs as render_people
from gfla_tf.training.tasks.pose import PoseTask

FOLDERS = ("generated", "truth", "source")
SEED = 29  # of synthetic people


def held_out_pairs(network, directory, count, pattern=None):
    """The pairs of the test split of a folder or of a run's own data, at the network's size.

    Args:
        network: `Network`.
        directory: a folder of pictures (`gfla_tf.data.folder`); None takes the data of the run.
        count: at most so many, spread over all of them; None takes all.
        pattern: a regular expression that a part of the names has to match; None takes all.

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
    if directory is None and config.data.dataset == "folder":
        directory = config.data.directory  # its pictures as they are, not as a training sees them
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
    names = getattr(samples, "names", None)
    numbers = _matching(names or [f"{number:06d}" for number in range(len(samples))], pattern)
    if count is not None and count < len(numbers):
        numbers = [numbers[k] for k in np.linspace(0, len(numbers) - 1, count).astype(int)]
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
        drawn, flow = network.draw_pair(
            pair["source_image"], pair["source_keypoints"], pair["target_keypoints"]
        )
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
                f"Cannot write {path} ({error.strerror}): make room, and start again to resume."
            ) from error


def _matching(names, pattern):
    """Numbers of the names that a regular expression matches in a part."""
    try:
        found = [number for number, name in enumerate(names) if pattern is None or re.search(pattern, name)]
    except re.error as error:
        raise GflaError(f"--pairs {pattern!r} is no regular expression ({error}): correct it.") from error
    if not found:
        raise GflaError(f"No pair is called as --pairs {pattern!r} says: names are such as {names[0]}.")
    return found


def _flow_scores(flow, true, visibility):
    """Mean end-point errors in pixels over what is visible: of a flow, and of none."""
    errors = {"flow_error": flow, "zero_flow_error": np.zeros_like(flow)}
    return {name: end_point_error(each[None], true[None], visibility[None]) for name, each in errors.items()}


def _rendered(config, size, count):
    render = render_bodies if config.data.dataset == "synthetic_bodies" else render_people
    pairs = render(size, "test", SEED, count)
    for number in range(count):
        yield f"{number:04d}", {name: values[number] for name, values in pairs.items()}
