"""What all builders share: the size of their images, and reading the files that a user has put in place."""

import dataclasses

import numpy as np
import tensorflow_datasets as tfds
from PIL import Image
from tqdm import tqdm

from gfla_tf.data.corrupt_budget import CorruptEntries
from gfla_tf.data.survey import KINDS, Survey
from gfla_tf.errors import GflaError
from gfla_tf.io import documents
from gfla_tf.io.pictures import read_picture


@dataclasses.dataclass
class ImageSize(tfds.core.BuilderConfig):
    """A builder's configuration: the (height, width) that images get, in its name HEIGHTxWIDTH."""

    image_size: tuple[int, int] = (256, 256)

    @classmethod
    def of(cls, image_size):
        """The configuration for images of (height, width)."""
        height, width = image_size
        return cls(
            name=f"{height}x{width}",
            description=f"Images of {height} x {width} (height x width) pixels.",
            image_size=(height, width),
        )


class Recorder:
    """A builder's `record` for other processes and machines, to which builders themselves cannot be sent.

    Args:
        cls: of the builder.
        config: its configuration.
    """

    def __init__(self, cls, config):
        self._class, self._config = cls, config

    def __call__(self, number, entry):
        builder = self._class.__new__(self._class)
        builder._builder_config = self._config
        return number, builder.record(entry, self._config.image_size)


class ManualBuilder(tfds.core.GeneratorBasedBuilder, skip_registration=True):
    """A builder of files that nobody may hand on, so that each user gets them from their owners.

    A subclass gives VERSION, BUILDER_CONFIGS (`ImageSize`), MANUAL_DOWNLOAD_INSTRUCTIONS, HOMEPAGE, CITATION and the
    methods below. Records keep the order of the `table`; those that are corrupt are left out, and info.metadata[SPLIT]["corrupt"]
    lists why.

    Attributes:
        max_corrupt: share of a split's records that may be.
        annotated_size: (height, width) of the images in whose pixels joints are annotated, where it is one for all.
        on_beam: whether Apache Beam makes the records, on as many machines as its runner has; a corrupt one ends it then.
    """

    HOMEPAGE = CITATION = None
    # Nothing is downloaded. To find that out, TensorFlow Datasets 4.9.10 would import a package that it does not require.
    url_infos = None
    max_corrupt = 0.0
    annotated_size = None
    on_beam = False

    def features(self, image_size):
        """dict of the features of a record with images of (height, width)."""
        raise NotImplementedError

    def table(self, directory, split):
        """Reads what a split has, without its images, so that what is missing shows before minutes of work.

        Args:
            directory: `Path` of the files.
            split: "train" or "test".

        Returns:
            a list with a description of each record, as `record` takes it, and a dict of what holds for the whole split, which
            the prepared data keeps as `info.metadata[split]`.
        """
        raise NotImplementedError

    def record(self, entry, image_size):
        """The record that an entry of the table describes.

        Raises:
            GflaError: a file of it is corrupt.
        """
        raise NotImplementedError

    def without(self, whole, dropped):
        """The dict that `table` gave, as it is without the records whose numbers are `dropped`."""
        raise NotImplementedError

    def _info(self):
        return tfds.core.DatasetInfo(
            builder=self,
            description=self.__doc__,
            features=tfds.features.FeaturesDict(self.features(self.builder_config.image_size)),
            homepage=self.HOMEPAGE,
            citation=self.CITATION,
            metadata=tfds.core.MetadataDict(),
            disable_shuffling=True,
        )

    def _split_generators(self, dl_manager):
        generators = {}
        for split in ("train", "test"):
            table, whole = self.table(dl_manager.manual_dir, split)
            make = self._pipeline if self.on_beam else self._generate_examples
            generators[split] = make(table, split, whole)
        return generators

    def _pipeline(self, table, split, whole):
        """The numbered records of a split as Beam makes them; the numbers keep their order."""
        import apache_beam as beam

        self.info.metadata[split] = {**whole, "corrupt": []}
        return beam.Create(list(enumerate(table))) | beam.MapTuple(Recorder(type(self), self.builder_config))

    def _generate_examples(self, table, split, whole):
        what, dropped = f"{self.name}, {split}", set()
        corrupt = CorruptEntries(f"records of {what}", len(table), self.max_corrupt)
        surveys = {}
        for number, entry in enumerate(tqdm(table, desc=what, unit="record", disable=None)):
            try:
                record = self.record(entry, self.builder_config.image_size)
            except GflaError as error:
                corrupt.add(error)
                dropped.add(number)
            else:
                for kind in set(KINDS) & record.keys():
                    survey = surveys.setdefault(
                        kind,
                        Survey(f"{what}, {kind}", self.builder_config.image_size, self.annotated_size),
                    )
                    survey.add(record.get("name", f"record {number}"), record[kind])
                yield number, record
        for survey in surveys.values():
            survey.end()
        whole = self.without(whole, dropped) if dropped else whole
        self.info.metadata[split] = {**whole, "corrupt": corrupt.sentences}


def read_text(path, holds):
    """Lines of a text file; a `GflaError` says what it `holds` and where it should be if it cannot be read."""
    return documents.read_text(
        path, f"file of {holds}", remedy=f"put the file with {holds} there, see docs/datasets.md"
    ).splitlines()


BILINEAR, BICUBIC = Image.Resampling.BILINEAR, Image.Resampling.BICUBIC


def resized(image, image_size, kernel):
    """An 8-bit image (h, w, 3) or (h, w) at (height, width), antialiased by Pillow, whatever the proportions."""
    height, width = image_size
    if image.shape[:2] == (height, width):
        return image
    return np.asarray(Image.fromarray(image).resize((width, height), kernel))


def read_image(path, mode="RGB"):
    """The image of a file as it is: uint8 (height, width, 3), or (height, width) in mode "L".

    Raises:
        GflaError: the file is missing or no image.
    """
    picture = read_picture(path, "image", "put it there, see docs/datasets.md")
    return picture if mode == "RGB" else np.asarray(Image.fromarray(picture).convert(mode))
