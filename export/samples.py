"""Inputs to compare converted networks on: functions of a seed, the same on every machine."""

import numpy as np

from export.forms import MAPS
from export.tasks import DRAWINGS, fixed_shapes, is_recurrent
from gfla_tf.visualization import to_uint8

FRAMES = 12  # of an animation


def sample_inputs(generator, seed=0):
    """Two samples, one of plane waves and one of noise; of an animation one sequence, of moving plane waves.

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
        structures = np.maximum(_waves(shapes["target_structure"], random, FRAMES + 1), 0)[:, None]
        return {
            "reference_image": _waves(shapes["reference_image"], random),
            "reference_structure": structures[0],
            "target_structures": structures[1:],
        }
    return {name: _drawn(name, shape, random) for name, shape in shapes.items()}


def form_inputs(source, form, seed=0):
    """Two samples of a network's inputs in a form; of an animation two steps that have nothing to do with each other.

    Args:
        source: `export.sources.Source`.
        form: `export.forms.Form`.
        seed: of the samples.

    Returns:
        {input name: array} as the form takes them, and the same as the Keras model takes them.
    """
    random, generator = np.random.default_rng(seed), source.generator
    given, plain = {}, {}
    for name, shape in fixed_shapes(generator).items():
        stem, _, kind = name.rpartition("_")
        if form.keypoints and kind in MAPS:
            drawing, (height, width) = DRAWINGS[source.task], generator.image_size
            points = random.uniform(-0.2, 1.2, (2, drawing.joints, 3)) * [width, height, 1]
            name_, points = f"{stem}_keypoints", np.maximum(points, [-np.inf, -np.inf, 0]).astype(np.float32)
            given[name_] = points
            plain[name] = drawing.draw_arrays(points, generator.image_size, source.settings)
            continue
        given[name] = plain[name] = _drawn(name, shape, random)
        if form.uint8 and kind == "image":
            given[name] = to_uint8(given[name])
            plain[name] = given[name].astype(np.float32) / 127.5 - 1
    return given, plain


def _drawn(name, shape, random):
    """Two samples of an input, of plane waves and of noise."""
    if name.endswith("_view"):
        drawn = np.eye(*shape)[random.integers(*shape, size=1)]
    else:
        drawn = _waves(shape, random)
    sample = np.concatenate([drawn, random.uniform(-1, 1, (1, *shape))])
    if name.endswith("_pose"):  # maps are not negative, and those of missing joints are empty
        sample = np.maximum(sample, 0) * (random.uniform(size=shape[-1]) > 0.2)
    return sample.astype(np.float32)


def _waves(shape, random, frames=1):
    """(frames, ..., channels) float32: a plane wave of random direction for each channel, which moves on from frame to frame."""
    *extents, channels = shape
    places = np.stack(np.indices(extents), -1) / max(extents)
    phase = places @ random.uniform(-20, 20, (len(extents), channels)) + random.uniform(0, 6, channels)
    return np.stack([np.sin(phase + 0.2 * k) for k in range(frames)]).astype(np.float32)
