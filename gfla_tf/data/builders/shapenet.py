"""ShapeNet's cars or chairs from 18 azimuths and 3 elevations, as rendered by Sun et al. (ECCV 2018)."""

import h5py
import numpy as np
import tensorflow_datasets as tfds

from gfla_tf.data.builders.files import BILINEAR, ImageSize, ManualBuilder, read_text, resized
from gfla_tf.data.view_tests import view_tests
from gfla_tf.errors import GflaError, reason_of
from gfla_tf.keypoints.views import AZIMUTHS, ELEVATIONS


class ShapeNet(ManualBuilder):
    """Objects from 18 azimuths and 3 elevations, whose numbers are in azimuth and elevation.

    A record is a view. info.metadata[SPLIT]["groups"] lists the views of one model at one elevation, in the records' order: name,
    number of those that can be targets (azimuth an even number of tens of degrees), which come first, and number of all;
    "sources" has the numbers of the records that the list names, in its order.
    """

    name = "shapenet"
    VERSION = tfds.core.Version("2.0.0")
    BUILDER_CONFIGS = (ImageSize.of((256, 256)),)
    MANUAL_DOWNLOAD_INSTRUCTIONS = """
    Put into the folder, for one CATEGORY, car or chair:
      data_CATEGORY.hdf5                                groups MODEL_AZIMUTH_ELEVATION (the azimuth in tens of degrees), each with
                                                        image (height, width, 3), uint8, and pose (azimuth, elevation)
    Both categories may lie there; shapenet_car and shapenet_chair choose one.
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

    category = None  # the one that is there

    def tests(self, directory):
        """What the published protocol draws: (source, targets), entries as `record` takes them, of each line of the name list.

        Args:
            directory: `Path` of the files, with name_CATEGORY_test.txt.
        """
        path, file = self._opened(directory)
        list_path = directory / f"name_{path.stem.removeprefix('data_')}_test.txt"
        models = [line.strip() for line in read_text(list_path, "the names of the models") if line.strip()]
        for line, (source, targets) in enumerate(view_tests(models), 1):
            if missing := [name for name in (source, *targets) if name not in file]:
                raise GflaError(
                    f"{list_path}, line {line}: {path.name} has no group {missing[0]!r}: get the whole file."
                )
            entries = [(file, name, models[line - 1]) for name in (source, *targets)]
            yield entries[0], entries[1:]

    def table(self, directory, split):
        path, file = self._opened(directory)
        list_path = directory / f"id_{path.stem.removeprefix('data_')}_{split}.txt"
        groups, sources, known, seen = {}, [], set(file), set()
        for line, name in enumerate(read_text(list_path, "the names of the groups"), 1):
            name = name.strip()
            if not name:
                continue
            if name not in known:
                raise GflaError(
                    f"{list_path}, line {line}: {path.name} has no group {name!r}: remove the line, or put the file to which "
                    "the list belongs there."
                )
            if name.count("_") < 2:
                raise GflaError(
                    f"{list_path}, line {line}: {name!r} is no view: names are MODEL_AZIMUTH_ELEVATION."
                )
            model, _, elevation = name.rsplit("_", 2)
            if (model, elevation) not in groups:
                # Targets of the sources of this model and elevation, whether the list names them or not.
                targets = [f"{model}_{azimuth // 10}_{elevation}" for azimuth in AZIMUTHS]
                groups[model, elevation] = [target for target in targets if target in known]
            if not groups[model, elevation]:
                raise GflaError(
                    f"{list_path}, line {line}: {path.name} has no view of {model} at elevation {elevation} whose azimuth is "
                    "an even number of tens of degrees, which its targets are: get the whole file."
                )
            if name in seen:
                raise GflaError(f"{list_path}, line {line}: {name} is named twice: remove one of the lines.")
            seen.add(name)
            sources.append(name)
        if not sources:
            raise GflaError(f"{list_path} is empty: put the names of the groups there.")
        return _table(file, groups, sources)

    def _opened(self, directory):
        path = self._file(directory)
        try:
            file = h5py.File(path)
            set(file)  # a damaged list of groups shows here
        except (OSError, RuntimeError) as error:
            raise GflaError(
                f"{path} cannot be read as HDF5 ({reason_of(error)}): put an undamaged copy there."
            ) from error
        return path, file

    def _file(self, directory):
        found = sorted(directory.glob(f"data_{self.category or '*'}.hdf5"))
        if len(found) != 1:
            listed = ", ".join(path.name for path in found) or "none"
            wanted = self.category or "CATEGORY"
            raise GflaError(
                f"{directory} must have exactly one data_{wanted}.hdf5, and has {listed}: put that of one category there, or "
                "choose one with data.dataset=shapenet_car or shapenet_chair, see docs/datasets.md."
            )
        return found[0]

    def without(self, whole, dropped):
        kept = (
            np.cumsum([number not in dropped for number in range(sum(n for _, _, n in whole["groups"]))]) - 1
        )
        groups, begin = [], 0
        for name, targets, count in whole["groups"]:
            left = [number for number in range(begin, begin + count) if number not in dropped]
            own = sum(number < begin + targets for number in left)
            if not own:
                raise GflaError(
                    f"All views of {name} that can be targets are corrupt: put undamaged ones there."
                )
            groups.append([name, own, len(left)])
            begin += count
        return {"groups": groups, "sources": [int(kept[n]) for n in whole["sources"] if n not in dropped]}

    def record(self, entry, image_size):
        file, name, model = entry
        where = f"{file.filename}, group {name}"
        try:
            image, (azimuth, elevation) = file[name]["image"][()], file[name]["pose"][()].ravel()
        except (LookupError, OSError, RuntimeError, AttributeError, TypeError, ValueError) as error:
            raise GflaError(
                f"{where}: it must have image and pose of two numbers ({reason_of(error)}): put an undamaged copy there."
            ) from error
        if image.ndim != 3 or image.shape[-1] != 3 or image.dtype != np.uint8:
            raise GflaError(
                f"{where}: its image is {image.shape} {image.dtype}: it must be (height, width, 3) uint8."
            )
        if azimuth not in range(36) or elevation not in ELEVATIONS:
            raise GflaError(
                f"{where}: its pose is ({azimuth}, {elevation}): the azimuth must be a whole number below 36, in tens of "
                f"degrees, and the elevation one of {', '.join(map(str, ELEVATIONS))}."
            )
        return {
            "image": resized(image, image_size, BILINEAR),
            "azimuth": int(azimuth) // 2,
            "elevation": ELEVATIONS.index(elevation),
            "model": model,
        }


def _table(file, groups, sources):
    """The records, group by group, those that can be targets first, and which of them are sources."""
    table, lengths, numbers = [], [], {}
    others = {group: [] for group in groups}
    for name in dict.fromkeys(sources):
        model, _, elevation = name.rsplit("_", 2)
        if name not in groups[model, elevation]:
            others[model, elevation].append(name)
    for (model, elevation), targets in groups.items():
        names = targets + others[model, elevation]
        numbers |= {name: len(table) + index for index, name in enumerate(names)}
        table += [(file, name, model) for name in names]
        lengths.append([f"{model}_{elevation}", len(targets), len(names)])
    return table, {"groups": lengths, "sources": [numbers[name] for name in sources]}
