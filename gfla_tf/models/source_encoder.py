"""Source encoder: the features that the target net reassembles."""

from collections.abc import Sequence

import keras

from gfla_tf.layers.blocks import EncoderBlock
from gfla_tf.models.channels import channels_at
from gfla_tf.models.configured import ConfiguredModel, arguments


@keras.saving.register_keras_serializable("gfla_tf")
class SourceEncoder(ConfiguredModel):
    """Encodes an image at every level down to `depth`.

    Input: (batch, H, W, 3) in [-1, 1]. Output: a dict level -> features, `{"level_3": (batch, H/8, W/8, 256), ...}` at the
    published size.

    Args:
        image_size: (height, width).
        base_channels, max_channels: width at depth d is base * min(2^d, max // base).
        depth: number of times the size is halved.
        normalize: instance norm, as published. It makes the features blind to absolute brightness and contrast.
    """

    def __init__(
        self, image_size: Sequence[int], base_channels: int = 64, max_channels: int = 512, depth: int = 3,
        normalize: bool = True, name: str | None = None,
    ) -> None:  # fmt: skip
        given = arguments(locals())
        del given["name"]

        # === Layers ===
        blocks = [
            EncoderBlock(
                channels_at(d, base_channels, max_channels),
                normalize=normalize,
                name="block0" if d == 0 else f"encoder{d - 1}",
            )
            for d in range(depth)
        ]

        # === Functional model ===
        image = keras.Input((*image_size, 3), name="image")
        outputs, x = {}, image
        for d, block in enumerate(blocks):
            x = block(x)
            outputs[f"level_{d + 1}"] = x

        super().__init__(image, outputs, {**given, "image_size": tuple(image_size)}, name=name)
