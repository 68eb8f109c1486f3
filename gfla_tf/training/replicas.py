"""What the replicas of a strategy exchange in a step, and variables that are the same on all of them."""

import keras
import tensorflow as tf
from keras import ops


def same_everywhere(value, name):
    """A float32 variable, to which every replica assigns the same; it can be read anywhere without asking the others."""
    name = name.replace("/", "_")
    return keras.Variable(
        value, trainable=False, dtype="float32", aggregation="only_first_replica", name=name
    )


def sums(values):
    """The sums over the replicas of a structure of tensors, on each of them."""
    return _reduced(values, tf.distribute.ReduceOp.SUM)


def means(values):
    """The means over the replicas of a structure of tensors, on each of them."""
    return _reduced(values, tf.distribute.ReduceOp.MEAN)


def _reduced(values, how):
    context = tf.distribute.get_replica_context()
    alone = context.num_replicas_in_sync == 1 or not tf.nest.flatten(values)
    return values if alone else context.all_reduce(how, values)


def rows_of(variable, index, count):
    """The rows of part `index` of `count` of a variable with a row for each of the whole batch."""
    value = ops.convert_to_tensor(variable)
    rows = value.shape[0] // count
    return value if count == 1 else value[index * rows : (index + 1) * rows]


def write_rows(variables, values):
    """Writes the replica's rows of variables with a row for each of the whole batch; afterward every replica has them all."""
    context = tf.distribute.get_replica_context()
    if context.num_replicas_in_sync > 1:
        # All but the own rows are zero: the sum over the replicas has everybody's.
        own = tf.one_hot(context.replica_id_in_sync_group, context.num_replicas_in_sync)
        values = sums([tf.tensordot(own, value, axes=0) for value in values])
    for variable, value in zip(variables, values, strict=True):
        variable.assign(tf.reshape(value, variable.shape))


class RunningMean:
    """`keras.metrics.Mean` of what is the same on every replica, so that nobody has to be asked for the result."""

    def __init__(self, name):
        self.name = name
        self.total, self.count = same_everywhere(0.0, f"{name}_total"), same_everywhere(0.0, f"{name}_count")

    @property
    def variables(self):
        return [self.total, self.count]

    def update_state(self, value):
        self.total.assign_add(value)
        self.count.assign_add(1.0)

    def result(self):
        return tf.math.divide_no_nan(ops.convert_to_tensor(self.total), ops.convert_to_tensor(self.count))

    def reset_state(self):
        for variable in self.variables:
            variable.assign(0.0)
