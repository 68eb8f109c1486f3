"""Samples of what a network was trained for: to calibrate quantization with, and to score converted networks on.

A run's own data give them: calibration takes the training split, scores the test split, as every synthetic dataset and every
prepared one has both. `gfla_tf.export.quantize.folder` reads them from a folder of pictures instead.
"""

import dataclasses
import itertools

import numpy as np
from gfla_tf.export.convert.signatures import role_of

from gfla_tf.errors import GflaError


def from_training(source, split, count):
    """`count` samples of the data that a run was trained on.

    Args:
        source: `gfla_tf.export.convert.sources.Source` of a run.
        split: "train" or "test", whose identities differ.
        count: number of samples, for animations of frames.

    Returns:
        list of `gfla_tf.training.tasks.samples.Sample`.

    Raises:
        GflaError: the source has no data, or they have fewer samples.
    """
    if not source.has_data:
        raise GflaError(
            f"{source.name} comes without its training's data: name a folder of pictures with --data, see docs/phone.md."
        )
    # Synthetic data come with their true flow where a loss asks for it.
    config = source.task.config
    task = type(source.task)(
        dataclasses.replace(config, full=dataclasses.replace(config.full, flow_error=1.0))
    )
    samples = list(itertools.islice(task.samples(source.generator, split, count), count))
    if len(samples) < count:
        raise GflaError(
            f"The {split} data of {source.name} have {len(samples)} samples, fewer than {count}: ask for fewer."
        )
    return samples


def taken(sample, model, source):
    """A sample as a converted network takes it.

    Args:
        sample: `gfla_tf.training.tasks.samples.Sample`.
        model: `gfla_tf.litert.runner.TFLiteModel`, in any form.
        source: `gfla_tf.export.convert.sources.Source` of the network.

    Returns:
        {input name: array}.
    """
    result = {}
    for name, type_ in ((name, model.types[name]) for name in model.inputs):
        if name not in sample.inputs:
            keypoints = sample.inputs[f"{name.rsplit('_', 1)[0]}_keypoints"]
            before = name.startswith("previous_") and sample.first  # where the reference stands
            role = "reference" if before else role_of(name)
            result[name] = source.task.draw_arrays(keypoints, source.generator.image_size, role)
            continue
        value = sample.inputs[name]
        if value.dtype == np.uint8 and type_ != np.uint8:
            value = value.astype(np.float32) / 127.5 - 1
        result[name] = value
    return result


def run_through(model, samples, source):
    """Runs a converted network on samples in their order; each step of an animation starts from what it drew itself.

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
