"""Trains the people features on true correspondences: `python -m gfla_tf.training.train_features`.

What comes with the package was made by this command with its defaults, when the synthetic clothes still had finer patterns. The
features are judged on people that training never saw, by how far from the true position the most similar one lies, as a share of
the mean displacement.
"""

import argparse
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

from gfla_tf.data.people_pairs import pose_inputs
from gfla_tf.errors import GflaError, user_errors
from gfla_tf.losses.features import PEOPLE_HEAT_MAP_SIGMA, PEOPLE_WEIGHTS
from gfla_tf.losses.flow import true_level_flow
from gfla_tf.models.correspondence_features import (
    LEVELS,
    CorrespondenceFeatures,
    correspondence_loss,
)
from gfla_tf.models.weight_files import save_weights_atomically
from gfla_tf.synthetic.people.rendered_pairs import render_pairs
from gfla_tf.training.callbacks.progress import ProgressBar

IMAGE_SIZE = (96, 64)
REACH = 10.0  # pixels of the image over which the cosine falls to 1/e
LEARNING_RATE = 1e-3
HELD_OUT = 128
_USED = ("source_image", "target_image", "source_keypoints", "target_keypoints", "flow", "visibility")


class FeatureTrainer(keras.Model):
    """Minimizes the correspondence loss of all levels; logs how far, in image pixels, the best match lies from the true one."""

    def __init__(self, network, **kwargs):
        super().__init__(**kwargs)
        self.generator = network  # what the callbacks count steps by
        self._means = [keras.metrics.Mean(name) for name in ("loss", *(f"match_{level}" for level in LEVELS))]
        self.built = True

    def compile(self, optimizer, **kwargs):
        super().compile(optimizer=optimizer, **kwargs)
        optimizer.build(self.generator.trainable_variables)
        self.generator_optimizer = optimizer

    @property
    def metrics(self):
        return self._means

    def _correspondence(self, batch):
        source, target = (
            self.generator({"image": batch[f"{role}_image"], "pose": batch[f"{role}_pose"]})
            for role in ("source", "target")
        )
        loss, values = 0.0, []
        for level in LEVELS:
            flow, weight = true_level_flow(batch["flow"], batch["visibility"], level)
            name = f"match_{level}"
            term, distance = correspondence_loss(source[name], target[name], flow, weight, REACH / 2**level)
            loss += term
            values.append(distance * 2**level)
        return loss, [loss, *values]

    def train_step(self, batch):
        variables = self.generator.trainable_variables
        with tf.GradientTape() as tape:
            loss, values = self._correspondence(batch)
        self.optimizer.apply(tape.gradient(loss, variables), variables)
        return self._log(values)

    def test_step(self, batch):
        return self._log(self._correspondence(batch)[1])

    def _log(self, values):
        for mean, value in zip(self._means, values, strict=True):
            mean.update_state(value)
        return {mean.name: mean.result() for mean in self._means}


def _dataset(pairs, batch_size):
    dataset = tf.data.Dataset.from_tensor_slices({name: pairs[name] for name in _USED})

    def prepare(ordered):
        batches = ordered.batch(batch_size, drop_remainder=True)
        return batches.map(lambda batch: pose_inputs(batch, PEOPLE_HEAT_MAP_SIGMA)).prefetch(2)

    return dataset, prepare


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--output", type=Path, required=True, help=f"weights file; the package's own is {PEOPLE_WEIGHTS}"
    )
    parser.add_argument("--steps", type=int, default=6000, help="default: %(default)s")
    parser.add_argument(
        "--pairs", type=int, default=8000, help="pairs of training images (default: %(default)s)"
    )
    parser.add_argument("--batch-size", type=int, default=8, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=0, help="default: %(default)s")
    arguments = parser.parse_args()
    with user_errors():
        for name in ("steps", "pairs", "batch_size"):
            if getattr(arguments, name) < 1:
                option = f"--{name.replace('_', '-')}"
                raise GflaError(f"{option} is {getattr(arguments, name)}: it must be at least 1.")
        if arguments.seed < 0:
            raise GflaError(f"--seed is {arguments.seed}: it must be at least 0.")
        keras.utils.set_random_seed(arguments.seed)
        training = render_pairs(IMAGE_SIZE, "train", arguments.seed, arguments.pairs)
        held_out = render_pairs(IMAGE_SIZE, "test", arguments.seed, HELD_OUT)
        trainer = FeatureTrainer(CorrespondenceFeatures(name="people_features"))
        schedule = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, arguments.steps, alpha=0.02)
        trainer.compile(keras.optimizers.Adam(schedule, global_clipnorm=5.0), jit_compile=True)
        dataset, prepare = _dataset(training, arguments.batch_size)
        dataset = prepare(dataset.shuffle(arguments.pairs, seed=arguments.seed).repeat())
        trainer.fit(
            dataset, steps_per_epoch=arguments.steps, epochs=1, verbose=0, shuffle=False,
            callbacks=[ProgressBar(arguments.steps, "people features", arguments.batch_size)],
        )  # fmt: skip
        dataset, prepare = _dataset(held_out, arguments.batch_size)
        result = trainer.evaluate(prepare(dataset), verbose=0, return_dict=True)
        zero = np.linalg.norm(held_out["flow"][held_out["visibility"]], axis=-1).mean()
        for level in LEVELS:
            print(
                f"held out, level {level}: best match {result[f'match_{level}'] / zero:.3f} of the displacement"
            )
        save_weights_atomically(trainer.generator, arguments.output)
        print(f"wrote {arguments.output}")


if __name__ == "__main__":
    main()
