"""Which loss term a gradient that is not finite comes from, found when a training run has already stopped."""

import tensorflow as tf

from gfla_tf.losses.adversarial import generator_adversarial_loss
from gfla_tf.training.microbatches import microbatches


def terms_without_gradient(trainer, batch, step):
    """Names of the terms whose gradient is not finite on a batch.

    Args:
        trainer: `Trainer`; its weights are finite, see `Updates`.
        batch: the whole batch of the step, {name: (rows, ...)}.
        step: that was made.
    """
    (part,) = microbatches(batch, trainer.objective, 1, trainer.seed, tf.constant(step, tf.int64))
    variables = trainer.network.trainable_variables
    with tf.GradientTape(persistent=True) as tape:
        with part.noise.drawn():
            outputs = trainer.objective.outputs(trainer.network, part.batch, training=True)
        terms = trainer.objective.terms(part.batch, outputs, tf.constant(step))
        if trainer.discriminators:
            pick = trainer.pick(tf.constant(step, tf.int64), "generator")
            judged = trainer.objective.judged(part.batch, outputs, pick)
            terms["adversarial"] = sum(
                generator_adversarial_loss(discriminator(judged[role][1]), trainer.adversarial)
                for role, discriminator in trainer.discriminators.items()
            )
    return [name for name, term in terms.items() if not _all_finite(tape.gradient(term, variables))]


def _all_finite(gradients):
    return all(bool(tf.reduce_all(tf.math.is_finite(x))) for x in gradients if x is not None)
