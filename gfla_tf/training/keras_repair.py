"""`fit` under `tf.distribute`, which Keras 3.15 breaks: https://github.com/keras-team/keras/issues/20585.

With several workers Keras' `fit` always fails. Before the first step it averages a batch over the replicas, to build models that
are built; after each step it averages scalars along an axis that they do not have. The class here builds nothing, and takes what
the first replica returns. `tests/test_keras_repair.py` fails when Keras can do without.
"""

import keras
import tensorflow as tf


class DistributedFit(keras.Model):
    """A model whose `fit` works under every strategy.

    `train_step` must return the same on every replica.
    """

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        pass

    def make_train_function(self, force=False):
        strategy = self.distribute_strategy
        if strategy.num_replicas_in_sync == 1 and strategy.cluster_resolver is None:
            return super().make_train_function(force)
        if self.train_function is not None and not force:
            return self.train_function

        def step(iterator):
            logs = strategy.run(self.train_step, args=(next(iterator),))
            return tf.nest.map_structure(lambda x: strategy.experimental_local_results(x)[0], logs)

        self.train_function = step if self.run_eagerly else tf.function(step)
        return self.train_function
