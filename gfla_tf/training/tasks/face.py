"""Face animation (TIP 2020): a face of one picture moves and talks like the face of a video."""

import numpy as np
import tensorflow as tf

from gfla_tf.data.prepared_clips import ClipSamples
from gfla_tf.keypoints.face_structure import (
    CURVES,
    FACE_CHANNELS,
    POINTS,
    SCALE,
    face_maps,
    structure_picture,
)
from gfla_tf.synthetic.bodies.talking import render_clips as render_talkers
from gfla_tf.synthetic.faces.talking_clips import render_clips
from gfla_tf.training.tasks.clip import ClipTask


class FaceTask(ClipTask):
    """Clips of faces, with the 16 maps drawn from 68 points for structures.

    The flow to the previous frame is judged in the frame that was generated before, not in the true one, and the video
    discriminator sees differences of three consecutive frames.
    """

    datasets = ("synthetic_faces", "synthetic_bodies", "faceforensics")
    prepared_datasets = ("faceforensics",)
    datasets_with_flow = ("synthetic_faces", "synthetic_bodies")
    subject = "face"
    previous = "generated"
    video = "differences"

    def generator_settings(self):
        return {"structure_channels": FACE_CHANNELS}

    def render(self, image_size, split, seed, clips, length):
        draw = render_talkers if self.config.data.dataset == "synthetic_bodies" else render_clips
        return draw(image_size, split, seed, clips, length)

    def clips(self, builder, split):
        return ClipSamples(builder, split, structure=("points", (POINTS, 2)), make_structure=_drawn)

    def draw(self, structures, image_size):
        return tf.cast(structures, tf.float32) * SCALE

    def picture(self, structure):
        return structure_picture(structure)

    def description(self, generator):
        return {"structure": {"drawing": 1, "distances": len(CURVES), "labels": 1}}


def _drawn(points, image):
    """`face_maps` of the tensors of a record."""
    maps = tf.numpy_function(_maps, (points, image), tf.uint8, stateful=False)
    return tf.ensure_shape(maps, (*image.shape[:2], FACE_CHANNELS))


def _maps(points, image):
    return face_maps(points, image.shape[:2], np.ascontiguousarray(image))
