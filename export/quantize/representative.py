"""Samples of what a network was trained for: to calibrate quantisation with, and to score converted networks on.

A run's own data give them: calibration takes the training split, scores the test split, as every synthetic dataset and every
prepared one has both. `gfla_tf.export.quantize.folder` reads them from a folder of pictures instead.
"""

import dataclasses
import itertools
import math

import numpy as np
from gfla_tf.export.convert.tasks import DRAWINGS, is_recurrent

from gfla_tf.errors import GflaError

SEED = 29  # of the synthetic identities and of the order
CLIP = 12  # frames of a clip, at most


@dataclasses.dataclass(frozen=True)
class Sample:
    """One input of a network, a batch of one, in whichever form it takes little memory.

    Attributes:
        inputs: {input name: array}: images uint8; keypoints where the maps can be drawn from them (source_keypoints in place of
            source_pose), otherwise maps, views or coordinates as the Keras model takes them.
        truth: what is known of the answer, without a batch: target_image (H, W, 3) uint8; flow or flow_SOURCE (H, W, 2) in pixels
            of the image, visibility or visibility_SOURCE (H, W) bool; clean (frames, 34).
        first: False if it is the step after the one before, of an animation, whose state it takes.
    """

    inputs: dict
    truth: dict
    first: bool = True


def from_training(source, split, count):
    """`count` samples of the data that a run was trained on.

    Args:
        source: `gfla_tf.export.convert.sources.Source` of a run.
        split: "train" or "test", whose identities differ.
        count: number of samples, for animations of frames.

    Returns:
        list of `Sample`.

    Raises:
        GflaError: the source has no data, or they have fewer samples.
    """
    if source.config is None:
        raise GflaError(
            f"{source.name} comes without its training's data: name a folder of pictures with --data, see docs/phone.md."
        )
    # Training needs packages that conversion of a checkpoint does not.
    from gfla_tf.training.tasks import TASKS
    from gfla_tf.training.tasks.clip import ClipTask
    from gfla_tf.training.tasks.pair import PairTask

    # Synthetic pairs come with their true flow where a loss asks for it.
    full = dataclasses.replace(source.config.full, flow_error=1.0)
    task = TASKS[source.task](dataclasses.replace(source.config, full=full))
    if isinstance(task, PairTask):
        samples = _pairs(task, source.generator.image_size, split, count)
    elif isinstance(task, ClipTask):
        samples = _steps(task, source.generator, split, count)
    else:
        samples = _sequences(task, source.generator, split, count)
    samples = list(itertools.islice(samples, count))
    if len(samples) < count:
        raise GflaError(
            f"the {split} data of {source.name} have {len(samples)} samples, fewer than {count}: ask for fewer."
        )
    return samples  # fmt: skip


def taken(sample, model, source):
    """A sample as a converted network takes it.

    Args:
        sample: `Sample`.
        model: `gfla_tf.litert.runner.TFLiteModel`, in any form.
        source: `gfla_tf.export.convert.sources.Source` of the network.

    Returns:
        {input name: array}.
    """
    result = {}
    for name, type_ in ((name, model.types[name]) for name in model.inputs):
        if name not in sample.inputs:
            keypoints = sample.inputs[f"{name.rsplit('_', 1)[0]}_keypoints"]
            size = source.generator.image_size
            result[name] = DRAWINGS[source.task].draw_arrays(keypoints, size, source.settings)
            continue
        value = sample.inputs[name]
        if value.dtype == np.uint8 and type_ != np.uint8:
            value = value.astype(np.float32) / 127.5 - 1
        result[name] = value
    return result


def run_through(model, samples, source):
    """Runs a converted network on samples in their order; steps of an animation go on from what it drew itself.

    Args:
        model, source: as for `taken`.
        samples: iterable of `Sample`.

    Yields:
        the inputs and the outputs, dicts of arrays.
    """
    generated = None
    for sample in samples:
        inputs = taken(sample, model, source)
        if not sample.first and "previous_image" in inputs:
            inputs["previous_image"] = generated
        outputs = model(**inputs)
        generated = outputs.get("generated")
        yield inputs, outputs


