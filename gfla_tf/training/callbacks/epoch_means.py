"""The running means of an unfinished epoch, so that a run that resumes inside it reports what an uninterrupted one reports."""

import keras
import tensorflow as tf

from gfla_tf.training.current_step import training_step


def read_means(model):
    """{metric: values of its variables}, on the first replica, as floats that JSON keeps exactly."""
    return {
        metric.name: [float(tf.convert_to_tensor(_replicas(variable)[0])) for variable in metric.variables]
        for metric in model.metrics
    }


def write_means(model, means):
    """Gives the metrics of a model the values that `read_means` gave, on every replica."""
    for metric in model.metrics:
        for variable, value in zip(metric.variables, means.get(metric.name, [])):
            for replica in _replicas(variable):
                replica.assign(value)


def _replicas(variable):
    return getattr(variable.value, "values", (variable.value,))


class EpochMeans(keras.callbacks.Callback):
    """Restores the means with which a run resumes inside an epoch; Keras resets them when it begins `fit`.

    Args:
        checkpoints: the `Checkpoints` that were restored.
        steps_per_epoch: of the run.
    """

    def __init__(self, checkpoints, steps_per_epoch):
        super().__init__()
        self._means, self._steps_per_epoch = checkpoints.record.get("means", {}), steps_per_epoch

    def on_epoch_begin(self, epoch, logs=None):
        if training_step(self.model) % self._steps_per_epoch:
            write_means(self.model, self._means)
        self._means = {}
