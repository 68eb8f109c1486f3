"""What Keras needs to know to load a `.keras` file of ours after no more than `import gfla_tf`.

Keras finds classes by the names under which they registered, which happens when their modules are imported; `import gfla_tf`
imports none of them, so that it takes no time. Until they are, stand-ins registered under their names import them when a file
asks. Keras itself may be imported before or after, so the stand-ins are registered when it is there.
"""

import importlib
import importlib.abc
import importlib.util
import sys

# Classes that stand at the root of files, by their modules. Layers inside are built by them, and registered with them.
_MODELS = {
    "gfla_tf.models.pose_generator": ("PoseGenerator",),
    "gfla_tf.models.dance_generator": ("DanceGenerator",),
    "gfla_tf.models.face_generator": ("FaceGenerator",),
    "gfla_tf.models.view_generator": ("ViewGenerator",),
    "gfla_tf.models.motion_extraction": ("MotionExtraction",),
    "gfla_tf.models.discriminators": (
        "ResidualDiscriminator",
        "TemporalDiscriminator",
        "PatchDiscriminator",
        "DiscriminatorBlock",
        "DiscriminatorBlock3D",
    ),
    "gfla_tf.models.flow_estimator": ("FlowEstimator", "FaceFlowEstimator", "ViewFlowEstimator"),
    "gfla_tf.models.source_encoder": ("SourceEncoder",),
    "gfla_tf.models.target_net": ("TargetNet", "ViewTargetNet"),
    "gfla_tf.training.gfla": ("GFLA",),
    "gfla_tf.layers.attention": ("LocalAttention", "BilinearSampling", "GlobalAttention"),
    "gfla_tf.layers.limb_flow": ("LimbFlow",),
    "gfla_tf.layers.blocks": ("EncoderBlock", "DecoderBlock", "ResBlock", "Jump", "ImageOutput"),
    "gfla_tf.layers.normalization": ("InstanceNormalization",),
    "gfla_tf.layers.spectral_norm": ("SpectralConv2D", "SpectralConv3D"),
}


class _StandIn:
    """In the place of a class whose module has not been imported."""

    def __init__(self, module, name):
        self.module, self.name = module, name

    def from_config(self, config):
        return getattr(importlib.import_module(self.module), self.name).from_config(config)


def register_when_imported():
    """Registers the stand-ins now if Keras has been imported, else as soon as it is."""
    if "keras" in sys.modules:
        _register(sys.modules["keras"])
    else:
        sys.meta_path.insert(0, _Watcher())


def _register(keras):
    try:
        registered = keras.saving.get_custom_objects()
    except AttributeError:  # it is being imported at this moment, by whoever imports us
        return
    for module, names in _MODELS.items():
        for name in names:
            registered.setdefault(f"gfla_tf>{name}", _StandIn(module, name))


class _Watcher(importlib.abc.MetaPathFinder):
    """Notices that Keras is being imported; finds nothing itself."""

    def find_spec(self, fullname, path=None, target=None):
        if fullname != "keras":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def and_register(module):
                execute(module)
                _register(module)

            spec.loader.exec_module = and_register
        return spec
