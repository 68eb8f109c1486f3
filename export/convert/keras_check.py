"""Whether a converted network computes what the Keras model computes, on sample inputs that never change."""

import numpy as np

from gfla_tf.errors import GflaError
from gfla_tf.models.animation import first_state, next_state, sequence

# What float32 arithmetic in another order may change. Flows are in pixels: theirs is relative to max(1, largest flow).
TOLERANCE = 1e-4
LEVEL = 1 / 127.5  # of a uint8 picture, which rounds to the nearest


def outputs_for(run, samples):
    """What a network gives for `gfla_tf.export.convert.sample_inputs.sample_inputs`; an animation carries its state itself,
    from frame to frame.

    Args:
        run: from named arrays to {name: array}.
        samples: {name: array}.

    Returns:
        {output name: array}; of an animation with a first axis of frames.
    """
    if "target_structures" not in samples:
        return run(**samples)
    state = first_state(samples["reference_image"], samples["reference_structure"])
    return _stacked(sequence(run, state, samples["target_structures"]))


def differences(expected, found):
    """{output name: largest absolute difference}, for flows divided by max(1, largest absolute flow expected).

    Args:
        expected, found: {output name: array}; a picture may be uint8.

    Raises:
        GflaError: the names or a shape differ.
    """
    if expected.keys() != found.keys():
        raise GflaError(f"The outputs are {sorted(found)} instead of {sorted(expected)}.")
    result = {}
    for name, reference in expected.items():
        reference, value = as_float(reference), as_float(found[name])
        if reference.shape != value.shape:
            raise GflaError(f"The output {name} has shape {value.shape} instead of {reference.shape}.")
        scale = max(1.0, np.abs(reference).max()) if name.startswith("flow_") else 1.0
        result[name] = float(np.abs(value - reference).max() / scale)
    return result


def as_float(value):
    """An output as float64; uint8 pictures become [-1, 1]."""
    value = np.asarray(value)
    return value * LEVEL - 1 if value.dtype == np.uint8 else value.astype(np.float64)


def rounding_limits(outputs):
    """What `require_agreement` may allow for the found picture.

    One that is rounded to uint8 may differ by half a level more than `TOLERANCE`. Where `flow_0` carries pixels along, what is
    made of them (the picture, what is drawn, roles, the outline) may differ by `TOLERANCE` for every pixel of the largest flow,
    for that is what flows themselves may; at most by a level.

    Args:
        outputs: {output name: array} that were found.
    """
    limits = dict.fromkeys(outputs, TOLERANCE)
    if "flow_0" in outputs:
        farthest = float(np.abs(outputs["flow_0"]).max(initial=1.0))
        carried = min(TOLERANCE * max(1.0, farthest), LEVEL)
        limits |= {name: carried for name in outputs if not name.startswith(("flow_", "mask_"))}
    for name, value in outputs.items():
        limits[name] += LEVEL / 2 if value.dtype == np.uint8 else 0
    return limits


def require_agreement(found, name, limits=None):
    """Raises a `GflaError` if a difference is no number or exceeds `TOLERANCE`.

    Args:
        found: what `differences` gives.
        name: of the converted network.
        limits: {output name: what to allow instead of `TOLERANCE`}, see `magnified_limits`.
    """
    limits = limits or dict.fromkeys(found, TOLERANCE)
    # `not <=` rather than `>`: NaN has to fail.
    if wrong := {output: value for output, value in found.items() if not value <= limits[output]}:
        listed = ", ".join(f"{output} by {value:.1e}" for output, value in wrong.items())
        raise GflaError(
            f"{name} differs from the Keras model by more than {TOLERANCE:g} ({listed}): nothing was written; "
            "check that the weights are finite."
        )


def magnified_limits(run, samples, expected, found):
    """What an animation may differ by if it magnifies small differences from frame to frame, as an untrained one may.

    The Keras model continues from the first frame that the converted one drew, if that agrees. What then comes of that frame's
    difference, times the number of frames, each of which adds one like it, is allowed; at most 100 times `TOLERANCE`.

    Args:
        run: the Keras model, as for `outputs_for`.
        samples: of an animation.
        expected, found: outputs of the Keras model and of the converted network.

    Returns:
        {output name: limit}, or None where the first frame differs already.
    """
    first = [{name: value[0] for name, value in outputs.items()} for outputs in (expected, found)]
    if not max(differences(*first).values()) <= TOLERANCE:
        return None
    structures = samples["target_structures"]
    state = first_state(samples["reference_image"], samples["reference_structure"])
    state = next_state(state, structures[0], found["generated"][0])
    others = {name: value[1:] for name, value in expected.items()}
    magnified = differences(others, _stacked(sequence(run, state, structures[1:])))
    return {
        name: min(max(len(structures) * value, TOLERANCE), 100 * TOLERANCE)
        for name, value in magnified.items()
    }


def _stacked(frames):
    frames = list(frames)
    return {name: np.stack([frame[name] for frame in frames]) for name in frames[0]}
