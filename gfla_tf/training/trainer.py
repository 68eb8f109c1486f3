"""The training step that every task shares: a generator, its discriminators and an optimiser for each.

A task brings an objective (see `gfla_tf.training.objectives`) that says what its networks are fed, which terms its losses
have and what is judged; this module turns that into a Keras model for `compile` and `fit`.
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
    """Alternates one update of each discriminator and one of the generator, or trains the flow alone.

    Args:
        generator: the model to train.
        objective: its `Objective`.
        discriminators: {role: model}, empty where there is no adversarial loss. The objective's `judged` says what each sees.
        adversarial: kind of adversarial loss, one of `ADVERSARIAL_KINDS`.
        flow_network: stage 1: the part of the generator that runs and learns alone, without adversarial loss.
    """

    def __init__(
        self, generator, objective, discriminators=None, adversarial="lsgan", flow_network=None, **kwargs
    ):
        super().__init__(**kwargs)
        self.generator = generator
        self.objective = objective
        self.discriminators = dict(discriminators or {}) if flow_network is None else {}
        self.adversarial = adversarial
        self.network = generator if flow_network is None else flow_network
        self.discriminator_optimizers = {}
        names = ["generator_loss", *(name for name, weight in objective.weights.items() if weight)]
        names += [f"{role}_loss" for role in self.discriminators]
        if "adversarial" in names and not self.discriminators:
            raise GflaError(
                "the adversarial loss has a weight but no discriminator: give one, or the weight 0."
            )
        if names == ["generator_loss"]:
            raise GflaError("every weight of the losses that apply here is 0: set one, such as full.l1.")
        # Running means over an epoch: one value that is not finite stays visible until somebody looks.
        self._means = {name: keras.metrics.Mean(name) for name in names}
        self.built = True  # all networks are

    def compile(self, generator_optimizer, discriminator_optimizers=None, **kwargs):
        """Takes the generator's optimiser and {role: optimiser}; the rest is as for `keras.Model.compile`."""
        super().compile(**kwargs)
        self.generator_optimizer = generator_optimizer
        self.optimizer = generator_optimizer
        generator_optimizer.build(self.network.trainable_variables)
        self.discriminator_optimizers = {role: discriminator_optimizers[role] for role in self.discriminators}
        for role, optimizer in self.discriminator_optimizers.items():
            optimizer.build(self.discriminators[role].trainable_variables)

    @property
    def checkpointed(self):
        """What a checkpoint of the training holds: {name: model, optimiser or list of variables}."""
        parts = {
            "generator": self.generator,
            "generator_optimizer": self.generator_optimizer,
            **self.discriminators,
        }
        parts |= {f"{role}_optimizer": optimizer for role, optimizer in self.discriminator_optimizers.items()}
        return parts | ({"state": list(self.objective.state)} if self.objective.state else {})

    def call(self, batch, training=False):
        return self.objective.outputs(self.network, batch, training)

    def train_step(self, batch):
        logs = {}
        with tf.GradientTape() as tape:
            outputs = self.objective.outputs(self.network, batch, training=True)
            terms = self.objective.terms(batch, outputs, self.generator_optimizer.iterations)
            judged = self.objective.judged(batch, outputs) if self.discriminators else {}
            for role, discriminator in self.discriminators.items():
                real, fake = judged[role]
                with tape.stop_recording():
                    logs[f"{role}_loss"] = self._train_discriminator(role, real, tf.stop_gradient(fake))
                loss = generator_adversarial_loss(discriminator(fake), self.adversarial)
                terms["adversarial"] = terms["adversarial"] + loss if "adversarial" in terms else loss
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

    def _train_discriminator(self, role, real, fake):
        discriminator, optimizer = self.discriminators[role], self.discriminator_optimizers[role]
        variables = discriminator.trainable_variables
        with tf.GradientTape() as tape:
            # One call for both: the power iteration of the spectral norm runs once per step.
            logits = discriminator(tf.concat([real, fake], axis=0), training=True)
            real_logits, fake_logits = tf.split(logits, 2)
            loss = discriminator_adversarial_loss(real_logits, fake_logits, self.adversarial)
            if self.adversarial == "wgan-gp":
                penalty = _gradient_penalty(discriminator, real, fake, optimizer.iterations)
                loss += GRADIENT_PENALTY_WEIGHT * penalty
        optimizer.apply(tape.gradient(loss, variables), variables)
        return loss


def _gradient_penalty(discriminator, real, fake, step):
    # A function of the step, so that a resumed run draws what an uninterrupted one draws.
    seed = tf.stack([tf.cast(step, tf.int32), 0])
    share = tf.random.stateless_uniform([tf.shape(real)[0]] + [1] * (len(real.shape) - 1), seed)
    between = share * real + (1 - share) * fake
    with tf.GradientTape() as tape:
        tape.watch(between)
        logits = discriminator(between)
    return gradient_penalty(tape.gradient(logits, between))
