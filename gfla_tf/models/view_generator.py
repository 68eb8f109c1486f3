"""View synthesis: an object from another side, out of one picture."""

import keras

from gfla_tf.models.flow_estimator import ViewFlowEstimator
from gfla_tf.models.generator import Generator
from gfla_tf.models.target_net import ViewTargetNet


@keras.saving.register_keras_serializable("gfla_tf")
class ViewGenerator(Generator):
    """Turns the object of a source image to a target view (CVPR 2020, section 4.4).

    Input: dict of source_image (batch, H, W, 3) in [-1, 1]; source_view and target_view (batch, view_channels): azimuth and
    elevation, each one-hot, one behind the other.
    Output: dict of generated (batch, H, W, 3) in [-1, 1]; flow_L (batch, H/2^L, W/2^L, 2) in pixels of level L and mask_L
    (batch, H/2^L, W/2^L, 1) for each attention level L, coarsest first.

    Args:
        view_channels: length of a view; 21 for 18 azimuths and 3 elevations.
        kwargs: image_size, attention_kernels, widths and depths, see `Generator`.

    Raises:
        GflaError: the image size does not fit the depth, or an attention level does not exist.
    """

    extra_depth = 2

    def __init__(self, view_channels=21, **kwargs):
        super().__init__({"view_channels": view_channels}, **kwargs)

    @classmethod
    def assemble(cls, source_encoder, flow_settings, target_settings, view_channels):
        # === Layers ===
        parts = {
            "source_encoder": source_encoder("source_encoder"),
            "flow_estimator": ViewFlowEstimator(
                view_channels=view_channels, name="flow_estimator", **flow_settings
            ),
            "target_net": ViewTargetNet(view_channels=view_channels, name="target_net", **target_settings),
        }

        # === Functional model ===
        inputs = {
            "source_image": keras.Input((*flow_settings["image_size"], 3), name="source_image"),
            "source_view": keras.Input((view_channels,), name="source_view"),
            "target_view": keras.Input((view_channels,), name="target_view"),
        }
        flows = parts["flow_estimator"](inputs)
        features = parts["source_encoder"](inputs["source_image"])
        available = {"target_view": inputs["target_view"], **flows}
        available |= {name.replace("level", "source"): value for name, value in features.items()}
        drawn = parts["target_net"]({name: available[name] for name in parts["target_net"].input})
        return inputs, {"generated": drawn["generated"], **flows}, parts
