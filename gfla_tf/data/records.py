"""Records of a prepared dataset, one by one and in any order.

A batch must be a function of its number alone, so that training resumes exactly, and the order differs from epoch to epoch: that
takes random access. array_record would give it, but there is no array_record on some platforms (TensorFlow Datasets itself
installs it on Linux alone). The usual TFRecord files give it too, once it is known where in them each record begins: `Records`
finds that out in one pass over the lengths.

A record that has become corrupt since it was written, which its checksum shows, is left out while training, as the builders leave
out corrupt files. What takes its place is a function of its number.
"""

import logging
import struct
import threading

import numpy as np
import tensorflow as tf
from tensorflow.python.lib.io.tf_record import tf_record_random_reader  # nothing public reads at a position

from gfla_tf.data.corrupt_budget import CorruptEntries
from gfla_tf.errors import GflaError

# Bytes around a record in a TFRecord file: its length with a checksum, its own checksum.
_HEADER, _FOOTER = 12, 4
_log = logging.getLogger(__name__)


class Records:
    """The records of one split of a prepared dataset, by number.

    Args:
        builder: as `gfla_tf.data.prepared.prepare` returns it.
        split: "train" or "test".

    Raises:
        GflaError: a file of the prepared data is damaged.
    """

    def __init__(self, builder, split):
        self.metadata = builder.info.metadata[split]
        self._paths = [str(path) for path in builder.info.splits[split].filepaths]
        try:
            starts = [_record_starts(np.memmap(path, np.uint8, mode="r")) for path in self._paths]
        except (OSError, ValueError):  # missing, no file, empty
            starts = []
        count = sum(map(len, starts))
        if not count or count != builder.info.splits[split].num_examples:
            raise GflaError(
                f"The prepared data in {builder.data_dir} are damaged: remove that folder to have them prepared again."
            )
        self._file = np.repeat(np.arange(len(starts)), [len(inside) for inside in starts])
        self._start = np.concatenate(starts)
        self._readers = [(tf_record_random_reader(path), threading.Lock()) for path in self._paths]
        self._corrupt = CorruptEntries(f"records of {builder.name}, {split}", count, builder.max_corrupt)
        self._corrupt_numbers, self._counting = set(), threading.Lock()

    def __len__(self):
        return len(self._start)

    def read(self, number):
        """Serialized `tf.train.Example` of one record, a scalar string tensor; `number` is a scalar integer tensor."""
        record = tf.numpy_function(self._read, [number], tf.string, stateful=False)
        return tf.ensure_shape(record, ())

    def are_intact(self, numbers):
        """Whether records can be read, a scalar bool tensor; `numbers` is a vector. Those that cannot are counted and reported.

        Reading the tensor raises an error with the sentence of a `GflaError` when they are more than the limit allows.
        """
        intact = tf.numpy_function(self._are_intact, [numbers], tf.bool, stateful=False)
        return tf.ensure_shape(intact, ())

    def _are_intact(self, numbers):
        return np.bool_(all([self._bytes(number) is not None for number in numbers]))

    def _read(self, number):
        record = self._bytes(number)
        if record is None:
            raise GflaError(self._corrupt.sentences[-1])
        return np.array(record, object)

    def _bytes(self, number):
        """The record, or None if its checksum is not that of when it was written."""
        reader, lock = self._readers[self._file[number]]
        try:
            with lock:  # a reader has one position in its file
                return reader.read(int(self._start[number]))[0]
        except tf.errors.DataLossError:
            self._count(int(number))
            return None

    def _count(self, number):
        with self._counting:
            if number in self._corrupt_numbers:
                return
            self._corrupt_numbers.add(number)
            path = self._paths[self._file[number]]
            self._corrupt.add(
                f"record {number} in {path} has become corrupt: remove the folder to have it prepared again."
            )
            _log.warning("While training: %s", self._corrupt.told())


def _record_starts(file):
    """Positions of the records in a TFRecord file, as far as they are complete."""
    starts, position = [], 0
    while position + _HEADER + _FOOTER <= len(file):
        (length,) = struct.unpack("<Q", file[position : position + 8])
        following = position + _HEADER + length + _FOOTER
        if following > len(file):
            break
        starts.append(position)
        position = following
    return np.array(starts, np.int64)


def decode_image(encoded, shape):
    """uint8 image (height, width, channels) from the bytes that a record holds."""
    return tf.ensure_shape(tf.io.decode_png(encoded, channels=shape[-1]), shape)
