"""From the gradients of the replicas to new weights: mean, loss scale, clipping, optimizer, moving average.

Keras' optimizers clip before the replicas' gradients are added up, and its `LossScaleOptimizer` looks at those of one replica;
both are right here, and every replica and worker computes the same bits.
"""

import tensorflow as tf
from keras import ops

from gfla_tf.training.replicas import means, same_everywhere

INITIAL_SCALE = 2.0**15
GROWTH_STEPS = 2000  # good steps in a row after which the loss scale doubles


class Updates:
    """The updates of one network. A step whose gradients are not finite counts as one whose gradients are zero.

    Args:
        variables: Keras variables that learn.
        optimizer: Keras optimizer; of its settings that change gradients, `global_clipnorm` alone is heeded.
        scaled: whether losses are scaled, which float16 needs. A step whose gradients are not finite halves the scale.
        decay: of a moving average of the variables, or None. The average begins as a plain mean: step n has the decay
            min(decay, (1 + n) / (10 + n)).
    """

    def __init__(self, variables, optimizer, scaled=False, decay=None):
        self.variables, self.optimizer, self.decay = variables, optimizer, decay
        optimizer.build(variables)
        self.average = (
            [] if decay is None else [same_everywhere(ops.copy(v), f"average_{v.path}") for v in variables]
        )
        self.loss_scale = []
        if scaled:
            self.loss_scale = [
                same_everywhere(INITIAL_SCALE, "loss_scale"),
                same_everywhere(0.0, "good_steps"),
            ]

    def scaled(self, loss):
        """The loss whose gradients `apply` takes."""
        return loss * self.loss_scale[0] if self.loss_scale else loss

    def apply(self, gradients):
        """Updates the variables, in the context of a replica.

        Args:
            gradients: of the replica's `scaled` mean loss; None for a variable that the loss does not depend on.

        Returns:
            Norm of the gradient, the mean over the replicas, before clipping; 0 where it is not finite and the loss scale,
            above 1, may have been too large.
        """
        # Zero for what a stage or a preset leaves out, such as the mask heads in stage 1.
        gradients = [
            ops.zeros_like(v) if g is None else g for g, v in zip(gradients, self.variables, strict=True)
        ]
        gradients = means(gradients)
        if self.loss_scale:
            gradients = [gradient / self.loss_scale[0] for gradient in gradients]
        norm, limit = _global_norm(gradients), self.optimizer.global_clipnorm
        factor = limit * ops.minimum(1.0 / norm, 1.0 / limit) if limit else 1.0
        finite = ops.isfinite(norm)
        gradients = [ops.where(finite, gradient * factor, 0.0) for gradient in gradients]
        if self.loss_scale:
            overflows = ops.logical_and(ops.logical_not(finite), self.loss_scale[0] > 1)
            norm = ops.where(overflows, 0.0, norm)
            self._adapt_scale(finite)
        tf.distribute.get_replica_context().merge_call(self._update, args=(gradients,))
        return norm

    def finish(self):
        """Gives the variables the values of their moving average, if there is one."""
        for variable, average in zip(self.variables, self.average):
            variable.assign(average)

    def _adapt_scale(self, finite):
        scale, good_steps = self.loss_scale
        count = ops.where(finite, good_steps + 1, 0.0)
        grown = ops.where(count >= GROWTH_STEPS, scale * 2, scale)
        good_steps.assign(ops.where(count >= GROWTH_STEPS, 0.0, count))
        scale.assign(ops.where(finite, grown, ops.maximum(scale / 2, 1.0)))

    def _update(self, strategy, gradients):
        """In the context of all replicas, each of which has the same gradients."""
        optimizer, rate = self.optimizer, self.optimizer.learning_rate
        for variable, gradient in zip(self.variables, gradients, strict=True):
            strategy.extended.update(
                variable.value,
                lambda variable, gradient, rate: optimizer.update_step(gradient, variable, rate),
                args=(gradient, rate),
                group=False,
            )
        optimizer.iterations.assign_add(1)
        if self.average:
            step = ops.cast(optimizer.iterations, "float32")
            share = 1 - ops.minimum(self.decay, (1 + step) / (10 + step))
            for average, variable in zip(self.average, self.variables):
                strategy.extended.update(
                    average.value,
                    lambda average, value, share: average.assign_sub(share * (average - value)),
                    args=(variable.value, share),
                    group=False,
                )


def _global_norm(gradients):
    return ops.sqrt(ops.sum(ops.stack([ops.sum(ops.square(gradient)) for gradient in gradients])))
