"""Synthetic people: rendered persons in any pose, with exact flow between frames. NumPy only.

`SyntheticPeople` is the dataset. One idea a file: draws (random numbers), body (proportions and parts), pose (joint angles),
skeleton (kinematics), camera, appearance and texture (clothes), scene (background, light), raycast, frame (renderer),
correspondence (flow).
"""

from gfla_tf.data.synthetic.frame import Frame
from gfla_tf.data.synthetic.people import SyntheticPeople

__all__ = ["Frame", "SyntheticPeople"]
