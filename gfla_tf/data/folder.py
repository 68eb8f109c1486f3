"""The generic layout of anyone's pictures, `data.dataset: folder`.

    DIRECTORY/PERSON/NAME.jpg          or .jpeg, .png, .webp; deeper folders belong to the same person
    DIRECTORY/PERSON/NAME.json         the pose beside it (OpenPose or COCO JSON); NAME_keypoints.json will do
    DIRECTORY/PERSON/NAME_mask.png     optional: white where the person is
    DIRECTORY/pairs.csv                optional: from,to as paths below DIRECTORY; otherwise all pairs within a person
    DIRECTORY/split.csv                optional: picture,split with train or test; `gfla prepare` writes it

Without split.csv the split holds whole persons where there are at least five, otherwise each person's last fifth, in the order of
the names: neighbors in time do not lie on both sides.
"""

import random
from pathlib import Path
from typing import NamedTuple

from gfla_tf.errors import GflaError
from gfla_tf.files import stat_digest
from gfla_tf.io.documents import read_table
from gfla_tf.io.folders import require_text

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
POSES, POINTS = (".json", "_keypoints.json"), (".txt",)  # endings of what lies beside a picture
SPLITS = ("train", "test")
PARTNERS = 20  # targets of each source, at most: of n pictures n * n pairs would be too many to list
_MASK = "_mask"
_RESERVED = ("prepared", "report")  # folders of ours below DIRECTORY
_PERSONS = 5  # as many are split by person


class Picture(NamedTuple):
    """One picture of a person.

    Attributes:
        name: its path below the directory, with forward slashes.
        person: the first folder of that path.
        path, keypoints: of the picture and of the pose or points beside it, None where there are none.
        mask: path, or None.
    """

    name: str
    person: str
    path: Path
    keypoints: Path | None
    mask: Path | None


def read_pictures(directory, endings=POSES):
    """Every picture below a directory, as list of `Picture` in the order of their names.

    Args:
        directory: of the folders of persons.
        endings: in place of a picture's own, of what may lie beside it; the first that is there counts.

    Raises:
        GflaError: there is no such directory, or no picture in a folder of a person.
    """
    directory = Path(directory).expanduser()
    if not directory.is_dir():
        raise GflaError(
            f"The folder {directory} is missing: name one with a folder of pictures for each person."
        )
    pictures = []
    for path in sorted(directory.rglob("*")):
        parts = path.relative_to(directory).parts
        if path.suffix.lower() not in SUFFIXES or path.stem.endswith(_MASK) or len(parts) < 2:
            continue
        require_text(path)
        if parts[0] in _RESERVED or any(part.startswith(".") for part in parts) or not path.is_file():
            continue
        beside = (path.with_name(path.stem + ending) for ending in endings)
        mask = path.with_name(f"{path.stem}{_MASK}.png")
        pictures.append(
            Picture(
                "/".join(parts), parts[0], path, next((each for each in beside if each.is_file()), None),
                mask if mask.is_file() else None,
            )
        )  # fmt: skip
    if not pictures:
        raise GflaError(
            f"{directory} holds no pictures of persons: put them into a folder for each, such as {directory / 'anna'}/1.jpg."
        )
    return pictures


def read_split(directory, pictures):
    """{name: "train" or "test"} by split.csv or, without it, by the rule above.

    Raises:
        GflaError: split.csv is no such table, or leaves a picture out.
    """
    path = Path(directory).expanduser() / "split.csv"
    if not path.is_file():
        return own_split(pictures)
    split = {}
    for number, row in _rows(path, ("picture", "split")):
        if row["split"] not in SPLITS:
            raise GflaError(f"{path}, line {number}: the split {row['split']!r} must be train or test.")
        split[row["picture"]] = row["split"]
    for picture in pictures:
        if picture.name not in split:
            raise GflaError(f"{path} has no line for {picture.name}: add one, or remove split.csv.")
    return split


def read_pairs(directory, pictures, split, which):
    """Pairs of one split: list of (source, target), numbers of pictures.

    By pairs.csv or, without it, every ordered pair of different pictures of one person, of each source at most `PARTNERS`.

    Raises:
        GflaError: pairs.csv is no such table, names a picture that is not there, two persons, or both splits in one pair.
    """
    path = Path(directory).expanduser() / "pairs.csv"
    if not path.is_file():
        return _own_pairs(pictures, split, which)
    number_of = {picture.name: number for number, picture in enumerate(pictures)}
    pairs = []
    for line, row in _rows(path, ("from", "to")):
        for name in (row["from"], row["to"]):
            if name not in number_of:
                raise GflaError(
                    f"{path}, line {line}: there is no picture {name}: add it, or remove the pair."
                )
        source, target = (pictures[number_of[row[role]]] for role in ("from", "to"))
        if source.person != target.person:
            raise GflaError(
                f"{path}, line {line}: {source.name} and {target.name} show two persons, {source.person} and {target.person}: "
                "a pair is of one."
            )
        if split[source.name] != split[target.name]:
            raise GflaError(
                f"{path}, line {line}: {source.name} is for {split[source.name]}, {target.name} for {split[target.name]}: "
                "a pair lies within one split."
            )
        if split[source.name] == which:
            pairs.append((number_of[source.name], number_of[target.name]))
    return pairs


def fingerprint(directory):
    """Eight characters that change with any file of the layout: names, sizes and times."""
    directory = Path(directory).expanduser()
    files = {path.relative_to(directory): path for path in sorted(directory.rglob("*"))}
    counted = {
        name: path
        for name, path in files.items()
        if path.suffix.lower() in (*SUFFIXES, ".json", ".txt", ".csv") and name.parts[0] not in _RESERVED
    }
    return stat_digest(counted)[:8]


def own_split(pictures):
    """{name: "train" or "test"} of pictures without a split.csv."""
    persons = {}
    for picture in pictures:
        persons.setdefault(picture.person, []).append(picture)
    split = {picture.name: "train" for picture in pictures}
    if len(persons) >= _PERSONS:
        held_out = [
            picture
            for person in sorted(persons)[-(len(persons) // _PERSONS) :]
            for picture in persons[person]
        ]
    else:  # at least two, for a pair
        held_out = [p for each in persons.values() if len(each) >= 4 for p in each[-max(2, len(each) // 5) :]]
    return split | {picture.name: "test" for picture in held_out}


def pairs_within(numbers):
    """Ordered pairs of different ones of a group of numbers, of each at most `PARTNERS`, drawn with a fixed seed."""
    pairs = []
    for source in numbers:
        others = [number for number in numbers if number != source]
        if len(others) > PARTNERS:
            others = sorted(random.Random(source).sample(others, PARTNERS))
        pairs += [(source, other) for other in others]
    return pairs


def _own_pairs(pictures, split, which):
    persons = {}
    for number, picture in enumerate(pictures):
        if split[picture.name] == which:
            persons.setdefault(picture.person, []).append(number)
    return [pair for numbers in persons.values() for pair in pairs_within(numbers)]


def _rows(path, columns):
    """(number of the line, {column: value}) of a CSV file."""
    (_, header), *rows = read_table(path, "table") or [(1, [])]
    for number, row in rows:
        values = dict(zip(header, row))
        if any(not values.get(column) for column in columns):
            raise GflaError(
                f"{path}, line {number}: it must have the columns {','.join(columns)}, none empty."
            )
        yield number, values
