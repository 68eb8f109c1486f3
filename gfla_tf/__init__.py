"""Global-Flow Local-Attention (GFLA) image spatial transformation on TensorFlow and Keras 3.

>>> import gfla_tf
>>> generator = gfla_tf.PoseGenerator.from_preset("pose_deepfashion", weights="latest_net_G.pth")
>>> outputs = generator({"source_image": ..., "source_pose": ..., "target_pose": ...})
>>> outputs["generated"], outputs["flow_3"], outputs["mask_3"]

Arrays are NHWC, images float32 in [-1, 1]; a flow is (x, y) in pixels of its level, from target to source. All conventions are in
docs/conventions.md, an example of everything here in docs/api.md. Names are imported when they are first used.

Papers: "Deep Image Spatial Transformation for Person Image Generation" (CVPR 2020, arXiv 2003.00696) and "Deep Spatial
Transformation for Pose-Guided Person Image Generation and Animation" (TIP 2020, arXiv 2008.12606).
"""

import importlib
from typing import TYPE_CHECKING

__version__ = "0.1.0"

_HOMES = {
    "gfla_tf.errors": ("GflaError",),
    "gfla_tf.export.convert.api": ("convert", "export_litert"),
    "gfla_tf.layers.attention": ("BilinearSampling", "GlobalAttention", "LocalAttention"),
    "gfla_tf.layers.limb_flow": ("LimbFlow",),
    "gfla_tf.litert.runner": ("TFLiteModel",),
    "gfla_tf.models.animation": ("animate",),
    "gfla_tf.models.dance_generator": ("DanceGenerator",),
    "gfla_tf.models.discriminators": (
        "PatchDiscriminator",
        "ResidualDiscriminator",
        "TemporalDiscriminator",
    ),
    "gfla_tf.models.face_generator": ("FaceGenerator",),
    "gfla_tf.models.flow_estimator": ("FaceFlowEstimator", "FlowEstimator", "ViewFlowEstimator"),
    "gfla_tf.models.motion_extraction": ("MotionExtraction",),
    "gfla_tf.models.people_generator": ("PeopleGenerator",),
    "gfla_tf.models.pose_generator": ("PoseGenerator",),
    "gfla_tf.models.preset_folder": ("save_preset",),
    "gfla_tf.models.preset_table": ("presets",),
    "gfla_tf.models.view_generator": ("ViewGenerator",),
    "gfla_tf.training.gfla": ("GFLA",),
    "gfla_tf.training.load": ("from_preset", "load"),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}
__all__ = sorted(_HOME)


def __getattr__(name):
    if name not in _HOME:
        raise AttributeError(f"module 'gfla_tf' has no attribute {name!r}")
    value = globals()[name] = getattr(importlib.import_module(_HOME[name]), name)
    return value


def __dir__():
    return sorted({*globals(), *__all__})


if TYPE_CHECKING:  # for editors and type checkers, which do not run __getattr__
    from gfla_tf.errors import GflaError
    from gfla_tf.export.convert.api import convert, export_litert
    from gfla_tf.layers.attention import BilinearSampling, GlobalAttention, LocalAttention
    from gfla_tf.layers.limb_flow import LimbFlow
    from gfla_tf.litert.runner import TFLiteModel
    from gfla_tf.models.animation import animate
    from gfla_tf.models.dance_generator import DanceGenerator
    from gfla_tf.models.discriminators import (
        PatchDiscriminator,
        ResidualDiscriminator,
        TemporalDiscriminator,
    )
    from gfla_tf.models.face_generator import FaceGenerator
    from gfla_tf.models.flow_estimator import FaceFlowEstimator, FlowEstimator, ViewFlowEstimator
    from gfla_tf.models.motion_extraction import MotionExtraction
    from gfla_tf.models.people_generator import PeopleGenerator
    from gfla_tf.models.pose_generator import PoseGenerator
    from gfla_tf.models.preset_folder import save_preset
    from gfla_tf.models.preset_table import presets
    from gfla_tf.models.view_generator import ViewGenerator
    from gfla_tf.training.gfla import GFLA
    from gfla_tf.training.load import from_preset, load

from gfla_tf.keras_names import register_when_imported  # noqa: E402

register_when_imported()
