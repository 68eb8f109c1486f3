"""Motion extraction: clean joints from a noisy sequence of keypoints."""

from collections.abc import Sequence

import keras
from keras import ops

from gfla_tf.errors import GflaError
from gfla_tf.keypoints.joint_orders import COCO_TO_H36M
from gfla_tf.layers.convolution import activation, weight_initializer
from gfla_tf.layers.dropout import Dropout
from gfla_tf.layers.normalization import AdaptiveNormalization, SequenceNormalization
from gfla_tf.models.configured import ConfiguredModel


def _activated(x, name):
    return keras.layers.Activation(activation, name=f"{name}_activation")(x)


def _placed(keypoints):
    """Middle (batch, 1, 2 * joints) and size (batch, 1, 1) of the person over all frames: mean and deviation of its joints."""
    y, x = ops.split(keypoints, 2, axis=-1)
    joints = y.shape[-1]
    means = [ops.mean(ops.mean(v, axis=-1, keepdims=True), axis=1, keepdims=True) for v in (y, x)]
    middle = ops.concatenate([ops.repeat(mean, joints, axis=-1) for mean in means], axis=-1)
    spread = ops.mean(ops.mean(ops.square(keypoints - middle), axis=-1, keepdims=True), axis=1, keepdims=True)
    return middle, ops.sqrt(spread + 1e-6)


def _in_h36m(keypoints):
    """Coordinates of COCO's joints as those of Human3.6M's."""
    y, x = ops.split(keypoints, 2, axis=-1)
    return ops.concatenate([ops.matmul(v, COCO_TO_H36M) for v in (y, x)], axis=-1)


@keras.saving.register_keras_serializable("gfla_tf")
class MotionExtraction(ConfiguredModel):
    """Dilated convolutions over time, normalized by a feature of the whole sequence (TIP 2020, section 4.2).

    Input: dict of keypoints (batch, T + receptive_field - 1, 2 * joints): the y of all joints, then the x, both as
    2 v / image width - 1. Output: dict of clean (batch, T, 2 * joints), likewise; frame t is made of the input frames t to
    t + receptive_field - 1, of which there are 81 at the published size, and of the feature of the whole input.
    The input's joints are COCO's 17, the output's Human3.6M's 17.

    >>> network = gfla_tf.MotionExtraction.from_preset("motion_extraction", weights="latest_net_G.pth")
    >>> clean = network({"keypoints": ...})["clean"]

    Args:
        joints: number of joints.
        channels: width of all layers.
        dilations: of the residual blocks.
        dropout: share of the activations dropped in training.
        relative: whether the network sees the joints relative to the person's middle, in multiples of its size, and adds what it
            finds to the detected joints. Not so the published one, which has to learn where and how large the person is: after
            training runs of minutes it knows that no better than to several per cent of the height.
        initializer: of the kernels: "orthogonal", of gain 0.02 as published, or the name of one of Keras'.
        frames: that it gives of a window, T, in training and when converted. It takes any number, but its normalization and its
            feature are of the whole window, so that others serve it less well.

    Raises:
        GflaError: an argument is out of range.
    """

    task = "motion"

    def __init__(
        self, joints: int = 17, channels: int = 256, dilations: Sequence[int] = (3, 9, 27),
        dropout: float = 0.15, relative: bool = False, initializer: str = "orthogonal", frames: int = 24,
        name: str | None = None,
    ) -> None:  # fmt: skip
        dilations = tuple(int(dilation) for dilation in dilations)
        if joints < 1 or channels < 1 or any(dilation < 1 for dilation in dilations) or not 0 <= dropout < 1:
            raise GflaError(
                f"Motion extraction with joints {joints}, channels {channels}, dilations {list(dilations)} and dropout {dropout} "
                "cannot be built: the first three must be positive and dropout must lie in [0, 1)."
            )

        if relative and joints != len(COCO_TO_H36M):
            raise GflaError(f"Motion extraction with {joints} joints cannot be relative: it must have 17.")

        def kernels():
            return (
                weight_initializer() if initializer == "orthogonal" else keras.initializers.get(initializer)
            )

        def convolution(kernel_size, name, **options):
            options = {"kernel_initializer": kernels(), **options}
            return keras.layers.Conv1D(channels, kernel_size, use_bias=False, name=name, **options)

        # === Layers and functional model ===
        keypoints = keras.Input((None, 2 * joints), name="keypoints")
        seen = keypoints
        if relative:
            middle, size = _placed(keypoints)
            seen = (keypoints - middle) / size
        feature = seen
        for i in (1, 2, 3):
            feature = convolution(3, f"feature_conv_{i}", strides=2)(feature)
            feature = _activated(feature, f"feature_{i}")
        feature = keras.layers.GlobalAveragePooling1D(name="feature")(feature)

        def normalized(x, normalization, name, *context):
            x = _activated(normalization(x, *context), name)
            return Dropout(dropout, name=f"{name}_dropout")(x)

        x = convolution(3, "expand_conv")(seen)
        x = normalized(x, SequenceNormalization(name="expand_ln"), "expand")
        for k, dilation in enumerate(dilations):
            cropped = keras.layers.Cropping1D(dilation, name=f"crop{k}")(x)
            for i, options in (
                (2 * k, {"kernel_size": 3, "dilation_rate": dilation}),
                (2 * k + 1, {"kernel_size": 1}),
            ):
                x = convolution(name=f"layers_conv_{i}", **options)(x)
                x = normalized(
                    x,
                    AdaptiveNormalization(kernel_initializer=kernels(), name=f"layers_ln_{i}"),
                    f"layers_{i}",
                    feature,
                )
            x = keras.layers.Add(name=f"add{k}")([x, cropped])
        # Corrections start from none.
        start = {"kernel_initializer": "zeros" if relative else kernels()}
        clean = keras.layers.Conv1D(2 * joints, 1, name="shrink", dtype="float32", **start)(x)
        if relative:
            inner = keras.layers.Cropping1D(sum(dilations) + 1, name="inner")(keypoints)
            clean = clean * size + _in_h36m(inner)

        # === Config ===
        config = {
            "joints": joints,
            "channels": channels,
            "dilations": dilations,
            "dropout": dropout,
            "relative": relative,
            "initializer": initializer,
            "frames": frames,
        }
        super().__init__({"keypoints": keypoints}, {"clean": clean}, config, name=name)

    @property
    def receptive_field(self):
        """Number of input frames that make one output frame."""
        return 3 + 2 * sum(self.dilations)
