"""The smallest trainer with the attributes that callbacks and checkpoints use, for their tests."""

import keras
import numpy as np
import tensorflow as tf
from keras import ops


class TinyTrainer(keras.Model):
    """Generator and discriminator of a few weights, each fitted to a constant by its own Adam.

    The log `l1` is the mean over the epoch of the step's number; at `bad_step` it is NaN.
    """

    def __init__(self, filters=4, bad_step=-1, steps_per_execution=1):
        super().__init__()
        shapes = {"source_image": 3, "source_pose": 18, "target_pose": 18}
        inputs = {name: keras.Input((32, 32, channels), name=name) for name, channels in shapes.items()}
        features = keras.layers.Conv2D(filters, 3, strides=8, padding="same")(
            ops.concatenate([*inputs.values()], -1)
        )
        image = keras.layers.Conv2D(3, 1, activation="tanh")(keras.layers.UpSampling2D(8)(features))
        flow = keras.layers.Conv2D(2, 1)(features)
        mask = keras.layers.Conv2D(1, 1, activation="sigmoid")(features)
        self.generator = keras.Model(
            inputs, {"generated": image, "flow_3": flow, "mask_3": mask}, name="generator"
        )
        self.discriminator = keras.Sequential(
            [keras.Input((32, 32, 3)), keras.layers.Conv2D(1, 4, strides=4)]
        )
        self.carried = keras.Variable([0.0, 0.0], trainable=False, name="carried")
        self.l1 = keras.metrics.Mean(name="l1")
        self.bad_step = bad_step
        self.built = True
        self.compile(steps_per_execution=steps_per_execution)

    def compile(self, **kwargs):
        super().compile(**kwargs)
        self.generator_optimizer = keras.optimizers.Adam(1e-2)
        self.discriminator_optimizers = {
            "discriminator": keras.optimizers.Adam(keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.5))
        }
        self.generator_optimizer.build(self.generator.trainable_variables)
        self.discriminator_optimizers["discriminator"].build(self.discriminator.trainable_variables)

    @property
    def checkpointed(self):
        return {
            "generator": self.generator,
            "discriminator": self.discriminator,
            "generator_optimizer": self.generator_optimizer,
            "discriminator_optimizer": self.discriminator_optimizers["discriminator"],
            "state": [self.carried],
        }

    def call(self, batch, training=False):
        inputs = {name: batch[name] for name in ("source_image", "source_pose", "target_pose")}
        return self.generator(inputs, training=training)

    @property
    def metrics(self):
        return [self.l1]

    def train_step(self, batch):
        for network, optimizer in (
            (self.generator, self.generator_optimizer),
            (self.discriminator, self.discriminator_optimizers["discriminator"]),
        ):
            optimizer.apply([v - 0.5 for v in network.trainable_variables], network.trainable_variables)
        step = self.generator_optimizer.iterations
        self.carried.assign(0.5 * self.carried + ops.cast(step, "float32"))
        self.l1.update_state(tf.where(step == self.bad_step, np.nan, ops.cast(step, "float32")))
        return {"l1": self.l1.result(), "adversarial": ops.convert_to_tensor(0.25)}


def batches():
    """An endless dataset of one random batch, and that batch as a dict."""
    rng = np.random.default_rng(0)
    shapes = {"source_image": 3, "target_image": 3, "source_pose": 18, "target_pose": 18}
    batch = {name: rng.uniform(-1, 1, (2, 32, 32, n)).astype(np.float32) for name, n in shapes.items()}
    return tf.data.Dataset.from_tensors(batch).repeat(), batch


def fit(trainer, callbacks, epochs=1, steps_per_epoch=4, **kwargs):
    """`trainer.fit` on `batches()` without Keras' own bar."""
    dataset, _ = batches()
    return trainer.fit(
        dataset,
        steps_per_epoch=steps_per_epoch,
        epochs=epochs,
        callbacks=callbacks,
        verbose=0,
        shuffle=False,
        **kwargs,
    )
