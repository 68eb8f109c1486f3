"""Synthetic objects: rendered cars and chairs from all sides, with exact flow between views. NumPy only.

`SyntheticObjects` is the dataset. One idea a file: solids (convex bodies), cars and chairs (shapes), paint and car_paint
(textures), light, camera, raycast, view (renderer), correspondence (flow).
"""

from gfla_tf.synthetic.objects.objects import KINDS, SyntheticObjects
from gfla_tf.synthetic.objects.view import View

__all__ = ["KINDS", "SyntheticObjects", "View"]
