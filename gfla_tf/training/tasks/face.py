"""Face animation (TIP 2020): a face of one picture moves and talks like the face of a video."""

import numpy as np
import tensorflow as tf

from gfla_tf.data.video_clips import ClipSamples, Structure
from gfla_tf.keypoints.face_structure import (
    CURVES,
    FACE_CHANNELS,
    POINTS,
    SCALE,
    face_maps,
    structure_picture,
)
from gfla_tf.keypoints.published_face import SCALE as PUBLISHED_SCALE
from gfla_tf.keypoints.published_face import published_maps
from gfla_tf.synthetic.bodies.talking import render_clips as render_talkers
from gfla_tf.synthetic.faces.talking_clips import render_clips
from gfla_tf.training.tasks.clip import ClipTask


class FaceTask(ClipTask):
    """Clips of faces, with the 16 maps drawn from 68 points for structures.

    The flow to the previous frame is judged in the frame that was generated before, not in the true one, and the video
    discriminator sees differences of three consecutive frames.
    """

    datasets = ("synthetic_faces", "synthetic_bodies", "faceforensics", "folder")
    prepared_datasets = ("faceforensics", "folder")
    folder_builder = "folder_face"
    datasets_with_flow = ("synthetic_faces", "synthetic_bodies")
    subject = "face"
    previous = "generated"
    video = "differences"

    def generator_settings(self):
        return {"structure_channels": FACE_CHANNELS}

    def render(self, image_size, split, seed, clips, length):
        render = render_talkers if self.config.data.dataset == "synthetic_bodies" else render_clips
        return render(
            image_size, split, seed, clips, length, published_maps if self.is_published else face_maps
        )

    @property
    def is_published(self):
        """Whether faces are drawn as for the published networks."""
        return self.config.data.drawing == "published"

    def clips(self, builder, split):
        if self.is_published:
            shape = (*builder.builder_config.image_size, FACE_CHANNELS)
            structure = Structure({"structure": tf.io.FixedLenFeature((), tf.string)}, _prepared(shape))
        else:
            points = {"points": tf.io.FixedLenFeature((POINTS, 2), tf.float32)}
            structure = Structure(points, lambda parsed, image, role: _drawn(parsed["points"], image))
        return ClipSamples(builder, split, structure)

    def stored(self, record, role):
        return record["structure"] if self.is_published else _maps(record["points"], record["image"])

    def structures(self, stored, image_size, role):
        return tf.cast(stored, tf.float32) * (PUBLISHED_SCALE if self.is_published else SCALE)

    def picture(self, structure):
        return structure_picture(structure)

    def description(self, generator):
        structure = {"drawing": 1, "distances": len(CURVES), "labels": 1}
        return {"structure": structure, "drawing": self.config.data.drawing}


def _prepared(shape):
    """The maps (H, W, 16) uint8 that the builder of the dataset has drawn and compressed."""

    def decoded(parsed, image, role):
        values = tf.io.decode_raw(tf.io.decode_compressed(parsed["structure"], "ZLIB"), tf.uint8)
        return tf.reshape(values, shape)

    return decoded


def _drawn(points, image):
    """`face_maps` of the tensors of a record."""
    maps = tf.numpy_function(_maps, (points, image), tf.uint8, stateful=False)
    return tf.ensure_shape(maps, (*image.shape[:2], FACE_CHANNELS))


def _maps(points, image):
    return face_maps(points, image.shape[:2], np.ascontiguousarray(image))
