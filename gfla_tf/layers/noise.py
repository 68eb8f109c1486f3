"""Random numbers of a training step that belong to the rows of its batch, not to whoever computes them.

They are a function of the step, of what they are for, and of the row, so that a step on several devices, or on a batch cut into
parts, draws what one device draws for the whole batch; and a resumed run what an uninterrupted one draws, with nothing to save.
"""

import contextlib
import contextvars
import zlib

_current = contextvars.ContextVar("noise", default=None)


class Noise:
    """The random numbers of one part of a batch in one step.

    Args:
        seed: of the training.
        step: number of the step, a scalar tensor.
        index: number of the part, a scalar tensor or int.
        count: of equal parts in the batch.
    """

    def __init__(self, seed, step, index=0, count=1):
        self.seed, self.step, self.index, self.count = seed, step, index, count

    def uniform(self, shape, purpose=""):
        """float32 numbers in [0, 1).

        Args:
            shape: whose first axis is that of the part's rows.
            purpose: other numbers for every other one.
        """
        import tensorflow as tf  # here: who trains has it, and who only builds networks may have another backend

        rows = shape[0]
        seed = tf.stack([tf.cast(self.step, tf.int32), self.seed + zlib.crc32(purpose.encode()) % 2**30])
        numbers = tf.random.stateless_uniform([rows * self.count, *shape[1:]], seed)
        return numbers[self.index * rows : (self.index + 1) * rows] if self.count > 1 else numbers

    @contextlib.contextmanager
    def drawn(self):
        """Layers that are called inside, in this thread, draw from it."""
        token = _current.set(self)
        try:
            yield
        finally:
            _current.reset(token)


def current_noise():
    """The `Noise` of the training step around this call; None outside of one."""
    return _current.get()
