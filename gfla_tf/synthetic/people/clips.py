"""Clips: a person in motion before a camera that stands still, with exact flow to a reference frame and to the frame before."""

import dataclasses

import numpy as np

from gfla_tf.errors import GflaError
from gfla_tf.synthetic.people import camera, correspondence, skeleton
from gfla_tf.synthetic.people.body import SIDES
from gfla_tf.synthetic.people.frame import render
from gfla_tf.synthetic.people.motion import draw_motion


@dataclasses.dataclass(frozen=True)
class Clip:
    """A reference frame and the T frames of a clip of the same person. The frame before the first one is the reference.

    Attributes:
        images: (1 + T, H, W, 3) uint8 RGB, the reference first.
        keypoints: (1 + T, 18, 3) float32, see `Frame`; of faces (1 + T, 68, 2), see `FaceFrame`.
        persons: (1 + T, H, W) bool, the pixels that show the person.
        flow_reference, flow_previous: (T, H, W, 2) float32, from each frame to the reference and to the frame before, see
            `correspondence.flow`.
        visibility_reference, visibility_previous: (T, H, W) bool.
    """

    images: np.ndarray
    keypoints: np.ndarray
    persons: np.ndarray
    flow_reference: np.ndarray
    visibility_reference: np.ndarray
    flow_previous: np.ndarray
    visibility_previous: np.ndarray


def film(person, draws, image_size, length):
    """A random Clip of `length` frames.

    The reference is a moment of the same motion, 12 to 45 frames before the clip begins.

    Args:
        person: Identity, see people.py.
        draws: Draws.
        image_size: (height, width).
        length: frames of the clip, at least 1.
    """
    if length < 1:
        raise GflaError(f"A clip cannot have {length} frames: give it at least one.")
    motion = draw_motion(draws, person.style.freedom)
    before = int(draws.uniform(12, 46))
    parts, joints, path = _performed(person.body, motion, before + length)
    shown = [0, *range(before, before + length)]
    to_image, joints = camera.film(
        parts[shown], joints[shown], path[shown], person.body, person.framing, image_size, draws
    )
    look = person.body, person.appearance, person.light, person.background
    return joined(
        [render(*look, *placed) for placed in zip(to_image, joints, strict=True)], correspondence.flow
    )


def joined(rendered, flow):
    """The Clip of a reference and the frames after it, which `flow(source, target)` gives the flow of."""
    reference, *frames = rendered
    to_reference = [flow(reference, frame) for frame in frames]
    to_previous = [flow(*pair) for pair in zip([reference, *frames[:-1]], frames, strict=True)]
    return Clip(
        *(np.stack([getattr(f, name) for f in rendered]) for name in ("image", "keypoints", "person")),
        *(np.stack(column) for flows in (to_reference, to_previous) for column in zip(*flows, strict=True)),
    )  # fmt: skip


def trace(person, draws, image_size, length):
    """The joints alone of a random clip without a reference, which cost little: (length, 18, 3) float32, see `Frame.keypoints`.

    All confidences are 1: the camera sees to it that the person stays in the picture. Arguments as for `film`.
    """
    if length < 1:
        raise GflaError(f"A clip cannot have {length} frames: give it at least one.")
    motion = draw_motion(draws, person.style.freedom)
    moved = _performed(person.body, motion, length)
    _, joints = camera.film(*moved, person.body, person.framing, image_size, draws)
    xy = np.round(joints * 64) / 64
    return np.concatenate([xy, np.ones_like(xy[..., :1])], axis=-1).astype(np.float32)


def _performed(body, motion, count):
    """A motion's first `count` frames: parts and joints with the pelvis at the origin, and (count, 3) the pelvis's path.

    The feet that carry the person stay where they are, so that the rest of the body moves over them.
    """
    placed = [skeleton.place(body, motion.angles(time)) for time in range(count)]
    parts, joints = (np.stack(column) for column in zip(*placed, strict=True))
    soles = parts[:, [body.index[f"{side}_foot"] for side in SIDES]]  # (count, 2, 3, 4)
    lowest = np.array([camera.boxes(frame, body)[0][:, 1] for frame in parts])  # (count, parts)
    floor = lowest.min(axis=1)
    above = lowest[:, [body.index[f"{side}_foot"] for side in SIDES]] - floor[:, None]
    carries = 1 / (above + 0.01) ** 2
    carries = carries / carries.sum(axis=1, keepdims=True)
    moved = np.diff(soles[..., 3], axis=0)  # (count - 1, 2, 3)
    steps = -(0.5 * (carries[1:] + carries[:-1])[..., None] * moved).sum(axis=1)
    path = np.concatenate([np.zeros((1, 3)), np.cumsum(steps, axis=0)])
    path[:, 1] = [motion.lift(time) for time in range(count)] - floor
    return parts, joints, path
