"""Pose-guided person image generator that keeps texture: a small trunk and a thin head at the full size."""

from collections.abc import Mapping, Sequence

import keras

from gfla_tf.errors import GflaError
from gfla_tf.keypoints.poses import JOINTS
from gfla_tf.models.configured import arguments
from gfla_tf.models.flow_estimator import FlowEstimator
from gfla_tf.models.generator import Generator
from gfla_tf.models.source_encoder import SourceEncoder
from gfla_tf.models.target_net import TargetNet
from gfla_tf.models.texture_head import Strongest, TextureHead

ATTENTION = ("local", "bilinear", "none")


@keras.saving.register_keras_serializable("gfla_tf")
class PeopleGenerator(Generator):
    """Puts the person of a source image into a target pose and carries the source's own pixels over.

    The trunk is the published network (CVPR 2020, section 3: global flow, local attention, occlusion masks) on the image made
    smaller; `TextureHead` makes the picture of what it finds. Its weights do not depend on sizes: those of one image size and
    stride load into another. Levels count from the image; with a stride of 2, level 2 is the trunk's first.

    Input: dict of source_image (batch, H, W, 3) in [-1, 1], source_pose and target_pose (batch, H/stride, W/stride,
    pose_channels) in [0, 1], `gfla_tf.keypoints.poses.pose_maps` with that stride.

    Output: dict of generated, drawn, roles, alpha and flow_0, see `TextureHead`, and of flow_L and mask_L for each attention
    level L, coarsest first, see `gfla_tf.models.flow_estimator.FlowNet`.

    >>> generator = gfla_tf.PeopleGenerator.from_preset("people_128")
    >>> generator({"source_image": images, "source_pose": poses, "target_pose": wanted})["generated"]

    Args:
        pose_channels: number of maps in a pose.
        pose_stride: pixels of the image to one of the trunk and of the poses: 2, or 4.
        trunk_width, full_width: of the head, see `TextureHead`.
        attention: of the trunk: "local" (the method), or an ablation: "bilinear" takes the source's features at the flow, "none"
            has the head alone to carry what the source shows.
        attention_kernels: level -> size of the attended patch; the trunk's first level has to be among them.
        depth, flow_depth: how often the image is halved, before the trunk included.
        image_size, attention_units, base_channels, max_channels, flow_base_channels, flow_max_channels, flow_limbs: see
            `PoseGenerator`.

    Raises:
        GflaError: the image size does not fit the depth, or an attention level does not exist.
    """

    task = "pose"

    def __init__(
        self, pose_channels: int = 18, pose_stride: int = 2, trunk_width: int = 24, full_width: int = 12,
        attention: str = "local", image_size: Sequence[int] = (256, 256), attention_kernels: Mapping[int, int] | None = None,
        attention_units: int = 128, base_channels: int = 64, max_channels: int = 512, depth: int = 3,
        flow_base_channels: int = 32, flow_max_channels: int = 256, flow_depth: int = 5,
        flow_limbs: Sequence[Sequence[int]] | None = None, name: str | None = None,
    ) -> None:  # fmt: skip
        if pose_stride not in (2, 4):
            raise GflaError(f"pose_stride is {pose_stride}: it must be 2 or 4.")
        if attention not in ATTENTION:
            raise GflaError(
                f"There is no attention {attention!r} here: choose one of {', '.join(ATTENTION)}."
            )
        super().__init__(arguments(locals()))

    @classmethod
    def assemble(
        cls,
        source_encoder,
        flow_settings,
        target_settings,
        pose_channels,
        pose_stride,
        trunk_width,
        full_width,
        attention,
    ):
        before = pose_stride.bit_length() - 1  # halvings before the trunk
        size, depth = target_settings["image_size"], target_settings["depth"] - before
        trunk = tuple(extent // pose_stride for extent in size)
        kernels = {level - before: n for level, n in target_settings["attention_kernels"].items()}
        if min(kernels) != 1 or depth < max(kernels):
            raise GflaError(
                f"Attention levels {sorted(target_settings['attention_kernels'])} do not fit the trunk: the first has to be "
                f"{before + 1}, and the last at most {depth + before}."
            )
        widths = {name: target_settings[name] for name in ("base_channels", "max_channels")}

        # === Layers ===
        encoder = None
        if attention != "none":
            encoder = SourceEncoder(trunk, depth=depth, normalize=False, name="source_encoder", **widths)
        of_trunk = {"image_size": trunk, "pose_channels": pose_channels}
        flow_net = FlowEstimator(
            **{
                **flow_settings,
                **of_trunk,
                "levels": tuple(kernels),
                "depth": flow_settings["depth"] - before,
            },
            name="trunk_flow",
        )
        target_net = TargetNet(
            attention_kernels=kernels,
            attention_units=target_settings["attention_units"],
            attention=attention,
            normalize_source=False,
            depth=depth,
            return_features=True,
            name="target_net",
            **of_trunk,
            **widths,
        )
        channels = target_net.output["features"].shape[-1]
        head = TextureHead(size, channels, pose_stride, trunk_width, full_width, name="head")

        # === Functional model ===
        inputs = {"source_image": keras.Input((*size, 3), name="source_image")}
        for role in ("source", "target"):
            inputs[f"{role}_pose"] = keras.Input((*trunk, pose_channels), name=f"{role}_pose")
        small = keras.layers.AveragePooling2D(pose_stride, name="source_small")(inputs["source_image"])
        found = flow_net({**inputs, "source_image": small})
        available = {**inputs, **found, "source_image": small}
        if encoder is not None:
            available |= {name.replace("level", "source"): x for name, x in encoder(small).items()}
        drawn = target_net({name: available[name] for name in target_net.input})
        limbs = Strongest(len(JOINTS) if pose_channels > len(JOINTS) else 0, name="limbs")
        outputs = head(
            {
                "source_image": inputs["source_image"],
                "source_small": small,
                "drawn": drawn["generated"],
                "features": drawn["features"],
                "source_limbs": limbs(inputs["source_pose"]),
                "target_limbs": limbs(inputs["target_pose"]),
                "flow": found["flow_1"],
                "mask": found["mask_1"],
            }
        )
        flows = {
            f"{kind}_{level + before}": found[f"{kind}_{level}"]
            for level in sorted(kernels, reverse=True)
            for kind in ("flow", "mask")
        }
        parts = {
            "source_encoder": encoder,
            "target_net": target_net,
            "head": head,
            # What stage flow trains: the trunk's estimator with the names and the picture of the whole network.
            "flow_estimator": keras.Model(inputs, flows, name="flow_estimator"),
        }
        return inputs, {**outputs, **flows}, parts
