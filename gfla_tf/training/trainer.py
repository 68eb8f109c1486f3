"""The training step that every task shares: a generator, its discriminator and two optimisers.

A task brings an objective (see `gfla_tf.training.objectives`) that says what its networks are fed and which terms its losses
have; this module turns that into a Keras model for `compile` and `fit`.
"""

import keras
import tensorflow as tf

from gfla_tf.errors import GflaError
from gfla_tf.losses.adversarial import (
    discriminator_adversarial_loss,
    generator_adversarial_loss,
    gradient_penalty,
)

GRADIENT_PENALTY_WEIGHT = 10.0


class Trainer(keras.Model):
    """Alternates one update of the discriminator and one of the generator, or trains the flow alone.

    Args:
        generator: the model to train.
        objective: gives `inputs(batch)`, `real(batch)`, `terms(batch, outputs, step)` and `weights`.
        discriminator: or None where there is no adversarial loss.
        adversarial: kind of adversarial loss, one of `ADVERSARIAL_KINDS`.
        train_flow_only: stage 1: only the generator's flow estimator runs and learns.
    """

    def __init__(
        self, generator, objective, discriminator=None, adversarial="lsgan", train_flow_only=False, **kwargs
    ):
        super().__init__(**kwargs)
        self.generator = generator
        self.objective = objective
        self.discriminator = None if train_flow_only else discriminator
        self.adversarial = adversarial
        self.train_flow_only = train_flow_only
        self.network = generator.flow_estimator if train_flow_only else generator
        self.discriminator_optimizer = None
        names = ["generator_loss", *(name for name, weight in objective.weights.items() if weight)]
        if self.discriminator is not None:
            names.append("discriminator_loss")
        elif "adversarial" in names:
            raise GflaError(
                "the adversarial loss has a weight but no discriminator: give one, or the weight 0."
            )
        if names == ["generator_loss"]:
            raise GflaError("every weight of the losses that apply here is 0: set one, such as full.l1.")
        # Running means over an epoch: one value that is not finite stays visible until somebody looks.
        self._means = {name: keras.metrics.Mean(name) for name in names}
        self.built = True  # all networks are

    def compile(self, generator_optimizer, discriminator_optimizer=None, **kwargs):
        """Takes both optimisers; the rest is as for `keras.Model.compile`."""
        super().compile(**kwargs)
        self.generator_optimizer = generator_optimizer
        self.optimizer = generator_optimizer
        generator_optimizer.build(self.network.trainable_variables)
        if self.discriminator is not None:
            self.discriminator_optimizer = discriminator_optimizer
            discriminator_optimizer.build(self.discriminator.trainable_variables)

    def call(self, batch, training=False):
        return self.network(self.objective.inputs(batch), training=training)

    def train_step(self, batch):
        logs = {}
        with tf.GradientTape() as tape:
            outputs = self.network(self.objective.inputs(batch), training=True)
            terms = self.objective.terms(batch, outputs, self.generator_optimizer.iterations)
            if self.discriminator is not None:
                with tape.stop_recording():
                    logs["discriminator_loss"] = self._train_discriminator(
                        self.objective.real(batch), tf.stop_gradient(outputs["generated"])
                    )
                fake_logits = self.discriminator(outputs["generated"])
                terms["adversarial"] = generator_adversarial_loss(fake_logits, self.adversarial)
            loss = sum(self.objective.weights[name] * term for name, term in terms.items())
        variables = self.network.trainable_variables
        gradients = tape.gradient(loss, variables)
        # Zero for what a stage or a preset leaves out, such as the mask heads in stage 1.
        gradients = [tf.zeros_like(v) if g is None else g for g, v in zip(gradients, variables, strict=True)]
        self.generator_optimizer.apply(gradients, variables)
        for name, value in {**terms, **logs, "generator_loss": loss}.items():
            self._means[name].update_state(value)
        return {name: mean.result() for name, mean in self._means.items()}

    @property
    def metrics(self):
        return list(self._means.values())

    def _train_discriminator(self, real, fake):
        variables = self.discriminator.trainable_variables
        with tf.GradientTape() as tape:
            # One call for both: the power iteration of the spectral norm runs once per step.
            logits = self.discriminator(tf.concat([real, fake], axis=0), training=True)
            real_logits, fake_logits = tf.split(logits, 2)
            loss = discriminator_adversarial_loss(real_logits, fake_logits, self.adversarial)
            if self.adversarial == "wgan-gp":
                loss += GRADIENT_PENALTY_WEIGHT * self._gradient_penalty(real, fake)
        self.discriminator_optimizer.apply(tape.gradient(loss, variables), variables)
        return loss

    def _gradient_penalty(self, real, fake):
        # A function of the step, so that a resumed run draws what an uninterrupted one draws.
        seed = tf.stack([tf.cast(self.discriminator_optimizer.iterations, tf.int32), 0])
        share = tf.random.stateless_uniform([tf.shape(real)[0], 1, 1, 1], seed)
        between = share * real + (1 - share) * fake
        with tf.GradientTape() as tape:
            tape.watch(between)
            logits = self.discriminator(between)
        return gradient_penalty(tape.gradient(logits, between))
