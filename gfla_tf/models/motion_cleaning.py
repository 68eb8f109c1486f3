"""Motion extraction at work: a noisy sequence of any length in, clean joints out. NumPy only, whatever runs the network."""

import numpy as np

from gfla_tf.keypoints.joint_orders import from_coco, to_h36m
from gfla_tf.keypoints.sequences import filled, to_coordinates, to_points


def clean_motion(run, keypoints, width, frames=24, receptive_field=81):
    """Clean joints of a detected sequence.

    The network sees windows of the length that it was trained on, one after the other: its normalisation and its feature are
    taken over the whole input, so that in one long window both would be others than in training. Beyond the ends of the sequence
    its first or last frame goes on, as in training; what is missing is filled in by `filled`. The network's memory does not grow
    with the sequence.

    Args:
        run: function from keypoints (1, frames + receptive_field - 1, 34) to {"clean": (1, frames, 34)}.
        keypoints: (T, 17, 3) in the order `COCO_17`: x, y in pixels and a confidence, 0 where missing; T is at least 1.
        width: of the image in pixels.
        frames, receptive_field: of the network.

    Returns:
        (T, 17, 3) float32 in the order `H36M_17`. Confidence is 1, or 0 where the joint, or one that it is made of, was seen
        in none of the receptive field's frames around: there the network had nothing to go by.

    Raises:
        GflaError: fewer than `MIN_JOINTS` joints are ever seen.
    """
    before = (receptive_field - 1) // 2
    noisy = to_coordinates(filled(keypoints), width)
    clean = np.empty_like(noisy)
    for begin in range(0, len(noisy), frames):
        window = begin - before + np.arange(frames + receptive_field - 1)
        given = noisy[window.clip(0, len(noisy) - 1)]
        part = clean[begin : begin + frames]
        part[:] = run(keypoints=given[None])["clean"][0, : len(part)]
    return np.concatenate([to_points(clean, width), _known(keypoints, before)[..., None]], axis=-1)


def _known(keypoints, reach):
    """(T, 17) float32, 1 where a joint of `H36M_17`, or all that it is made of, was seen at most `reach` frames away."""
    seen = np.asarray(keypoints)[..., 2] > 0
    total = np.concatenate([np.zeros((1, seen.shape[1]), int), seen.cumsum(axis=0)])
    time = np.arange(len(seen))
    near = total[np.minimum(time + reach + 1, len(seen))] > total[np.maximum(time - reach, 0)]
    near = np.where(near[..., None], np.float32(1), np.float32(0))
    return to_h36m(from_coco(np.concatenate([near, near, near], axis=-1)))[..., 2]
