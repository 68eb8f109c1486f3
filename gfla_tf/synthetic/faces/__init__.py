"""Synthetic faces: rendered heads that turn and talk, with 68 points and exact flow between frames. NumPy only.

`SyntheticFaces` is the dataset. One idea a file: anatomy (proportions and relief), expression (skin that moves), cover (hair and
hats), surface (rays, layers, normals), bust (what is around the head), look (colours and styles), paint, openings and brush
(painting), motion, points, frame (renderer), correspondence (flow).
"""

from gfla_tf.synthetic.faces.faces import SyntheticFaces
from gfla_tf.synthetic.faces.frame import FaceFrame

__all__ = ["FaceFrame", "SyntheticFaces"]
