"""What differs from task to task when a network is exported: the tables `TASKS` and `DRAWINGS`, and the shapes of the inputs."""

import dataclasses
from collections.abc import Callable

from gfla_tf.keypoints import poses
from gfla_tf.keypoints.dance_structure import LIMB_SIGMA, dance_maps
from gfla_tf.keypoints.face_structure import CURVES
from gfla_tf.keypoints.joint_orders import COCO_17, H36M_17
from gfla_tf.keypoints.poses import JOINTS
from gfla_tf.keypoints.views import AZIMUTHS, ELEVATIONS
from gfla_tf.ops import heat_maps
from gfla_tf.ops.dance_structure import dance_structure

# What the inputs that carry an animation's state are, at the first step and after each. The others stay as they are.
STATE = {
    "first": {"previous_image": "reference_image", "previous_structure": "reference_structure"},
    "next": {"previous_image": "generated", "previous_structure": "target_structure"},
}


def _pose(_, settings):
    return {"joints": JOINTS, **{name: settings[name] for name in ("heat_map_sigma", "limb_sigma")}}


def _dance(_, settings):
    return {
        "structure": {"heat_maps": len(H36M_17), "skeleton": 3},
        "joints": H36M_17,
        "heat_map_sigma": settings["heat_map_sigma"],
        "limb_sigma": settings["limb_sigma"] or LIMB_SIGMA,
    }


def _face(*_):
    return {"structure": {"drawing": 1, "distances": len(CURVES), "labels": 1}}


def _view(*_):
    return {"azimuths": AZIMUTHS, "elevations": ELEVATIONS}


def _motion(network, _):
    return {
        "frames": network.frames,
        "receptive_field": network.receptive_field,
        "joints": COCO_17,
        "clean_joints": H36M_17,
        "coordinates": "y of all joints, then x of all joints, both as 2 v / image width - 1",
    }


# {task: function from the network and the settings of its training's data to the task's own fields of the description}
TASKS = {"pose": _pose, "dance": _dance, "face": _face, "view": _view, "motion": _motion}


@dataclasses.dataclass(frozen=True)
class Drawing:
    """How the maps that a network sees are drawn from keypoints.

    Attributes:
        joints: number of keypoints.
        draw: function from keypoints (batch, joints, 3), (height, width) and the settings of the training's data to maps, out of
            operations that LiteRT has.
        draw_arrays: the same in NumPy.
    """

    joints: int
    draw: Callable
    draw_arrays: Callable


def _draw_pose(keypoints, size, settings):
    return heat_maps.pose_maps(keypoints, size, settings["heat_map_sigma"], settings["limb_sigma"])


def _pose_arrays(keypoints, size, settings):
    return poses.pose_maps(keypoints, size, settings["heat_map_sigma"], settings["limb_sigma"])


def _draw_dance(keypoints, size, settings):
    return dance_structure(keypoints, size, settings["heat_map_sigma"], settings["limb_sigma"] or LIMB_SIGMA)


def _dance_arrays(keypoints, size, settings):
    return dance_maps(keypoints, size, settings["heat_map_sigma"], settings["limb_sigma"] or LIMB_SIGMA)


# Of the tasks whose maps can be drawn inside the graph. (A face's need the edges of its photograph.)
DRAWINGS = {
    "pose": Drawing(len(JOINTS), _draw_pose, _pose_arrays),
    "dance": Drawing(len(H36M_17), _draw_dance, _dance_arrays),
}


def is_recurrent(generator):
    """Whether a generator is one step of an animation, whose state goes in and of which the next one is made."""
    return "previous_image" in generator.input


def fixed_shapes(generator):
    """{input name: shape without the batch}, where extents that are open, those of sequences, are what its `frames` take."""
    frames = getattr(generator, "frames", 1) + getattr(generator, "receptive_field", 1) - 1
    return {
        name: tuple(frames if extent is None else extent for extent in tensor.shape[1:])
        for name, tensor in generator.input.items()
    }
