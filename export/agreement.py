"""Whether a converted network computes what the Keras model computes, on sample inputs that never change."""

import numpy as np

from gfla_tf.data.poses import JOINTS, pose_maps
from gfla_tf.errors import GflaError

# What float32 arithmetic in another order may change. Flows are in pixels: theirs is relative to max(1, largest flow).
TOLERANCE = 1e-4


def sample_inputs(generator, sigma, limb_sigma=None, seed=0):
    """Two samples: a smooth picture with poses of some missing joints, and noise in everything.

    Args:
        generator: a pose generator.
        sigma, limb_sigma: of the pose maps, in pixels, see `gfla_tf.data.poses.pose_maps`.
        seed: of the samples.

    Returns:
        {input name: (2, H, W, channels) float32}.
    """
    random = np.random.default_rng(seed)
    height, width = generator.image_size
    samples = {}
    for name, tensor in generator.input.items():
        channels = tensor.shape[-1]
        if name.endswith("_pose"):
            joints = random.uniform(0, 1, (len(JOINTS), 3)) * (width, height, 1)
            joints[:, 2] = joints[:, 2] > 0.2
            drawn, low = pose_maps(joints, (height, width), sigma, limb_sigma), 0
        else:
            y, x = np.mgrid[:height, :width] / max(height, width)
            frequency, phase = random.uniform(-20, 20, (2, channels)), random.uniform(0, 6, channels)
            drawn = np.sin(x[..., None] * frequency[0] + y[..., None] * frequency[1] + phase)
            low = -1
        noise = random.uniform(low, 1, drawn.shape)
        samples[name] = np.stack([drawn, noise]).astype(np.float32)
    return samples


def differences(expected, found):
    """{output name: largest absolute difference}, for flows divided by max(1, largest absolute flow expected).

    Args:
        expected, found: {output name: array}.

    Raises:
        GflaError: the names or a shape differ.
    """
    if expected.keys() != found.keys():
        raise GflaError(f"the outputs are {sorted(found)} instead of {sorted(expected)}.")
    result = {}
    for name, reference in expected.items():
        reference, value = np.asarray(reference, np.float64), np.asarray(found[name], np.float64)
        if reference.shape != value.shape:
            raise GflaError(f"the output {name} has shape {value.shape} instead of {reference.shape}.")
        scale = max(1.0, np.abs(reference).max()) if name.startswith("flow_") else 1.0
        result[name] = float(np.abs(value - reference).max() / scale)
    return result


def require_agreement(found, name):
    """Raises a `GflaError` if a difference exceeds `TOLERANCE` or is no number; `found` is what `differences` gives."""
    # `not <=` rather than `>`: NaN has to fail.
    if wrong := {output: value for output, value in found.items() if not value <= TOLERANCE}:
        listed = ", ".join(f"{output} by {value:.1e}" for output, value in wrong.items())
        raise GflaError(
            f"{name} differs from the Keras model by more than {TOLERANCE:g} ({listed}): nothing was written; "
            "check that the weights are finite."
        )
