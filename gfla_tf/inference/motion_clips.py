"""Motion clips as keypoints: what a photo is danced by where no film is given."""

import numpy as np

from gfla_tf.errors import GflaError
from gfla_tf.keypoints.poses import JOINTS
from gfla_tf.synthetic.bodies.keypoints import BONES
from gfla_tf.synthetic.bodies.motions import motions

SIZE = 256  # pixels that a standing person's legs and trunk take, about

# Places of the face from the base of the skull along the head's axes: to its left, up and forward, in lengths of the neck.
_FACE = {
    "nose": (0, 0.75, 1.1),
    "right_eye": (-0.3, 1.05, 0.9),
    "left_eye": (0.3, 1.05, 0.9),
    "right_ear": (-0.7, 0.85, 0.1),
    "left_ear": (0.7, 0.85, 0.1),
}


def clip_keypoints(name, fps, view=0.0):
    """The 18 joints of a clip as a camera far away sees them.

    Args:
        name: of a clip, such as "dance".
        fps: frames per second.
        view: radians by which the dancer is turned, about the vertical.

    Returns:
        (frames, 18, 3) float32: x, y in pixels and a confidence of 1.

    Raises:
        GflaError: there is no such clip, or the clips cannot be fetched.

    Example:
        >>> clip_keypoints("dance", fps=15).shape
        (160, 18, 3)
    """
    clips = motions()
    if name not in clips:
        raise GflaError(f"There is no motion clip {name!r}: choose one of {', '.join(clips)}.")
    times = np.arange(0, clips[name].length, 1 / fps)
    return np.stack([_seen(*clips[name].place(time)[:2], view) for time in times])


def _seen(place, head, view):
    turn = np.array([[np.cos(view), 0, np.sin(view)], [0, 1, 0], [-np.sin(view), 0, np.cos(view)]])
    found = {
        f"{s.lower()}_{joint}": place[s + bone] for s in ("Left", "Right") for joint, bone in BONES.items()
    }
    found["neck"] = (found["left_shoulder"] + found["right_shoulder"]) / 2
    unit = np.linalg.norm(place["Head"] - place["Neck"])
    across = head[:, 0] * (np.sign(head[:, 0] @ (found["left_shoulder"] - found["right_shoulder"])) or 1)
    axes = np.stack([across, head[:, 1], head[:, 2]], axis=1)
    found |= {name: place["Head"] + unit * axes @ np.array(where) for name, where in _FACE.items()}
    points = np.stack([found[name] for name in JOINTS]) @ turn.T
    legs = np.linalg.norm(place["LeftLeg"] - place["LeftUpLeg"]) + np.linalg.norm(
        place["LeftFoot"] - place["LeftLeg"]
    )
    scale = 0.5 * SIZE / legs
    xy = np.stack([points[:, 0], -points[:, 1]], axis=1) * scale
    return np.concatenate([xy, np.ones((len(JOINTS), 1))], axis=1).astype(np.float32)
