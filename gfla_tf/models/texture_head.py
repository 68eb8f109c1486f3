"""The head of a network that keeps texture: per pixel it draws, takes the source's warped pixels, or keeps those in place."""

from collections.abc import Sequence

import keras

from gfla_tf.layers.attention import BilinearSampling
from gfla_tf.layers.convolution import activation
from gfla_tf.models.configured import ConfiguredModel
from gfla_tf.ops.channels import select, softmax, spread

ROLES = ("drawn", "warped", "kept")  # in the order of the channels of `roles`
_CARRIES = (
    2.0  # what "warped" has ahead in the logits: networks that begin by drawing learn to draw their habits
)


@keras.saving.register_keras_serializable("gfla_tf")
def _carrying(shape, dtype=None):
    """Biases of the flow's correction, what is added to the drawing, the logits of `ROLES` and of the outline."""
    return keras.ops.convert_to_tensor([0, 0, 0, 0, 0, 0, _CARRIES, 0, 0], dtype=dtype)


@keras.saving.register_keras_serializable("gfla_tf")
class Enlarging(keras.layers.Layer):
    """(batch, H, W, channels) at `factor` times the size, bilinear, values times `gain`: for a flow in pixels the factor, too."""

    def __init__(self, factor, gain=1.0, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor
        self.gain = gain

    def call(self, x):
        size = (self.factor * x.shape[1], self.factor * x.shape[2])
        x = keras.ops.image.resize(x, size, interpolation="bilinear")
        return x if self.gain == 1 else x * self.gain

    def compute_output_shape(self, shape):
        return (shape[0], self.factor * shape[1], self.factor * shape[2], shape[3])

    def get_config(self):
        return {**super().get_config(), "factor": self.factor, "gain": self.gain}


@keras.saving.register_keras_serializable("gfla_tf")
class Strongest(keras.layers.Layer):
    """The largest of the channels from `first` on, (batch, H, W, 1)."""

    def __init__(self, first=0, **kwargs):
        super().__init__(**kwargs)
        self.first = first

    def call(self, x):
        return keras.ops.max(x[..., self.first :], axis=-1, keepdims=True)

    def compute_output_shape(self, shape):
        return (*shape[:-1], 1)

    def get_config(self):
        return {**super().get_config(), "first": self.first}


@keras.saving.register_keras_serializable("gfla_tf")
class Channels(keras.layers.Layer):
    """Channels `first` to `last` (exclusive) of (batch, H, W, channels)."""

    def __init__(self, first, last, **kwargs):
        super().__init__(**kwargs)
        self.first, self.last = first, last

    def call(self, x):
        return select(x, self.first, self.last)

    def compute_output_shape(self, shape):
        return (*shape[:-1], self.last - self.first)

    def get_config(self):
        return {**super().get_config(), "first": self.first, "last": self.last}


@keras.saving.register_keras_serializable("gfla_tf")
class Shares(keras.layers.Layer):
    """(batch, H, W, channels), made positive and summing to one by softmax over the channels."""

    def call(self, x):
        return softmax(x)


@keras.saving.register_keras_serializable("gfla_tf")
class Choice(keras.layers.Layer):
    """The sum of three pictures (batch, H, W, 3) weighted by shares (batch, H, W, 3), within [-1, 1]."""

    def call(self, shares, drawn, warped, kept):
        pictures = (drawn, warped, kept)
        mixed = sum(spread(shares, k, 3) * picture for k, picture in enumerate(pictures))
        return keras.ops.clip(mixed, -1.0, 1.0)  # what is drawn has no bounds

    def compute_output_shape(self, shares_shape, drawn_shape, warped_shape, kept_shape):
        return tuple(drawn_shape)


@keras.saving.register_keras_serializable("gfla_tf")
class TextureHead(ConfiguredModel):
    """Refines at half the size what the trunk found, then chooses at the full size among three pictures.

    A trunk that draws every pixel loses prints, seams and faces: what it sees is a few numbers for a block of pixels. Here the
    source's own pixels are warped by the refined flow, or kept where they are, as behind the person, and the trunk draws what
    the source does not show. At the trunk's size a residual block corrects flow, picture and shares; two thin convolutions at
    the full size see the three pictures and sharpen the shares and the outline.

    Input: dict of source_image (batch, H, W, 3); of the trunk's size source_small and drawn (batch, h, w, 3), features (batch,
    h, w, channels), source_limbs and target_limbs (batch, h, w, 1); of the trunk's finest level flow (batch, h/2, w/2, 2) in
    its pixels and mask (batch, h/2, w/2, 1).

    Output: dict of generated and drawn (batch, H, W, 3), roles (batch, H, W, 3), the shares of `ROLES`, which sum to one, alpha
    (batch, H, W, 1), how much of a pixel the person covers in the target, and flow_0 (batch, H, W, 2) in pixels.

    Args:
        image_size: (height, width), divisible by 2 * stride.
        channels: of the features.
        stride: pixels of the image to one of the trunk.
        trunk_width, full_width: of the convolutions at the trunk's size and at the full one.
    """

    def __init__(
        self, image_size: Sequence[int], channels: int, stride: int = 2, trunk_width: int = 24,
        full_width: int = 12, name: str | None = None,
    ) -> None:  # fmt: skip
        size = tuple(image_size)
        trunk, half = (tuple(extent // n for extent in size) for n in (stride, 2 * stride))
        shapes = {
            "source_image": (*size, 3),
            "source_small": (*trunk, 3),
            "drawn": (*trunk, 3),
            "features": (*trunk, channels),
            "source_limbs": (*trunk, 1),
            "target_limbs": (*trunk, 1),
            "flow": (*half, 2),
            "mask": (*half, 1),
        }
        inputs = {name: keras.Input(shape, name=name) for name, shape in shapes.items()}

        def convolution(count, name, initializer="he_normal", **options):
            return keras.layers.Conv2D(
                count, 3, padding="same", kernel_initializer=initializer, name=name, **options
            )

        def active(x):
            return keras.layers.Activation(activation)(x)

        def enlarged(x, factor=stride, gain=1.0):
            return Enlarging(factor, gain, dtype="float32")(x)

        def channels(x, first, last):
            return Channels(first, last, dtype="float32")(x)

        def add(x, y):
            return keras.layers.Add(dtype="float32")([x, y])

        # === At the trunk's size ===
        flow = enlarged(inputs["flow"], 2, 2.0)
        small_warp = BilinearSampling(name="small_warp")(inputs["source_small"], flow)
        seen = ("features", "drawn", "source_small")
        x = [inputs[name] for name in seen]
        x += [small_warp, inputs["source_limbs"], inputs["target_limbs"], enlarged(inputs["mask"], 2)]
        x = convolution(trunk_width, "trunk0")(keras.layers.Concatenate(name="trunk_seen")(x))
        hidden = convolution(trunk_width, "trunk1")(active(x))
        x = keras.layers.Add(name="trunk_sum")([x, convolution(trunk_width, "trunk2")(active(hidden))])
        # Zeros: training starts from the trunk's flow and picture, and from what that flow carries.
        found = convolution(9, "trunk3", "zeros", bias_initializer=_carrying, dtype="float32")(active(x))
        flow = enlarged(add(flow, channels(found, 0, 2)), gain=float(stride))
        drawn = enlarged(add(inputs["drawn"], channels(found, 2, 5)))
        shares, alpha = enlarged(channels(found, 5, 8)), enlarged(channels(found, 8, 9))

        # === At the full size ===
        image = inputs["source_image"]
        warped = BilinearSampling(name="warp")(image, flow)
        x = keras.layers.Concatenate(name="full_seen")([shares, drawn, warped, image, alpha])
        x = convolution(7, "full1", "zeros", dtype="float32")(active(convolution(full_width, "full0")(x)))
        drawn = add(drawn, channels(x, 0, 3))
        roles = Shares(name="roles", dtype="float32")(add(shares, channels(x, 3, 6)))
        outputs = {
            "generated": Choice(name="choice", dtype="float32")(roles, drawn, warped, image),
            "drawn": drawn,
            "roles": roles,
            "alpha": keras.layers.Activation("sigmoid", name="alpha", dtype="float32")(
                add(alpha, channels(x, 6, 7))
            ),
            "flow_0": flow,
        }

        # === Config ===
        config = {
            "image_size": size,
            "channels": channels,
            "stride": stride,
            "trunk_width": trunk_width,
            "full_width": full_width,
        }
        super().__init__(inputs, outputs, config, name=name)
