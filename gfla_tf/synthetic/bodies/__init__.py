"""Synthetic people of the second kind: MakeHuman's rigged body in clothes, with exact flow between frames.

`SyntheticBodies` is the dataset; `gfla fetch bodies` fetches what it is made of. One idea a file: assets (what is fetched),
template (mesh and rig), shape, outfit (what is worn), garments, hair and accessories (as surfaces), palette, textures, prints,
sheets and skin (as pictures), person (all of it, one mesh), pose, random_poses and motions, camera, scene, rooms and streets,
native and raster.cc (the rasterizer), frame (renderer), keypoints, correspondence (flow), sensor (what cameras do), rendered
(banks for training). NumPy, OpenCV and a C++ compiler.
"""

from gfla_tf.synthetic.bodies.bodies import SyntheticBodies
from gfla_tf.synthetic.bodies.frame import Frame
from gfla_tf.synthetic.bodies.person import PARTS

__all__ = ["PARTS", "Frame", "SyntheticBodies"]
