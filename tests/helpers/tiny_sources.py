"""What can be converted, in small: a network of each task that draws, with weights by the recording rule."""

from gfla_tf.export.convert.sources import Source

from gfla_tf.models.presets import create_generator
from gfla_tf.training.tasks import task_named
from tests.helpers.rule_weights import fill
from tests.helpers.tiny_networks import TINY_NETWORK

PRESETS = {
    "pose": "pose_deepfashion",
    "dance": "dance_fashionvideo",
    "face": "face_forensics",
    "view": "view_shapenet",
}


def tiny_source(task, data, **settings):
    """The `Source` of a task's network; `data` and `settings` are those of its data and of its generator."""
    generator = fill(create_generator(PRESETS[task], **{**TINY_NETWORK, **settings}))
    weights = {"origin": "the recording rule", "license": "ours"}
    return Source(generator, task_named(task, **data), task, None, weights)
