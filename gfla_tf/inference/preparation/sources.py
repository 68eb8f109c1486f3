"""What lies in a folder of people's photos and films: whose, and in which order."""

import warnings
from pathlib import Path
from typing import NamedTuple

from gfla_tf.data.folder import SUFFIXES
from gfla_tf.errors import GflaError
from gfla_tf.io.folders import numbered_files, require_text

PHOTOS = (*SUFFIXES, ".heic", ".heif", ".avif", ".bmp", ".tif", ".tiff")
FILMS = (
    *(".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v", ".gif", ".3gp", ".mpg", ".mpeg"),
    *(".mts", ".m2ts", ".wmv", ".flv", ".ogv"),
)
_POSES = ("_poses", "_keypoints", "_json")  # endings of the folder with a pose file for each frame of a film


class Source(NamedTuple):
    """Pictures of one person that belong together: a film, or all photos of one folder.

    Attributes:
        person: whose, the name of a folder of the training set.
        name: first part of its pictures' names there, no other source of the person has the same.
        film: path, or None.
        photos: paths, empty for a film.
        poses: the pose files of the film's frames, or None where poses are found.
    """

    person: str
    name: str
    film: Path | None
    photos: tuple
    poses: tuple | None


def find_sources(path):
    """The sources below a path: list of `Source` in the order of their names.

    The first folder on the way to a file names the person; a film that lies in the path itself, or is the path, is of the person
    of its own name.

    Raises:
        GflaError: there is no such path, photos lie in it without a folder, or it holds neither photos nor films.
    """
    path = Path(path).expanduser()
    if path.is_file() and path.suffix.lower() in FILMS:
        return [_film(require_text(path), path.stem, path.stem)]
    if not path.is_dir():
        raise GflaError(
            f"There is no folder or film {path}: name one with a folder, or a film, for each person."
        )
    sources, photos = [], {}
    for file in sorted(path.rglob("*")):
        parts = file.relative_to(path).parts
        if any(part.startswith(".") for part in parts) or not file.is_file():
            continue
        require_text(file)
        suffix = file.suffix.lower()
        person = parts[0] if len(parts) > 1 else file.stem
        name = "-".join([*parts[1:-1], file.stem])
        if suffix in FILMS:
            sources.append(_film(file, person, name))
        elif suffix in PHOTOS and not file.stem.endswith("_mask"):
            if len(parts) == 1:
                raise GflaError(
                    f"The photo {file} belongs to nobody: put it into a folder of that person, {path}/PERSON."
                )
            photos.setdefault((person, "-".join(parts[1:-1])), []).append(file)
    for (person, folder), paths in photos.items():
        sources.append(Source(person, f"{folder}-photos" if folder else "photos", None, tuple(paths), None))
    if not sources:
        raise GflaError(
            f"{path} holds neither photos nor films: put in a folder, or a film, for each person."
        )
    return _with_own_names(sorted(sources, key=lambda source: (source.person, source.name)))


def _film(path, person, name):
    beside = (path.with_name(path.stem + ending) for ending in _POSES)
    folder = next((folder for folder in beside if folder.is_dir()), None)
    return Source(person, name, path, (), folder and tuple(numbered_files(folder, ".json")))


def _with_own_names(sources):
    """The same with a number behind names that a person has twice, as two files walk.mp4 and walk.mov."""
    taken, result = set(), []
    for source in sources:
        name, number = source.name, 2
        while (source.person, name) in taken:
            name, number = f"{source.name}-{number}", number + 1
        if name != source.name:
            warnings.warn(f"{source.film} is called {name} in the training set", stacklevel=2)
        taken.add((source.person, name))
        result.append(source._replace(name=name))
    return result
