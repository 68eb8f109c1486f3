"""The videos that the published test protocol of dances and faces draws, and what each is drawn from."""

import ast
import dataclasses
from pathlib import PurePosixPath

import numpy as np

from gfla_tf.errors import GflaError
from gfla_tf.io.documents import read_table

GROUP = 6  # frames that the published programs draw at a time
REFERENCES = 20  # first frames of a video, one of which a dance is drawn from
LIST = "test_list.csv"
_COLUMNS = {"A_paths": "frames", "B_paths_noise": "noisy", "B_paths_clean": "clean"}


@dataclasses.dataclass(frozen=True)
class Film:
    """A video to draw.

    Attributes:
        name: of the video.
        frames: a row of the builder's table for each frame, see `gfla_tf.data.builders.frames.FrameFolders`.
        reference: the row of the frame that all of them are drawn from.
    """

    name: str
    frames: list
    reference: dict

    @property
    def drawn(self):
        """The numbers of the frames in the order in which they are drawn: in groups of six, of which the last repeats the last
        frame until it is full. What is drawn last of a frame counts.

        Example:
            >>> Film("a", [{}] * 4, {}).drawn
            [0, 1, 2, 3, 3, 3]
        """
        count = len(self.frames)
        return [min(number, count - 1) for number in range(-(-count // GROUP) * GROUP)]


def published_films(builder, directory, own_reference, seed=0):
    """The `Film`s of the test split in a folder.

    Args:
        builder: a `FrameFolders`, which need not be prepared.
        directory: `Path` of its files.
        own_reference: the reference is the first frame of the video itself, as for faces; otherwise, as for dances, it is drawn
            from those that test_list.csv offers or, without that file, from the first 20 frames.
        seed: of the references that are drawn; the published programs have none.

    Raises:
        GflaError: files are missing.
    """
    listed = not own_reference and (directory / LIST).is_file()
    films = _listed(directory) if listed else _of_folders(builder, directory)
    chosen = []
    for number, (name, frames, offered) in enumerate(films):
        draw = np.random.default_rng([seed, number])
        choice = 0 if own_reference else draw.integers(len(offered))
        # As published, all joints of a clip are scaled by the size of its first frame.
        reference = {**offered[choice], "clip": frames[0]["frames"]}
        chosen.append(Film(name, frames, reference))
    return chosen


def _of_folders(builder, directory):
    table, whole = builder.table(directory, "test")
    begin = 0
    for name, count in whole["videos"]:
        frames = table[begin : begin + count]
        yield name, frames, frames[:REFERENCES]
        begin += count


def _listed(directory):
    """The rows of test_list.csv: each cell a Python literal {"gen": paths of the frames, "ref": paths of the references}."""
    path, names = directory / LIST, {}
    remedy = f"it must have the columns {', '.join(_COLUMNS)}, as the published test lists do"
    (_, header), *rows = read_table(path, "test list") or [(0, [])]
    if missing := [column for column in _COLUMNS if column not in header]:
        raise GflaError(f"The test list {path} has no column {missing[0]}: {remedy}.")
    for line, row in rows:
        try:
            cells = {kind: ast.literal_eval(row[header.index(column)]) for column, kind in _COLUMNS.items()}
            frames, offered = (
                [
                    dict(zip(cells, (_found(directory, str(one), line) for one in paths), strict=True))
                    for paths in zip(*(cell[part] for cell in cells.values()), strict=True)
                ]
                for part in ("gen", "ref")
            )
        except (ValueError, SyntaxError, LookupError, TypeError, RecursionError, MemoryError) as error:
            raise GflaError(
                f"The test list {path}, line {line}, is not of the published form ({type(error).__name__}): each cell must be "
                "{'gen': [paths], 'ref': [paths]}, as many in each column."
            ) from error
        if not frames or not offered:
            raise GflaError(f"The test list {path}, line {line}, names no frames: remove the line.")
        video = frames[0]["frames"].parent.name
        names[video] = names.get(video, 0) + 1
        name = video if names[video] == 1 else f"{video}-{names[video]}"
        more = {"video": video, "clip": frames[0]["frames"]}
        yield name, [frame | more for frame in frames], [frame | more for frame in offered]


def _found(directory, told, line):
    """The file that a list names. Its paths begin where its author stood, so that only their last parts may hold here."""
    parts = PurePosixPath(told.replace("\\", "/")).parts
    for begin in range(len(parts)):
        path = directory.joinpath(*parts[begin:])
        if path.is_file():
            return path
    raise GflaError(
        f"The test list {directory / LIST}, line {line}, names {told[-80:]}, which is not below {directory}: put the file there, "
        "or remove the list to draw every video of the test folder."
    )
