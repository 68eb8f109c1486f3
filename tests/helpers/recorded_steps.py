"""One step of training on recorded networks: their outputs are variables, and VGG-19 is the recorded stand-in."""

import keras
import numpy as np
import tensorflow as tf

from gfla_tf.training.config_file import load_config
from gfla_tf.training.objectives.image import PairObjective
from gfla_tf.training.optimizers import create_adam
from gfla_tf.training.trainer import Trainer

GRADIENTS = 1e-5  # of the largest
LEVELS = {3: 3, 2: 5}  # kernels of the attention


def published(name):
    """A published configuration."""
    return load_config(f"configs/{name}.yaml")


class StandInFeatures:
    """The recorded stand-in for VGG-19, with the layers that the losses compare."""

    def __init__(self, record):
        self.kernels = dict(
            zip(
                record["feature_names"], zip(record["feature_kernels"], record["feature_biases"], strict=True)
            )
        )
        layer = "relu{}".format
        self.content_layers = [layer(f"{block}_1") for block in range(1, 6)]
        self.style_layers = [layer(name) for name in ("2_2", "3_4", "4_4", "5_2")]

    def __call__(self, images, poses=None):
        features = {}
        for name, (kernel, bias) in self.kernels.items():
            size = 2 ** (int(name.partition("_")[0][-1]) - 1)
            pooled = tf.nn.avg_pool2d(images, size, size, "VALID")
            features[f"relu{name[-3:]}"] = tf.nn.relu(pooled @ kernel.T + bias)
        return features

    def correctness_layer(self, level):
        return f"relu{level + 1}_1"


class Recorded(keras.Model):
    """A generator whose outputs are variables."""

    def __init__(self, outputs, levels):
        super().__init__()
        self.outputs_ = {name: keras.Variable(x, name=name) for name, x in outputs.items()}
        self.levels, self.attention_kernels = list(levels), levels
        self.image_size = (32, 32)

    def call(self, inputs=None, training=False):
        return {name: tf.identity(x.value) for name, x in self.outputs_.items()}


def nhwc(array, channel=1):
    return np.moveaxis(array, channel, -1)


def discriminator(kernel, bias):
    """A convolution with stride 4 and the recorded kernel (out, in, ...)."""
    rank = kernel.ndim - 2
    layer = (keras.layers.Conv2D, keras.layers.Conv3D)[rank - 2]
    size = kernel.shape[2:]
    model = keras.Sequential([layer(1, size, (1, 4, 4)[-rank:])])
    model.build((None, *([None] * rank), kernel.shape[1]))
    model.layers[0].set_weights([np.moveaxis(kernel, (0, 1), (-1, -2)), bias])
    return model


class Recorder:
    """Notes the gradients that an optimizer's updates are given."""

    def __init__(self, updates):
        self._updates, self.gradients = updates, None

    def __getattr__(self, name):
        return getattr(self._updates, name)

    def apply(self, gradients):
        self.gradients = gradients
        return self._updates.apply(gradients)


def step_of(objective, network, batch, stage, record=None, roles=(), adversarial="lsgan", picks=None):
    """One step of training: logs, {output: its gradient} and the discriminators."""
    names = {"discriminator": "D", "video_discriminator": "D_V"}
    judges = {
        role: discriminator(record[f"{names[role]}_kernel"], record[f"{names[role]}_bias"]) for role in roles
    }
    trainer = Trainer(network, objective, judges, adversarial)
    trainer.compile(
        create_adam(stage, stage.learning_rate),
        {role: create_adam(stage, stage.discriminator_learning_rate) for role in roles},
        run_eagerly=True,
    )
    if picks is not None:
        turns = {"discriminators": picks[:2], "generator": picks[2:]}
        order = ("frame", "triple")
        trainer.pick = lambda step, turn: (
            lambda count, purpose: tf.constant(int(turns[turn][order.index(purpose)]))
        )
    recorder = trainer.updates["generator"] = Recorder(trainer.updates["generator"])
    logs = {name: float(x) for name, x in trainer.train_step(batch).items()}
    gradients = dict(zip(network.outputs_, recorder.gradients, strict=True))
    return logs, gradients, judges


def assert_close(ours, recorded, channel=1):
    """Gradients (clips, [frames,] h, w, channels), within 1e-5 of the largest."""
    recorded = nhwc(recorded, channel)
    np.testing.assert_allclose(ours, recorded, atol=GRADIENTS * np.abs(recorded).max())


def pair_objective(record, stage, levels):
    """Objective, network and batch of a recorded pair."""
    flows = {f"flow_{level}": nhwc(record[f"flow_{level}"]) for level in levels}
    images = {"generated": nhwc(record["generated"])} if "generated" in record else {}
    network = Recorded({**images, **flows}, levels)
    objective = PairObjective(network, StandInFeatures(record), stage, lambda step: 2.0, "pose")
    objective.outputs = lambda network, batch, training: network(None)
    batch = {f"{role}_image": tf.constant(nhwc(record[role])) for role in ("source", "target")}
    return objective, network, batch
