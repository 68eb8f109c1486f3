"""Motion extraction at work: a noisy sequence of any length in, clean joints out. NumPy only, whatever runs the network."""

import numpy as np

from gfla_tf.keypoints.joint_orders import from_coco, to_h36m
from gfla_tf.keypoints.sequences import filled, to_coordinates, to_points


def clean_motion(run, keypoints, width, frames=24, receptive_field=81):
    """Clean joints of a detected sequence.

    The network sees windows of the length that it was trained on, one after the other: its normalization and its feature are
    taken over the whole input, so that in one long window both would be others than in training. Beyond the ends of the sequence
    its first or last frame is repeated, as in training; what is missing is filled in by `filled`. The memory it takes does not
    grow with the sequence.

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


def published_windows(keypoints, image_size, frames=24, receptive_field=81):
    """What the published network is given of a film.

    Windows follow each other, the last one moved back to end with the film. Coordinates are 2 v / extent - 1 of width and height
    alike; a joint that is missing is at -1, and where nobody is, all are 0.

    Args:
        keypoints: (T, 17, 3) in the order `COCO_17`: x, y in pixels and a confidence, 0 where missing.
        image_size: (height, width) of the film.
        frames, receptive_field: of the network.

    Returns:
        (windows, frames + receptive_field - 1, 34) float32, and the numbers of the frames that their outputs belong to,
        (windows, frames).
    """
    keypoints = np.asarray(keypoints, np.float64)
    seen = keypoints[..., 2:] > 0
    places = np.where(seen, 2 * keypoints[..., :2] / image_size[::-1] - 1, -1)
    places = np.where(seen.any(axis=1, keepdims=True), places, 0)
    coordinates = np.concatenate([places[..., 1], places[..., 0]], axis=-1).astype(np.float32)
    begins = [*range(0, len(places) - frames, frames), max(0, len(places) - frames)]
    outputs = np.array(begins)[:, None] + np.arange(frames)
    before = (receptive_field - 1) // 2
    inputs = np.array(begins)[:, None] + np.arange(-before, frames + receptive_field - 1 - before)
    last = len(places) - 1
    return coordinates[inputs.clip(0, last)], outputs.clip(0, last)


def published_joints(clean, image_size):
    """Joints (T, 17, 3) in pixels of (height, width) images, with a confidence of 1, of the network's output (T, 34)."""
    y, x = np.split(np.asarray(clean, np.float64), 2, axis=-1)
    return np.stack([(x + 1) / 2 * image_size[1], (y + 1) / 2 * image_size[0], np.ones_like(x)], axis=-1)


def clean_as_published(run, keypoints, image_size, frames=24, receptive_field=81):
    """Clean joints of a detected sequence as the published network is used, (T, 17, 3) in the order `H36M_17`.

    Arguments as for `clean_motion`, but for image_size, (height, width).
    """
    windows, numbers = published_windows(keypoints, image_size, frames, receptive_field)
    joints = np.empty((len(keypoints), 17, 3), np.float32)
    for window, belongs in zip(windows, numbers, strict=True):
        joints[belongs] = published_joints(run(keypoints=window[None])["clean"][0], image_size)
    return joints


def _known(keypoints, reach):
    """(T, 17) float32, 1 where a joint of `H36M_17`, or all that it is made of, was seen at most `reach` frames away."""
    seen = np.asarray(keypoints)[..., 2] > 0
    total = np.concatenate([np.zeros((1, seen.shape[1]), int), seen.cumsum(axis=0)])
    time = np.arange(len(seen))
    near = total[np.minimum(time + reach + 1, len(seen))] > total[np.maximum(time - reach, 0)]
    near = np.where(near[..., None], np.float32(1), np.float32(0))
    return to_h36m(from_coco(np.concatenate([near, near, near], axis=-1)))[..., 2]
