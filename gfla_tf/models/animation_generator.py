"""One step of an animation: the next frame from the reference, the previous frame and the structure to draw."""

import keras

from gfla_tf.models.generator import Generator, checked_settings
from gfla_tf.models.source_encoder import SourceEncoder
from gfla_tf.models.target_net import TargetNet

SOURCES = ("previous", "reference")


class AnimationGenerator(Generator):
    """Attends to the previous generated frame and to the reference image at every attention level (TIP 2020, section 4).

    Input: dict of reference_image, previous_image (batch, H, W, 3) in [-1, 1]; reference_structure, previous_structure,
    target_structure (batch, H, W, structure_channels) in [0, 1]. A structure is what a pose is to `PoseGenerator`.
    Output: dict of generated (batch, H, W, 3) in [-1, 1]; for each source S of `SOURCES` and attention level L, coarsest first,
    flow_S_L (batch, H/2^L, W/2^L, 2) in pixels of level L and mask_S_L (batch, H/2^L, W/2^L, 1).
    `gfla_tf.models.animation` runs it over a sequence.

    Args:
        structure_channels: of a structure: 20 for dances (17 heat maps and a drawn skeleton), 16 for faces.
        image_size: (height, width), divisible by 2^flow_depth and by 2^depth.
        attention_kernels: level -> size of the attended patch; its keys are the attention levels.
        attention_units: width of the layer that compares patches.
        base_channels, max_channels, depth: widths and depth of the source encoders and the target net.
        flow_base_channels, flow_max_channels, flow_depth: those of the flow estimators.

    Raises:
        GflaError: the image size does not fit the depth, or an attention level does not exist.
    """

    def __init__(
        self,
        structure_channels,
        image_size=(256, 256),
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
        image_size, kernels = checked_settings(image_size, attention_kernels, depth, flow_depth)

        # === Layers ===
        parts = {
            f"{source}_encoder": SourceEncoder(
                image_size, base_channels, max_channels, depth, name=f"{source}_encoder"
            )
            for source in SOURCES
        }
        parts |= self.flow_estimators(
            image_size, structure_channels, kernels, flow_base_channels, flow_max_channels, flow_depth
        )
        parts["target_net"] = TargetNet(
            image_size, structure_channels, "local", kernels, attention_units, base_channels, max_channels, depth,
            tuple(f"_{source}" for source in SOURCES), name="target_net",
        )  # fmt: skip

        # === Functional model ===
        inputs = {}
        for name in ("reference", "previous", "target"):
            key = f"{name}_structure"
            inputs[key] = keras.Input((*image_size, structure_channels), name=key)
        for source in SOURCES:
            key = f"{source}_image"
            inputs[key] = keras.Input((*image_size, 3), name=key)
        flows = self.estimate_flows(parts, inputs)
        available = {"target_pose": inputs["target_structure"], **flows}
        for source in SOURCES:
            features = parts[f"{source}_encoder"](inputs[f"{source}_image"])
            available |= {name.replace("level", f"source_{source}"): x for name, x in features.items()}
        target_net = parts["target_net"]
        drawn = target_net({name: available[name] for name in target_net.input})

        # === Config ===
        config = {
            "structure_channels": structure_channels,
            "image_size": image_size,
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

    @staticmethod
    def flow_estimators(*arguments):
        """{attribute: flow estimator}, built with the arguments of `FlowEstimator`."""
        raise NotImplementedError

    @staticmethod
    def estimate_flows(parts, inputs):
        """The flow_S_L and mask_S_L that the estimators among `parts` find for the generator's inputs."""
        raise NotImplementedError
