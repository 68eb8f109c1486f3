"""One step of an animation: the next frame from the reference, the previous frame and the structure to draw."""

import keras

from gfla_tf.models.generator import Generator
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
        normalize_source: instance norm in the source encoders, as published, see `PoseGenerator`.
        others: see `Generator`.

    Raises:
        GflaError: the image size does not fit the depth, or an attention level does not exist.
    """

    @classmethod
    def assemble(cls, source_encoder, flow_settings, target_settings, structure_channels, normalize_source):
        image_size = flow_settings["image_size"]
        inputs = {
            f"{name}_structure": keras.Input((*image_size, structure_channels), name=f"{name}_structure")
            for name in (*SOURCES, "target")
        }
        for source in SOURCES:
            inputs[f"{source}_image"] = keras.Input((*image_size, 3), name=f"{source}_image")
        parts, flows = cls.estimate_flows(inputs, {"structure_channels": structure_channels, **flow_settings})
        available = {"target_pose": inputs["target_structure"], **flows}
        for source in SOURCES:
            encoder = parts[f"{source}_encoder"] = source_encoder(
                f"{source}_encoder", normalize=normalize_source
            )
            features = encoder(inputs[f"{source}_image"])
            available |= {name.replace("level", f"source_{source}"): x for name, x in features.items()}
        target_net = parts["target_net"] = TargetNet(
            pose_channels=structure_channels,
            sources=tuple(f"_{source}" for source in SOURCES),
            name="target_net",
            **target_settings,
        )
        drawn = target_net({name: available[name] for name in target_net.input})
        return inputs, {"generated": drawn["generated"], **flows}, parts

    @classmethod
    def estimate_flows(cls, inputs, settings):
        """Builds the flow estimators from their settings and calls them on the generator's inputs.

        Returns:
            {attribute: estimator} and their outputs flow_S_L and mask_S_L.
        """
        raise NotImplementedError
