"""Public datasets: prepared once by their TensorFlow Datasets builder, then read as `gfla_tf.data.records.Records`."""

import contextlib
import hashlib
import importlib
import io
import logging
import re
import shutil
import sys
from pathlib import Path

import tensorflow as tf
from google.protobuf.json_format import ParseError

from gfla_tf.data.corrupt_budget import CorruptEntries
from gfla_tf.errors import GflaError
from gfla_tf.files import alone, write_whole

_DIGEST, _DIGESTED = (
    "gfla_sha256",
    ("dataset_info.json", "metadata.json"),
)  # records have checksums of their own


def builder_of(name, directory, image_size):
    """The builder of a dataset, which has read nothing yet; arguments as for `prepare`.

    Raises:
        GflaError: tensorflow-datasets is not installed, a folder of pictures cannot be read, or what was prepared is damaged.
    """
    try:
        import tensorflow_datasets as tfds
    except ImportError as error:
        raise GflaError(
            f'The dataset {name} needs tensorflow-datasets ({error}): pip install -e ".[data]".'
        ) from error
    from gfla_tf.data.builders.files import ImageSize

    module = importlib.import_module(f"gfla_tf.data.builders.{name}")
    builder_class = next(one for one in vars(module).values() if getattr(one, "name", None) == name)
    if name.startswith("folder"):  # whatever lies in it now
        size = module.FolderContent.of(image_size, directory)
    else:
        size = ImageSize.of(image_size)
    published = {config.name: config for config in builder_class.BUILDER_CONFIGS}
    try:
        with _quiet(tfds):
            return builder_class(data_dir=directory / "prepared", config=published.get(size.name, size))
    except ParseError as error:
        raise _damaged(directory) from error


def prepare(name, directory, image_size, max_corrupt=0.0, beam=None):
    """The builder of a dataset whose files are in `directory`, prepared under `directory`/prepared unless it already is.

    Args:
        name: of the module in `gfla_tf.data.builders` that has its builder, which bears the same name.
        directory: an existing one with the files that the builder's MANUAL_DOWNLOAD_INSTRUCTIONS ask for.
        image_size: (height, width) that images get.
        max_corrupt: share of a split's records that may be corrupt; they are left out, which standard error tells.
        beam: options of Apache Beam, such as ["--runner=DirectRunner"], which prepares then; a corrupt record is an error.

    Raises:
        GflaError: tensorflow-datasets is not installed, a file is missing, more than that are corrupt, what was prepared has
            changed since, or the folder cannot be written.
    """
    directory = Path(directory).expanduser()
    try:
        builder = builder_of(name, directory, image_size)
        builder.max_corrupt, builder.on_beam = max_corrupt, beam is not None
        import tensorflow_datasets as tfds

        with _quiet(tfds):
            if not builder.is_prepared():
                print(f"preparing {name}, once, in {builder.data_dir}", file=sys.stderr, flush=True)
                with _alone(builder.data_path.parent):
                    how = {} if beam is None else {"beam_options": _beam_options(beam)}
                    builder.download_and_prepare(
                        download_config=tfds.download.DownloadConfig(manual_dir=directory, **how)
                    )
                Path(builder.data_path / _DIGEST).unlink(missing_ok=True)  # of what stood there before
            _require_as_written(builder.data_path, directory)
    except GflaError:
        raise
    except RuntimeError as error:  # of a Beam runner, which tells what went wrong far away as text
        told = re.search(r"GflaError: (.+?\.)(?= \[while running|\n|$)", str(error))
        raise GflaError(
            told[1] if told else f"Apache Beam failed ({_last_line(error)}): see its own log."
        ) from error
    except (ValueError, LookupError, TypeError, AttributeError, AssertionError) as error:
        raise _damaged(directory) from error
    except (OSError, tf.errors.OpError) as error:
        reason = getattr(error, "strerror", None) or str(error).strip().splitlines()[0]
        raise GflaError(
            f"{directory / 'prepared'} cannot be written or read ({reason}): make room and allow writing there."
        ) from error
    for split in ("train", "test"):
        try:
            corrupt = _left_out(builder, split)
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise _damaged(directory) from error
        if corrupt.sentences:
            where = builder.data_path / "metadata.json"
            print(f"{corrupt.told()} ({where} lists them)", file=sys.stderr, flush=True)
    return builder


@contextlib.contextmanager
def _alone(folder):
    """No other process prepares here meanwhile; what killed ones left is removed."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with alone(folder, f"Another process is preparing the data in {folder}: let it end."):
        for left in folder.glob("incomplete.*"):
            shutil.rmtree(left, ignore_errors=True)
        yield


def _require_as_written(folder, directory):
    """Raises a `GflaError` if the lists beside the records are not what they were when they were first read."""
    digest = hashlib.sha256()
    for name in _DIGESTED:
        digest.update(name.encode() + (folder / name).read_bytes())
    place = Path(folder) / _DIGEST
    if not place.exists():  # just prepared, or before there were digests
        with contextlib.suppress(OSError):
            write_whole(place, digest.hexdigest().encode())
    elif place.read_text(encoding="utf-8", errors="replace") != digest.hexdigest():
        raise _damaged(directory)


def _beam_options(options):
    try:
        from apache_beam.options.pipeline_options import PipelineOptions
    except ImportError as error:
        raise GflaError(f"Apache Beam is not here ({error}): pip install apache-beam.") from error
    return PipelineOptions(options)


def _last_line(error):
    return (str(error).strip().splitlines() or [type(error).__name__])[-1][:200]


def _damaged(directory):
    return GflaError(
        f"The prepared data in {directory / 'prepared'} are damaged: remove that folder to have them prepared again."
    )


def _left_out(builder, split):
    """`CorruptEntries` of what was left out when a split was prepared; a `GflaError` if that was more than is allowed now."""
    sentences = builder.info.metadata[split].get("corrupt", [])
    total = builder.info.splits[split].num_examples + len(sentences)
    entries = CorruptEntries(f"records of {builder.name}, {split}", total, builder.max_corrupt)
    for sentence in sentences:
        entries.add(sentence)
    return entries


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
