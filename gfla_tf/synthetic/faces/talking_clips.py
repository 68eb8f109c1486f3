"""Rendered clips of synthetic faces, for face animation."""

import numpy as np

from gfla_tf.data.clips import ClipBank
from gfla_tf.keypoints.face_structure import face_maps
from gfla_tf.synthetic.faces import SyntheticFaces
from gfla_tf.synthetic.parallel import parallel_map


def render_clips(image_size, split, seed, identities, length, draw=face_maps):
    """Renders a clip of `length` frames of each of `identities` synthetic faces on all cores.

    Args:
        draw: function from points, (height, width) and the image to maps (H, W, 16) uint8.

    Returns:
        `ClipBank.of` them, with what `draw` gives for structures.
    """
    faces = SyntheticFaces(image_size, split, seed)
    rendered = parallel_map(_render, [(faces, i, length, draw) for i in range(identities)], "rendering clips")
    return ClipBank.of(*zip(*rendered, strict=True))


def _render(arguments):
    faces, identity, length, draw = arguments
    clip = faces.clip(identity, 0, length)
    pictures = zip(clip.keypoints, clip.images, strict=True)
    return clip, np.stack([draw(points, faces.image_size, image) for points, image in pictures])
