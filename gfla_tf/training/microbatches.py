"""A replica's share of a batch, cut into parts that are computed one after the other."""

import tensorflow as tf

from gfla_tf.layers.noise import Noise
from gfla_tf.training.replicas import rows_of, sums


class Microbatch:
    """One of the parts of a batch, on all replicas together.

    Attributes:
        batch: its rows; besides "state", its rows of the objective's state, "totals" of the whole batch, and "parts", how many
            such parts make the whole.
        noise: its random numbers.
        is_first: of those that its replica computes.
    """

    def __init__(self, batch, noise, is_first):
        self.batch, self.noise, self.is_first = batch, noise, is_first

    def after(self, done):
        """The same, to be computed after `done`, see below: parts take turns, and the memory of one."""
        return Microbatch(after(self.batch, done), self.noise, self.is_first)


def after(values, done):
    """The tensors of a structure, to be had only when those of another are computed; None for at once."""
    if done is None:
        return values
    with tf.control_dependencies([x for x in tf.nest.flatten(done) if x is not None]):
        return tf.nest.map_structure(tf.identity, values)


def microbatches(batch, objective, parts, seed, step):
    """The `Microbatch`es of a replica's rows of a batch.

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
        own = {**own, "state": state, "totals": totals, "parts": float(count)}
        result.append(Microbatch(own, Noise(seed, step, index, count), is_first=i == 0))
    return result


class Accumulated:
    """What microbatches give, added up as they are computed: the step that the whole batch would make.

    Args:
        done: what must be computed before the first of them, see `after`.
    """

    def __init__(self, done=None):
        self.done, self._count, self._sums, self._terms, self._state = done, 0, None, {}, []

    def add(self, gradients, terms, state=()):
        """Takes the gradients (None for a variable that the loss does not depend on), {term: scalar} and new state of one."""
        self._sums = self.done = _sum(self._sums, gradients)
        self._terms = dict(zip(terms, _sum(list(self._terms.values()) or None, terms.values())))
        self._state.append(state)
        self._count += 1

    @property
    def gradients(self):
        """Their means."""
        return self._mean(self._sums)

    @property
    def terms(self):
        """{term: mean}."""
        return dict(zip(self._terms, self._mean(self._terms.values())))

    @property
    def state(self):
        """The rows of all, one after the other; empty where there is none."""
        return [tf.concat(rows, axis=0) for rows in zip(*self._state)]

    def _mean(self, sums):
        return [x if x is None or self._count == 1 else x / self._count for x in sums]


def _sum(total, values):
    """The sums of two lists, of which the first may not be there yet, and entries of gradients may be None."""
    if total is None:
        return list(values)
    return [x if y is None else x + y for x, y in zip(total, values, strict=True)]
