"""A replica's share of a batch, cut into parts that are computed one after the other."""

import tensorflow as tf

from gfla_tf.layers.noise import Noise
from gfla_tf.training.replicas import rows_of, sums


class Part:
    """One of the parts of a batch, on all replicas together.

    Attributes:
        batch: its rows; besides "state", its rows of the objective's state, "totals" of the whole batch, and "parts", how many
            such parts make the whole.
        noise: its random numbers.
    """

    def __init__(self, batch, noise):
        self.batch, self.noise = batch, noise

    def after(self, done):
        """The same, to be computed after `done`, see below: parts take turns, and the memory of one."""
        return Part(after(self.batch, done), self.noise)


def after(values, done):
    """The tensors of a structure, to be had only when those of another are computed; None for at once."""
    if done is None:
        return values
    with tf.control_dependencies([x for x in tf.nest.flatten(done) if x is not None]):
        return tf.nest.map_structure(tf.identity, values)


def cut(batch, objective, parts, seed, step):
    """The `Part`s of a replica's rows of a batch.

    Args:
        batch: {name: (rows, ...)}.
        objective: `Objective`, whose `state` and `totals` become part of each.
        parts: how many.
        seed, step: of the `Noise`.
    """
    context = tf.distribute.get_replica_context()
    replicas, replica = context.num_replicas_in_sync, context.replica_id_in_sync_group
    totals = sums(objective.totals(batch))
    count, result = replicas * parts, []
    for i in range(parts):
        index = replica * parts + i
        own = batch if parts == 1 else {name: tf.split(x, parts)[i] for name, x in batch.items()}
        state = [rows_of(variable, index, count) for variable in objective.state]
        result.append(
            Part(
                {**own, "state": state, "totals": totals, "parts": float(count)},
                Noise(seed, step, index, count),
            )
        )
    return result
