"""A small network whose features find each other again: what stands in for VGG-19 where none can be had.

It is trained on the true correspondences of synthetic people (`python -m gfla_tf.training.train_features`) so that the cosine
of a
target feature and a source feature falls off smoothly with the distance in the source image from the true correspondence. That is
the property which the sampling correctness loss needs: a gradient that leads to the right place from far away.
"""

import keras
from keras import ops

from gfla_tf.layers.convolution import activation

LEVELS = (1, 2, 3)


def _convolution(channels, kernel_size=3, strides=1, name=None):
    return keras.layers.Conv2D(
        channels,
        kernel_size,
        strides,
        "same",
        kernel_initializer="he_normal",
        activation=activation,
        name=name,
    )


@keras.saving.register_keras_serializable("gfla_tf")
class CorrespondenceFeatures(keras.Model):
    """Feature pyramid network over an image and its pose.

    Input: dict of image (batch, H, W, 3) in [-1, 1], any size divisible by 16, and pose (batch, H, W, pose_channels). Output:
    a dict of encode_L (batch, H/2^L, W/2^L, channels), the
    activations on the way down, and match_L (batch, H/2^L, W/2^L, dimensions), features to compare by cosine, for L in LEVELS.

    Args:
        pose_channels: number of heat maps in a pose.
        channels: widths on the way down, at levels 1, 2, 3 and 4.
        dimensions: of the match features.
    """

    def __init__(self, pose_channels=18, channels=(16, 32, 64, 96), dimensions=32, **kwargs):
        # === Layers and functional model ===
        inputs = {
            "image": keras.Input((None, None, 3), name="image"),
            "pose": keras.Input((None, None, pose_channels), name="pose"),
        }
        x, encoded = keras.layers.Concatenate(name="inputs")(list(inputs.values())), {}
        for level, width in enumerate(channels, start=1):
            x = _convolution(width, 4, 2, name=f"down_{level}")(x)
            x = _convolution(width, name=f"encode_{level}")(x)
            encoded[level] = x
        x = _convolution(channels[-1], name="bottom")(x)
        outputs = {}
        for level in reversed(LEVELS):
            width = channels[level - 1]
            x = keras.layers.UpSampling2D(2, interpolation="bilinear", name=f"up_{level}")(x)
            x = keras.layers.Concatenate(name=f"join_{level}")([x, encoded[level]])
            x = _convolution(width, 1, name=f"mix_{level}")(x)
            x = _convolution(width, name=f"refine_{level}")(x)
            outputs[f"encode_{level}"] = encoded[level]
            outputs[f"match_{level}"] = keras.layers.Conv2D(dimensions, 1, name=f"match_{level}")(x)
        super().__init__(inputs, outputs, **kwargs)

        # === Config ===
        self.pose_channels = pose_channels
        self.channels = tuple(channels)
        self.dimensions = dimensions

    def get_config(self):
        return {
            "name": self.name,
            "pose_channels": self.pose_channels,
            "channels": self.channels,
            "dimensions": self.dimensions,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        return cls(**config)


def correspondence_loss(
    source_features, target_features, flow, weight, reach, temperature=0.05, positions=128
):
    """Trains features for matching: cosines follow exp(-distance / reach), and the true position wins among all.

    Four times the mean squared difference between cosine and exp(-d / reach), where d is the distance in the source from the true
    correspondence, plus a tenth of the cross-entropy of softmax(cosine / temperature) over source positions against soft targets
    proportional to exp(-d^2).

    Args:
        source_features, target_features: (batch, h, w, dimensions).
        flow: (batch, h, w, 2), true, in pixels of the features.
        weight: (batch, h, w), 1 where the correspondence is visible.
        reach: in pixels of the features.
        temperature: of the cross-entropy.
        positions: number of target positions drawn from each sample, visible ones first.

    Returns:
        (loss, mean distance in pixels of the features between the most similar source position and the true one).
    """
    height, width = source_features.shape[1:3]
    count = height * width

    def flat(x):
        return ops.reshape(x, (-1, count, x.shape[-1]))

    y, x = ops.meshgrid(
        ops.arange(height, dtype="float32"), ops.arange(width, dtype="float32"), indexing="ij"
    )
    grid = ops.reshape(ops.stack([x, y], axis=-1), (1, count, 2))
    weight = ops.reshape(weight, (-1, count))
    drawn = ops.top_k(weight + keras.random.uniform(ops.shape(weight)), min(positions, count))[1]
    weight = ops.take_along_axis(weight, drawn, axis=1)
    drawn = ops.expand_dims(drawn, -1)
    target = ops.normalize(ops.take_along_axis(flat(target_features), drawn, axis=1), axis=-1)
    source = ops.normalize(flat(source_features), axis=-1)
    true = ops.take_along_axis(grid + flat(flow), drawn, axis=1)

    cosine = ops.matmul(
        target, ops.transpose(source, (0, 2, 1))
    )  # (batch, target positions, source positions)
    squared = ops.sum(ops.square(ops.expand_dims(true, 2) - ops.expand_dims(grid, 1)), axis=-1)
    distance = ops.sqrt(squared + 1e-6)
    regression = ops.mean(ops.square(cosine - ops.exp(-distance / reach)), axis=-1)
    cross_entropy = -ops.sum(ops.softmax(-squared) * ops.log_softmax(cosine / temperature), axis=-1)
    best = ops.expand_dims(ops.argmax(cosine, axis=-1), -1)
    found = ops.take_along_axis(distance, best, axis=-1)[..., 0]

    total = ops.maximum(ops.sum(weight), 1.0)
    loss = ops.sum(weight * (4 * regression + 0.1 * cross_entropy)) / total
    return loss, ops.sum(weight * found) / total
