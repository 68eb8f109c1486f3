"""Public datasets: prepared once by their TensorFlow Datasets builder, then read record by record in any order.

A batch must be a function of its number alone, so that training resumes exactly, and the order differs from epoch to epoch: that
takes random access. array_record would give it, but there is no array_record on some platforms (TensorFlow Datasets itself
installs it on Linux alone). The usual TFRecord files give it too, once it is known where in them each record begins: `Records`
finds that out in one pass over the lengths.
"""

import contextlib
import importlib
import io
import logging
import struct
import sys
from pathlib import Path

import numpy as np
import tensorflow as tf

from gfla_tf.errors import GflaError

# data.dataset -> the module in gfla_tf.data.builders and its builder.
BUILDERS = {
    "deepfashion": ("deepfashion", "DeepFashion"),
    "market": ("market", "Market"),
    "fashionvideo": ("fashionvideo", "FashionVideo"),
    "iper": ("iper", "Iper"),
    "faceforensics": ("faceforensics", "FaceForensics"),
    "shapenet": ("shapenet", "ShapeNet"),
}
_HEADER, _FOOTER = (
    12,
    4,
)  # bytes around a record in a TFRecord file: its length with a checksum, its own checksum


def prepare(name, directory, image_size):
    """The builder of a dataset whose files are in `directory`, prepared under `directory`/prepared unless it already is.

    Args:
        name: one of `BUILDERS`.
        directory: an existing one with the files that the builder's MANUAL_DOWNLOAD_INSTRUCTIONS ask for.
        image_size: (height, width) that images get.

    Raises:
        GflaError: tensorflow-datasets is not installed, a file is missing or damaged, or the folder cannot be written.
    """
    directory = Path(directory).expanduser()
    try:
        import tensorflow_datasets as tfds
    except ImportError as error:
        raise GflaError(
            f'the dataset {name} needs tensorflow-datasets ({error}): pip install -e ".[data]".'
        ) from error
    from gfla_tf.data.builders.files import ImageSize

    module, builder_class = BUILDERS[name]
    builder_class = getattr(importlib.import_module(f"gfla_tf.data.builders.{module}"), builder_class)
    size = ImageSize.of(image_size)
    published = {config.name: config for config in builder_class.BUILDER_CONFIGS}
    try:
        with _quiet(tfds):
            builder = builder_class(data_dir=directory / "prepared", config=published.get(size.name, size))
            if not builder.is_prepared():
                print(f"preparing {name}, once, in {builder.data_dir}", file=sys.stderr, flush=True)
                builder.download_and_prepare(
                    download_config=tfds.download.DownloadConfig(manual_dir=directory)
                )
    except (OSError, tf.errors.OpError) as error:
        reason = getattr(error, "strerror", None) or str(error).strip().splitlines()[0]
        raise GflaError(
            f"{directory / 'prepared'} cannot be written or read ({reason}): make room and allow writing there."
        ) from error
    return builder


@contextlib.contextmanager
def _quiet(tfds):
    """Without TensorFlow Datasets' talk of downloads, warnings about its own code and many bars; a builder's own bar stays."""
    logger = logging.getLogger("absl")
    level = logger.level
    logger.setLevel(logging.ERROR)
    tfds.disable_progress_bar()
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        tfds.enable_progress_bar()
        logger.setLevel(level)


class Records:
    """The records of one split of a prepared dataset, by number.

    Args:
        builder: as `prepare` returns it.
        split: "train" or "test".

    Raises:
        GflaError: a file of the prepared data is damaged.
    """

    def __init__(self, builder, split):
        self.metadata = builder.info.metadata[split]
        paths = builder.info.splits[split].filepaths
        self._files = [np.memmap(path, np.uint8, mode="r") for path in paths]
        starts = [_record_starts(file) for file in self._files]
        if sum(map(len, starts)) != builder.info.splits[split].num_examples:
            raise GflaError(
                f"the prepared data in {builder.data_dir} are damaged: remove that folder to have them prepared again."
            )
        self._file = np.repeat(np.arange(len(paths)), [len(inside) for inside in starts])
        self._start = np.concatenate(starts)

    def __len__(self):
        return len(self._start)

    def read(self, number):
        """Serialised `tf.train.Example` of one record, a scalar string tensor; `number` is a scalar integer tensor."""
        record = tf.numpy_function(self._read, [number], tf.string, stateful=False)
        return tf.ensure_shape(record, ())

    def _read(self, number):
        file, start = self._files[self._file[number]], self._start[number]
        (length,) = struct.unpack("<Q", file[start : start + 8])
        begin = start + _HEADER
        return np.array(file[begin : begin + length].tobytes(), object)


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
