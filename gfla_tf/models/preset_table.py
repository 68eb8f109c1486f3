"""Named settings of the networks, as plain data: which there are, and what each consists of.

A preset says which task it is for, which network its "generator" configures, what discriminators that is trained against and,
where it is not the published one of 0.02, with which gain an untrained network begins.
Those called quickstart, and `dance_framewise`, are small enough to train on two cores; the others are the published networks.
"""

import copy

from gfla_tf.errors import GflaError
from gfla_tf.keypoints.joint_orders import H36M_LIMBS
from gfla_tf.keypoints.poses import LIMBS, pose_channels
from gfla_tf.models.dance_generator import DanceGenerator
from gfla_tf.models.face_generator import FaceGenerator
from gfla_tf.models.motion_extraction import MotionExtraction
from gfla_tf.models.people_generator import PeopleGenerator
from gfla_tf.models.pose_generator import PoseGenerator
from gfla_tf.models.view_generator import ViewGenerator

_SMALL = {
    "attention_kernels": {2: 3, 1: 3},
    "attention_units": 32,
    "normalize_source": False,
    "base_channels": 16,
    "max_channels": 64,
    "flow_base_channels": 16,
    "flow_max_channels": 64,
    "flow_depth": 4,
}
_PUBLISHED = {"image_size": (256, 256), "attention_kernels": {3: 3, 2: 5}}
_PEOPLE = {
    "attention_units": 32,
    "base_channels": 16,
    "max_channels": 64,
    "flow_base_channels": 24,
    "flow_max_channels": 96,
    "flow_limbs": LIMBS,
    "pose_channels": pose_channels(limb_sigma=1),
}
_JUDGE = {"kind": "residual", "depth": 4}
_SMALL_JUDGE = {"kind": "residual", "depth": 3, "base_channels": 16, "max_channels": 64}

PRESETS = {
    # A small trunk with a head that carries the source's pixels over: for phones, and for slow ones. The trunk sees 64 x 48
    # pixels of either, so that the weights of one load into the other.
    "people_256": {
        "task": "pose",
        "network": PeopleGenerator,
        "initial_gain": 1.0,
        "generator": {
            "image_size": (256, 192),
            "pose_stride": 4,
            "attention_kernels": {4: 3, 3: 3},
            "depth": 5,
            "flow_depth": 6,
            **_PEOPLE,
        },
        "discriminator": _SMALL_JUDGE,
    },
    "people_128": {
        "task": "pose",
        "network": PeopleGenerator,
        "initial_gain": 1.0,
        "generator": {
            "image_size": (128, 96),
            "pose_stride": 2,
            "attention_kernels": {3: 3, 2: 3},
            "depth": 4,
            "flow_depth": 5,
            **_PEOPLE,
        },
        "discriminator": _SMALL_JUDGE,
    },
    "pose_deepfashion": {
        "task": "pose",
        "network": PoseGenerator,
        "generator": _PUBLISHED,
        "discriminator": _JUDGE,
    },
    "pose_market": {
        "task": "pose",
        "network": PoseGenerator,
        "generator": {"image_size": (128, 64), "attention_kernels": {2: 3}},
        "discriminator": {"kind": "residual", "depth": 3},
    },
    "pose_quickstart": {
        "task": "pose",
        "network": PoseGenerator,
        "initial_gain": 1.0,
        "generator": {**_SMALL, "image_size": (96, 64), "flow_limbs": LIMBS},
        "discriminator": _SMALL_JUDGE,
    },
    "dance_quickstart": {
        "task": "dance",
        "network": DanceGenerator,
        "initial_gain": 1.0,
        "generator": {"structure_channels": 20, "flow_limbs": H36M_LIMBS, "image_size": (64, 64), **_SMALL},
        "discriminator": _SMALL_JUDGE,
        "video_discriminator": {**_SMALL_JUDGE, "kind": "temporal", "frames": 6},
    },
    # What dances are compared with: each frame drawn from the reference alone.
    "dance_framewise": {
        "task": "dance",
        "network": PoseGenerator,
        "initial_gain": 1.0,
        "generator": {"pose_channels": 20, "flow_limbs": H36M_LIMBS, "image_size": (64, 64), **_SMALL},
        "discriminator": _SMALL_JUDGE,
    },
    "dance_fashionvideo": {
        "task": "dance",
        "network": DanceGenerator,
        "generator": {**_PUBLISHED, "structure_channels": 20},
        "discriminator": _JUDGE,
        "video_discriminator": {"kind": "temporal", "depth": 4, "frames": 6},
    },
    "face_quickstart": {
        "task": "face",
        "network": FaceGenerator,
        "initial_gain": 1.0,
        "generator": {"structure_channels": 16, "image_size": (64, 64), **_SMALL},
        "discriminator": _SMALL_JUDGE,
        "video_discriminator": {**_SMALL_JUDGE, "image_channels": 6},
    },
    "face_forensics": {
        "task": "face",
        "network": FaceGenerator,
        "generator": {**_PUBLISHED, "structure_channels": 16},
        "discriminator": _JUDGE,
        # It sees the two differences of three consecutive frames.
        "video_discriminator": {**_JUDGE, "image_channels": 6},
    },
    "view_quickstart": {
        "task": "view",
        "network": ViewGenerator,
        "initial_gain": 1.0,
        "generator": {
            **_SMALL,
            "image_size": (64, 64),
            "view_channels": 21,
            "normalize_view": False,
            "flow_depth": 5,
        },
        "discriminator": _SMALL_JUDGE,
    },
    "view_shapenet": {
        "task": "view",
        "network": ViewGenerator,
        "generator": {**_PUBLISHED, "view_channels": 21},
        "discriminator": _JUDGE,
    },
    "motion_extraction": {"task": "motion", "network": MotionExtraction, "generator": {"joints": 17}},
    "motion_quickstart": {
        "task": "motion",
        "network": MotionExtraction,
        "generator": {
            "joints": 17,
            "channels": 128,
            "dropout": 0.0,
            "relative": True,
            "initializer": "glorot_uniform",
            "frames": 72,
        },
    },
}


def preset(name):
    """The preset called `name`; a `GflaError` lists the known ones if there is none."""
    if name not in PRESETS:
        raise GflaError(f"There is no preset {name!r}: choose one of {', '.join(PRESETS)}.")
    return PRESETS[name]


def presets(task: str | None = None) -> dict[str, dict]:
    """{name: settings} of all presets, or of those of a task; plain data, whose "generator" are arguments of the constructor.

    >>> list(gfla_tf.presets("pose"))
    ['people_256', 'people_128', 'pose_deepfashion', 'pose_market', 'pose_quickstart']
    """
    return {name: copy.deepcopy(entry) for name, entry in PRESETS.items() if task in (None, entry["task"])}
