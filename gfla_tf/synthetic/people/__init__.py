"""Synthetic people: rendered persons in any pose and in motion, with exact flow between frames. NumPy only.

`SyntheticPeople` is the dataset. One idea a file: draws (random numbers), body (proportions and parts), pose (joint angles),
motion (angles over time), skeleton (kinematics), camera, appearance and texture (clothes), scene (background, light), raycast,
frame (renderer), correspondence (flow), clips (sequences of frames), pose_noise (what detectors do to joints).
"""

from gfla_tf.synthetic.people.clips import Clip
from gfla_tf.synthetic.people.frame import Frame
from gfla_tf.synthetic.people.people import SyntheticPeople

__all__ = ["Clip", "Frame", "SyntheticPeople"]
