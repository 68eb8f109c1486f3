"""Synthetic faces: rendered heads that turn and talk, with 68 points and exact flow between frames. NumPy only.

`SyntheticFaces` is the dataset. One idea a file: anatomy (proportions and relief), expression (skin that moves), hair (and hats),
surface (rays, layers, normals), neck_and_ears (what is around the head), appearance (colors, styles), paint, eyes_and_mouth and
blending (painting), motion, points, frame (renderer), correspondence (flow).
"""

from gfla_tf.synthetic.faces.faces import SyntheticFaces
from gfla_tf.synthetic.faces.frame import FaceFrame

__all__ = ["FaceFrame", "SyntheticFaces"]