def _pairs(task, size, split, count):
    from gfla_tf.data.pipeline import pair_dataset, sample_dataset
    from gfla_tf.data.prepared import BUILDERS, prepare

    data = task.config.data
    if data.dataset in BUILDERS:
        builder = prepare(data.dataset, data.directory, size, data.max_corrupt)
        dataset = sample_dataset(task.samples(builder, split), 1, dict, SEED)
    else:
        bank = task.render(size, split, SEED, count, 2)
        dataset = pair_dataset(bank, 1, dict, SEED)
    wanted = ("_keypoints", "_view", "source_image")
    for raw in dataset:
        batch, prepared = _arrays(raw), _arrays(task.prepare(dict(raw)))
        truth = {"target_image": batch["target_image"][0]}
        if "flow" in prepared:
            truth |= {"flow": prepared["flow"][0], "visibility": prepared["visibility"][0, ..., 0] > 0}
        yield Sample({name: value for name, value in batch.items() if name.endswith(wanted)}, truth)


def _steps(task, generator, split, count):
    from gfla_tf.data.clip_pipeline import clip_dataset
    from gfla_tf.data.prepared import BUILDERS, prepare
    from gfla_tf.data.prepared_clips import piece_dataset

    data, size = task.config.data, generator.image_size
    length = min(CLIP, data.clip_frames)
    if data.dataset in BUILDERS:
        builder = prepare(data.dataset, data.directory, size, data.max_corrupt)
        dataset = piece_dataset(task.samples(builder, split), 1, length, length, dict, SEED)
    else:
        bank = task.render(size, split, SEED, math.ceil(count / length), length)
        dataset = clip_dataset(bank, 1, length, dict, SEED)
    drawn = task.config.task not in DRAWINGS
    for batch in map(_arrays, dataset):
        structures = {role: batch[f"{role}_structure"] for role in ("reference", "previous", "target")}
        structures["target"] = structures["target"][0]
        if drawn:
            structures = {role: np.asarray(task.draw(x, size)) for role, x in structures.items()}
        yield from _clip_steps(batch, structures, "structure" if drawn else "keypoints", generator)


def _clip_steps(batch, structures, kind, generator):
    """The samples of one clip, a frame each."""
    before = batch["previous_image"], structures["previous"]
    for k, image in enumerate(batch["target_image"][0]):
        structure = structures["target"][k : k + 1]
        inputs = {"reference_image": batch["reference_image"], f"reference_{kind}": structures["reference"]}
        if is_recurrent(generator):
            inputs |= {"previous_image": before[0], f"previous_{kind}": before[1]}
        else:  # each frame from the reference alone
            inputs = {name.replace("reference", "source"): value for name, value in inputs.items()}
        truth = {"target_image": image}
        for role in ("reference", "previous"):
            for name in (f"flow_{role}", f"visibility_{role}"):
                if name in batch:
                    truth[name] = batch[name][0, k]
        yield Sample({**inputs, f"target_{kind}": structure}, truth, first=k == 0)
        before = image[None], structure


def _sequences(task, generator, split, count):
    from gfla_tf.data.human36m import load_human36m
    from gfla_tf.data.motion_bank import MotionBank
    from gfla_tf.data.motion_pipeline import motion_dataset
    from gfla_tf.synthetic.people.performed_motion import perform_motion

    data = task.config.data
    if data.dataset == "human36m":
        bank = load_human36m(data.directory, split, data.max_corrupt)
    else:
        bank = MotionBank.of(perform_motion(split, SEED, min(count, data.identities), data.clip_frames))
    for batch in map(_arrays, motion_dataset(bank, 1, generator.receptive_field, SEED)):
        yield Sample({"keypoints": batch["keypoints"]}, {"clean": batch["clean"][0]})


def _arrays(batch):
    return {name: np.asarray(value) for name, value in batch.items()}
