"""What Keras needs to know to load a `.keras` file of ours after no more than `import gfla_tf`.

Keras finds classes by the names under which they registered, which happens when their modules are imported; `import gfla_tf`
imports none of them, so that it takes no time. Until they are, stand-ins registered under their names import them when a file
asks. Keras itself may be imported before or after, so the stand-ins are registered when it is there.
"""

import importlib
import importlib.util
import sys

# All classes that register, by their modules: `tests/test_public_api.py` compares.
_CLASSES = {
    "layers.attention": "BilinearSampling GlobalAttention LocalAttention",
    "layers.blocks": "DecoderBlock EncoderBlock ImageOutput Jump ResBlock",
    "layers.convolution": "UpsamplingConvolution",
    "layers.dropout": "Dropout",
    "layers.limb_flow": "LimbFlow",
    "layers.normalization": "AdaptiveNormalization FoldedInstanceNormalization InstanceNormalization SequenceNormalization",
    "layers.spectral_norm": "SpectralConv2D SpectralConv3D",
    "layers.tile": "Tile",
    "models.correspondence_features": "CorrespondenceFeatures",
    "models.dance_generator": "DanceGenerator",
    "models.discriminators": "DiscriminatorBlock DiscriminatorBlock3D MergeTime PatchDiscriminator ResidualDiscriminator "
    "TemporalDiscriminator",
    "models.face_generator": "FaceGenerator",
    "models.flow_estimator": "FaceFlowEstimator FlowEstimator ViewFlowEstimator",
    "models.motion_extraction": "MotionExtraction",
    "models.people_generator": "PeopleGenerator",
    "models.pose_generator": "PoseGenerator",
    "models.source_encoder": "SourceEncoder",
    "models.target_net": "Blend TargetNet ViewTargetNet",
    "models.texture_head": "Channels Choice Enlarging Shares Strongest TextureHead",
    "models.view_generator": "ViewGenerator",
    "training.gfla": "GFLA",
    "training.optimizers": "PyTorchAdam",
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
    for module, names in _CLASSES.items():
        for name in names.split():
            registered.setdefault(f"gfla_tf>{name}", _StandIn(f"gfla_tf.{module}", name))


class _Watcher:
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
