"""ShapeNet's cars or chairs from 18 azimuths and 3 elevations, as rendered by Sun et al. (ECCV 2018)."""

import collections

import h5py
import numpy as np
import tensorflow_datasets as tfds
from PIL import Image

from gfla_tf.data.builders.files import ImageSize, ManualBuilder, read_text
from gfla_tf.data.corrupt_budget import shortened
from gfla_tf.errors import GflaError
from gfla_tf.keypoints.views import AZIMUTHS, ELEVATIONS


class ShapeNet(ManualBuilder):
    """Objects from 18 azimuths and 3 elevations, whose numbers are in azimuth and elevation.

    A record is a view; info.metadata[SPLIT]["models"] lists the objects in the records' order: name and number of views.
    """

    name = "shapenet"
    VERSION = tfds.core.Version("1.0.0")
    BUILDER_CONFIGS = (ImageSize.of((256, 256)),)
    MANUAL_DOWNLOAD_INSTRUCTIONS = """
    Put into the folder, for one CATEGORY, car or chair:
      data_CATEGORY.hdf5                                groups MODEL_AZIMUTH_ELEVATION (the azimuth in tens of degrees), each with
                                                        image (height, width, 3), uint8, and pose (azimuth, elevation)
      id_CATEGORY_train.txt, id_CATEGORY_test.txt       the names of the groups of each split, one in a line
    All are linked from, or part of, https://github.com/shaohua0116/Multiview2Novelview.
    """
    HOMEPAGE = "https://github.com/shaohua0116/Multiview2Novelview"
    CITATION = """@inproceedings{sun2018multiview,
      title={Multi-view to Novel View: Synthesizing Novel Views with Self-Learned Confidence},
      author={Sun, Shao-Hua and Huh, Minyoung and Liao, Yuan-Hong and Zhang, Ning and Lim, Joseph J},
      booktitle={ECCV}, year={2018}}"""

    def features(self, image_size):
        return {
            "image": tfds.features.Image(shape=(*image_size, 3)),
            "azimuth": tfds.features.ClassLabel(num_classes=len(AZIMUTHS)),
            "elevation": tfds.features.ClassLabel(num_classes=len(ELEVATIONS)),
            "model": tfds.features.Text(),
        }

    def table(self, directory, split):
        found = sorted(directory.glob("data_*.hdf5"))
        if len(found) != 1:
            listed = ", ".join(path.name for path in found) or "none"
            raise GflaError(
                f"{directory} must have exactly one data_CATEGORY.hdf5, and has {listed}: put that of one category there, "
                "see docs/datasets.md."
            )
        list_path = directory / f"id_{found[0].stem.removeprefix('data_')}_{split}.txt"
        try:
            file = h5py.File(found[0])
        except OSError as error:
            raise GflaError(
                f"{found[0]} cannot be read as HDF5 ({error}): put an undamaged copy there."
            ) from error
        views, known = collections.defaultdict(list), set(file)
        for line, name in enumerate(read_text(list_path, "the names of the groups"), 1):
            if not name.strip():
                continue
            if name.strip() not in known:
                raise GflaError(
                    f"{list_path}, line {line}: {found[0].name} has no group {name.strip()!r}: remove the line, or put "
                    "the file to which the list belongs there."
                )
            views[name.strip().rsplit("_", 2)[0]].append(name.strip())
        for model, names in views.items():
            if len(names) < 2:
                raise GflaError(
                    f"{list_path} names a single view of {model}: a pair takes two, so add one or remove it."
                )
        if not views:
            raise GflaError(f"{list_path} is empty: put the names of the groups there.")
        table = [(file, name, model) for model, names in views.items() for name in names]
        return table, {"models": [[model, len(names)] for model, names in views.items()]}

    def without(self, whole, dropped):
        models = shortened(whole["models"], dropped)
        single = [model for model, count in models if count < 2]
        if single:
            raise GflaError(
                f"all views of {single[0]} but one are corrupt, and a pair takes two: put undamaged ones there."
            )
        return {"models": models}

    def record(self, entry, image_size):
        file, name, model = entry
        where = f"{file.filename}, group {name}"
        try:
            image, (azimuth, elevation) = file[name]["image"][()], file[name]["pose"][()].ravel()
        except (LookupError, OSError, AttributeError, TypeError, ValueError) as error:
            raise GflaError(
                f"{where}: it must have image and pose of two numbers ({error}): put an undamaged copy of the file there."
            ) from error
        if image.ndim != 3 or image.shape[-1] != 3 or image.dtype != np.uint8:
            raise GflaError(
                f"{where}: its image is {image.shape} {image.dtype}: it must be (height, width, 3) uint8."
            )
        angles = 10 * azimuth, elevation
        if angles[0] not in AZIMUTHS or angles[1] not in ELEVATIONS:
            raise GflaError(
                f"{where}: its pose is ({azimuth}, {elevation}): the azimuth must be an even number below 36, in tens of "
                f"degrees, and the elevation one of {', '.join(map(str, ELEVATIONS))}."
            )
        height, width = image_size
        if image.shape[:2] != (height, width):
            resized = Image.fromarray(image).resize((width, height), Image.Resampling.BILINEAR)
            image = np.asarray(resized)
        return {
            "image": image,
            "azimuth": AZIMUTHS.index(angles[0]),
            "elevation": ELEVATIONS.index(angles[1]),
            "model": model,
        }
