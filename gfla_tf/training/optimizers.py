"""Adam as PyTorch has it, and as Keras has it: what differs is where epsilon stands."""

import math

import keras
from keras import ops

ADAMS = ("pytorch", "keras")


@keras.saving.register_keras_serializable("gfla_tf")
class PyTorchAdam(keras.optimizers.Adam):
    """p -= rate * m' / (sqrt(v') + epsilon), where m' and v' are corrected for their start at zero.

    Keras adds epsilon to the root of v itself, which in step t makes it 1 / sqrt(1 - beta_2^t) times as large: 32 times in the
    first one. Where gradients are as small as at the published initialization, that decides how far a step goes.
    """

    def update_step(self, gradient, variable, learning_rate):
        rate, gradient = ops.cast(learning_rate, variable.dtype), ops.cast(gradient, variable.dtype)
        step = ops.cast(self.iterations + 1, variable.dtype)
        index = self._get_variable_index(variable)
        m, v = self._momentums[index], self._velocities[index]
        self.assign(m, self.beta_1 * m + (1 - self.beta_1) * gradient)
        self.assign(v, self.beta_2 * v + (1 - self.beta_2) * ops.square(gradient))
        root = ops.sqrt(v / _correction(self.beta_2, step)) + self.epsilon
        self.assign_sub(variable, rate * (m / _correction(self.beta_1, step)) / root)


def _correction(beta, step):
    """1 - beta^step, in float32 to its last digit."""
    return -ops.expm1(step * math.log(beta)) if beta else 1.0


def create_adam(stage, learning_rate, final_learning_rate=None):
    """The optimizer of a stage.

    Args:
        stage: `StageConfig`, whose steps a falling rate takes.
        learning_rate: at the first step.
        final_learning_rate: reached along a cosine; None keeps the rate.
    """
    # Constant rates are schedules too: variables would come back from a checkpoint, whatever the configuration says by then.
    alpha = 1.0 if final_learning_rate is None else final_learning_rate / learning_rate
    schedule = keras.optimizers.schedules.CosineDecay(learning_rate, max(1, stage.steps), alpha)
    kind = PyTorchAdam if stage.adam == "pytorch" else keras.optimizers.Adam
    return kind(schedule, stage.beta_1, stage.beta_2, stage.epsilon, global_clipnorm=stage.clip_norm)
