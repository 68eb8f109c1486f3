"""View synthesis: an object from another side, out of one picture."""

import keras

from gfla_tf.models.flow_estimator import ViewFlowEstimator
from gfla_tf.models.generator import Generator, checked_settings
from gfla_tf.models.source_encoder import SourceEncoder
from gfla_tf.models.target_net import ViewTargetNet


@keras.saving.register_keras_serializable("gfla_tf")
class ViewGenerator(Generator):
    """Turns the object of a source image to a target view (CVPR 2020, section 4.4).

    Input: dict of source_image (batch, H, W, 3) in [-1, 1]; source_view and target_view (batch, view_channels): azimuth and
    elevation, each one-hot, one behind the other.
    Output: dict of generated (batch, H, W, 3) in [-1, 1]; flow_L (batch, H/2^L, W/2^L, 2) in pixels of level L and mask_L
    (batch, H/2^L, W/2^L, 1) for each attention level L, coarsest first.

    Args:
        image_size: (height, width), divisible by 2^flow_depth and by 2^(depth + 2).
        view_channels: length of a view; 21 for 18 azimuths and 3 elevations.
        attention_kernels: level -> size of the attended patch; its keys are the attention levels.
        attention_units: width of the layer that compares patches.
        base_channels, max_channels, depth: widths and depth of the source encoder and the target net.
        flow_base_channels, flow_max_channels, flow_depth: those of the flow estimator.

    Raises:
        GflaError: the image size does not fit the depth, or an attention level does not exist.
    """

    def __init__(
        self,
        image_size=(256, 256),
        view_channels=21,
        attention_kernels=None,
        attention_units=128,
        base_channels=64,
        max_channels=512,
        depth=3,
        flow_base_channels=32,
        flow_max_channels=256,
        flow_depth=5,
        **kwargs,
    ):
        image_size, kernels = checked_settings(image_size, attention_kernels, depth, flow_depth, 2)

        # === Layers ===
        source_encoder = SourceEncoder(image_size, base_channels, max_channels, depth, name="source_encoder")
        flow_estimator = ViewFlowEstimator(
            image_size, view_channels, kernels, flow_base_channels, flow_max_channels, flow_depth,
            name="flow_estimator",
        )  # fmt: skip
        target_net = ViewTargetNet(
            image_size, view_channels, kernels, attention_units, base_channels, max_channels, depth,
            name="target_net",
        )  # fmt: skip

        # === Functional model ===
        inputs = {
            "source_image": keras.Input((*image_size, 3), name="source_image"),
            "source_view": keras.Input((view_channels,), name="source_view"),
            "target_view": keras.Input((view_channels,), name="target_view"),
        }
        flows = flow_estimator(inputs)
        features = source_encoder(inputs["source_image"])
        available = {"target_view": inputs["target_view"], **flows}
        available |= {name.replace("level", "source"): value for name, value in features.items()}
        drawn = target_net({name: available[name] for name in target_net.input})

        # === Config ===
        parts = {
            "source_encoder": source_encoder,
            "flow_estimator": flow_estimator,
            "target_net": target_net,
        }
        config = {
            "image_size": image_size,
            "view_channels": view_channels,
            "attention_kernels": kernels,
            "attention_units": attention_units,
            "base_channels": base_channels,
            "max_channels": max_channels,
            "depth": depth,
            "flow_base_channels": flow_base_channels,
            "flow_max_channels": flow_max_channels,
            "flow_depth": flow_depth,
        }
        super().__init__(inputs, {"generated": drawn["generated"], **flows}, parts, config, **kwargs)
