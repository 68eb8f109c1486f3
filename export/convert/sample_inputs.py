"""Inputs to compare converted networks on: functions of a seed, the same on every machine."""

import numpy as np
from gfla_tf.export.convert.signatures import MAPS, fixed_shapes, role_of

from gfla_tf.models.animation import is_recurrent
from gfla_tf.pictures.drawing import to_uint8

FRAMES = 12  # of an animation


def sample_inputs(generator, seed=0):
    """Two samples, one of plane waves, in maps of bumps, and one of noise; of an animation one sequence, of moving bumps.

    What an input holds is told by the end of its name: image, pose, structure, view or keypoints.

    Args:
        generator: of any task.
        seed: of the samples.

    Returns:
        {input name: (2, ...) float32}; of an animation reference_image and reference_structure (1, ...) and, in place of its
        other inputs, target_structures (`FRAMES`, 1, ...).
    """
    random = np.random.default_rng(seed)
    shapes = fixed_shapes(generator)
    if is_recurrent(generator):
        structures = _bumps(shapes["target_structure"], random, FRAMES + 1)[:, None]
        return {
            "reference_image": _waves(shapes["reference_image"], random),
            "reference_structure": structures[0],
            "target_structures": structures[1:],
        }
    return {name: _drawn(name, shape, random) for name, shape in shapes.items()}


def form_inputs(source, form, seed=0):
    """Two samples of a network's inputs in a form; of an animation two steps that have nothing to do with each other.

    Args:
        source: `gfla_tf.export.convert.sources.Source`.
        form: `gfla_tf.export.convert.signatures.Form`.
        seed: of the samples.

    Returns:
        {input name: array} as the form takes them, and the same as the Keras model takes them.
    """
    random, generator = np.random.default_rng(seed), source.generator
    given, plain = {}, {}
    for name, shape in fixed_shapes(generator).items():
        stem, _, kind = name.rpartition("_")
        if form.keypoints and kind in MAPS:
            height, width = generator.image_size
            points = random.uniform(-0.2, 1.2, (2, source.task.keypoints, 3)) * [width, height, 1]
            name_, points = f"{stem}_keypoints", np.maximum(points, [-np.inf, -np.inf, 0]).astype(np.float32)
            given[name_] = points
            plain[name] = source.task.draw_arrays(points, generator.image_size, role_of(name))
            continue
        given[name] = plain[name] = _drawn(name, shape, random)
        if form.uint8 and kind == "image":
            given[name] = to_uint8(given[name])
            plain[name] = given[name].astype(np.float32) / 127.5 - 1
    return given, plain


def model_inputs(model, seed=0):
    """Two samples of what a converted network takes, in whichever form it is: a list of {input name: array}, batches of one.

    Args:
        model: `gfla_tf.litert.runner.TFLiteModel`.
        seed: of the samples.
    """
    random, result = np.random.default_rng(seed), [{}, {}]
    for name, (_, *shape) in model.inputs.items():
        if name.endswith("_keypoints"):
            height, width = model.description["image_size"]
            drawn = random.uniform(-0.2, 1.2, (2, *shape)) * [width, height, 1]
        else:
            drawn = _drawn(name, shape, random)
        drawn = to_uint8(drawn) if model.types[name] == np.uint8 else drawn.astype(np.float32)
        for sample, value in zip(result, drawn, strict=True):
            sample[name] = value[None]
    return result


def _drawn(name, shape, random):
    """Two samples of an input, of plane waves, or bumps where they are maps, and of noise."""
    if name.endswith("_view"):
        drawn = np.eye(*shape)[random.integers(*shape, size=1)]
    else:
        drawn = (_bumps if name.endswith(("_pose", "_structure")) else _waves)(shape, random)
    sample = np.concatenate([drawn, random.uniform(-1, 1, (1, *shape))])
    if name.endswith("_pose"):  # maps are not negative, and those of missing joints are empty
        sample = np.maximum(sample, 0) * (random.uniform(size=shape[-1]) > 0.2)
    return sample.astype(np.float32)


def _waves(shape, random):
    """(1, ..., channels) float32: a plane wave of random direction for each channel."""
    *extents, channels = shape
    places = np.stack(np.indices(extents), -1) / max(extents)
    phase = places @ random.uniform(-20, 20, (len(extents), channels)) + random.uniform(0, 6, channels)
    return np.sin(phase)[None].astype(np.float32)


def _bumps(shape, random, frames=1):
    """(frames, H, W, channels) float32: a heat map for each channel, whose joint moves on from frame to frame."""
    *extents, channels = shape
    places = np.stack(np.indices(extents), -1)[..., None, :]
    middles, steps = random.uniform(0.1, 0.9, (channels, 2)), random.uniform(-0.01, 0.01, (channels, 2))
    maps = [
        np.exp(-np.square((places - (middles + k * steps) * extents) * 8 / max(extents)).sum(axis=-1))
        for k in range(frames)
    ]
    return np.stack(maps).astype(np.float32)
