"""Checks the files of a data set before any training: counts, and every defect with its file and what to do."""

import collections
from pathlib import Path

from gfla_tf.data.folder import read_pairs, read_pictures, read_split
from gfla_tf.errors import GflaError
from gfla_tf.inference.preparation import check_clips
from gfla_tf.inference.preparation.look import outside, unreadable
from gfla_tf.io.pictures import read_gray_mask
from gfla_tf.keypoints.pose_files import find_pose
from gfla_tf.synthetic.parallel import parallel_map

CHECKED = ("folder", *check_clips.CHECKED, "deepfashion", "market")


def check_data(name, directory):
    """Looks at every file of a data set.

    Args:
        name: one of `CHECKED`.
        directory: of its files.

    Returns:
        ({what: count}, list of sentences, one for each defect).

    Raises:
        GflaError: the data set is none of these, or its lists cannot be read.
    """
    directory = Path(directory).expanduser()
    if name not in CHECKED:
        raise GflaError(f"The data set {name!r} cannot be checked here: choose one of {', '.join(CHECKED)}.")
    if name in check_clips.CHECKED:
        return check_clips.check_clips(name, directory)
    return _check_folder(directory) if name == "folder" else _check_lists(name, directory)


def _check_folder(directory):
    pictures = read_pictures(directory)
    split = read_split(directory, pictures)
    counts = {"persons": len({picture.person for picture in pictures}), "pictures": len(pictures)}
    defects = []
    for which in ("train", "test"):
        counts[f"{which} pairs"] = len(read_pairs(directory, pictures, split, which))
        if not counts[f"{which} pairs"]:
            defects.append(
                f"{directory} has no pair for {which}: add pictures of a person, or another split."
            )
    of_person = collections.Counter(picture.person for picture in pictures)
    defects += [
        f"{person} has one picture and so no partner: add another, or leave the person out."
        for person, count in of_person.items()
        if count == 1
    ]
    looked_at = parallel_map(_look_at_picture, pictures, "checking", "picture")
    return counts, defects + [sentence for sentences in looked_at for sentence in sentences]


def _look_at_picture(picture):
    defects, size = unreadable(picture.path)
    if picture.mask is not None:
        defects += _mask_defects(picture.mask, size)
    if picture.keypoints is None:
        return [*defects, f"{picture.path} has no pose beside it: write one with gfla poses."]
    try:
        keypoints = find_pose(picture.keypoints, image_size=size)
    except GflaError as error:
        return [*defects, str(error)]
    if keypoints is None:
        defects.append(f"{picture.keypoints} holds no person: find the pose again, or remove the picture.")
    elif size:
        defects += outside(keypoints, size, picture.keypoints)
    return defects


def _mask_defects(path, size):
    try:
        mask_size = read_gray_mask(path).shape
    except GflaError as error:
        return [str(error)]
    return (
        [f"{path} is not as large as its picture: make it so, or remove it."]
        if size and mask_size != size
        else []
    )


def _check_lists(name, directory):
    import importlib

    from gfla_tf.data.builders.pose_pairs import read_annotations
    from gfla_tf.data.builders.pose_pairs import read_pairs as read_list

    module = importlib.import_module(f"gfla_tf.data.builders.{name}")
    builder = next(one for one in vars(module).values() if getattr(one, "name", None) == name)
    prefixes = (builder.prefix, *getattr(builder, "other_prefixes", ()))
    counts, defects = {}, []
    for which in ("train", "test"):
        pairs_path, annotations_path = (
            _list(directory, prefixes, kind, which) for kind in ("pairs", "annotation")
        )
        pairs, line_of = read_list(pairs_path)
        annotations = read_annotations(annotations_path)
        counts |= {f"{which} pairs": len(pairs), f"{which} pictures": len(line_of)}
        jobs = [directory / which / picture for picture in line_of]
        looked_at = parallel_map(unreadable, jobs, f"checking {which}", "picture")
        for (picture, line), (sentences, size) in zip(line_of.items(), looked_at, strict=True):
            annotation = annotations.get(picture)
            if annotation is None:
                defects.append(
                    f"{pairs_path}, line {line}: {picture} has no line in {annotations_path.name}: add one."
                )
            elif isinstance(annotation, GflaError):
                defects.append(str(annotation))
            elif size:
                size = builder.size_of(annotation, size)
                defects += outside(annotation.keypoints, size, f"{annotations_path}, {picture}")
            defects += sentences
    return counts, defects


def _list(directory, prefixes, kind, which):
    paths = [directory / f"{prefix}-{kind}-{which}.csv" for prefix in prefixes]
    return next((path for path in paths if path.is_file()), paths[0])
