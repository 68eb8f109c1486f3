"""Clips in the generic layout, for dances and faces: the pictures of a folder, in the order of the numbers in their names.

    DIRECTORY/PERSON/CLIP/NUMBER.jpg   the frames of a clip, all of one size; see `gfla_tf.data.folder` for the rest
    DIRECTORY/PERSON/CLIP/NUMBER.json  dances: the pose beside each frame
    DIRECTORY/PERSON/CLIP_clean/NUMBER.json   dances, optional: the 17 joints of Human3.6M, as `gfla clean-poses` writes them
    DIRECTORY/PERSON/CLIP/NUMBER.txt   faces: the 68 points beside each frame

Without split.csv whole persons are held out where there are at least five, otherwise each person's last fifth of clips, or the
last fifth of the only one.
"""

from typing import NamedTuple

from gfla_tf.data.folder import own_split, read_pictures, read_split
from gfla_tf.io.folders import by_numbers

_CLEAN = "_clean"
_FIFTH = 5


class Clip(NamedTuple):
    """Consecutive frames of one person.

    Attributes:
        name: PERSON-CLIP.
        person: the first folder.
        frames: list of `gfla_tf.data.folder.Picture`.
    """

    name: str
    person: str
    frames: list


def read_clips(directory, endings, split):
    """The `Clip`s of a split, "train" or "test", in the order of their names.

    Args:
        directory: `Path`.
        endings: see `gfla_tf.data.folder.read_pictures`.
        split: "train" or "test".

    Raises:
        GflaError: as `read_pictures` and `read_split`.
    """
    pictures = read_pictures(directory, endings)
    has_split = (directory / "split.csv").is_file()
    split_of = read_split(directory, pictures) if has_split else _own_split(pictures)
    folders = {}
    for picture in pictures:
        if split_of[picture.name] == split:
            folders.setdefault(_folder(picture), []).append(picture)
    return [
        Clip(
            folder.replace("/", "-"),
            frames[0].person,
            sorted(frames, key=lambda picture: by_numbers(picture.path.name)),
        )
        for folder, frames in folders.items()
    ]


def clean_pose(picture):
    """The file of a frame's cleaned joints, or None where there is none."""
    folder = picture.path.parent
    path = folder.with_name(folder.name + _CLEAN) / f"{picture.path.stem}.json"
    return path if path.is_file() else None


def _folder(picture):
    return picture.name.rpartition("/")[0]


def _own_split(pictures):
    split = own_split(pictures)  # of many persons by person
    clips = {}
    for picture in pictures:
        clips.setdefault(picture.person, {}).setdefault(_folder(picture), []).append(picture.name)
    for own in clips.values():
        if len(own) > 1 and len({split[name] for names in own.values() for name in names}) > 1:
            held_out = list(own)[-max(1, len(own) // _FIFTH) :]
            split |= {
                name: "test" if folder in held_out else "train"
                for folder, names in own.items()
                for name in names
            }
    return split
