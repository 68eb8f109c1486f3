"""The motion that an animation follows: keypoints of every frame of a video, or of a folder of files.

They are kept on disk, so that a film of any length takes no memory. Everything is looked at once before the first frame is drawn:
only then is it known how large a crop holds the subject in every frame.
"""

import tempfile
from pathlib import Path

import numpy as np
from tqdm import tqdm

from gfla_tf.errors import GflaError
from gfla_tf.inference.photos import MIN_JOINTS, Box, box_around, crop, crop_keypoints, with_margins
from gfla_tf.inference.video import read_video
from gfla_tf.io.folders import numbered_files
from gfla_tf.keypoints.identity import Follower

# The crop is at most so many times as large as the frame that needs most: the subject should not become small.
ROOM = 1.25


class Track:
    """Keypoints (n, 3) in pixels of the network's images, frame by frame; can be iterated over again and again.

    The crop has one size, and stands still if it can: it is made around all keypoints of all frames. Where the subject moves too
    far for that, the crop is `ROOM` times as large as the largest frame's, and is moved no farther than it takes to hold the
    subject. A frame without a subject, or with too little of it, has the keypoints of the frame before; those before the first
    subject have its.

    Args:
        subject: `gfla_tf.inference.subjects.Person`, `Dancer` or `Face`.
        path: of a video, of a folder with a file for each frame, in the order of the numbers in their names, or of one .json with
            the people of all frames.
        person: who is followed, see `gfla_tf.keypoints.identity.Follower`.

    Attributes:
        count: number of frames.
        found: how many of them show a subject.
        fps: frames per second of the video; None of files.
        lost: when the subject was not there, for a report, see `Follower.told`.

    Raises:
        GflaError: there is no such video or folder, a file cannot be read, or no frame shows a subject.
    """

    def __init__(self, subject, path, person=None):
        self._subject, self._path = subject, Path(path)
        self._follow = Follower(person)
        self._file = tempfile.TemporaryFile()
        self.count, self.found, self.fps = 0, 0, None
        held, largest, low, high = None, 0, np.full(2, np.inf), np.full(2, -np.inf)
        for people in tqdm(self._find(), f"finding the {subject.what}", unit=" frames", disable=None):
            self.count += 1
            keypoints = self._follow(
                [one for one in people if len(self._positions(one.keypoints)) >= MIN_JOINTS]
            )
            if keypoints is None:
                if held is not None:
                    self._file.write(held.tobytes())
                continue
            self.found += 1
            corners = self._corners(keypoints)
            low, high = np.minimum(low, corners[0]), np.maximum(high, corners[1])
            largest = max(largest, self._around(*corners).height)
            # The frames before the first subject are still to be written.
            repeated, held = (self.count if held is None else 1), keypoints.astype(np.float32)
            self._file.write(held.tobytes() * repeated)
        if held is None:
            raise GflaError(
                f"No {subject.what} was found in any of the {self.count} frames of {path}; give a motion of a whole, "
                f"visible {subject.what}."
            )
        self._shape, self.lost = held.shape, self._follow.told()
        self._first = _shrunk(self._around(low, high), round(ROOM * largest), subject.size)

    def __len__(self):
        return self.count

    def __iter__(self):
        for box, keypoints in self._crops():
            yield crop_keypoints(keypoints, box, self._subject.size)

    def in_film(self):
        """Keypoints (n, 3) of every frame, in its own pixels."""
        return (keypoints for _, keypoints in self._crops())

    def pictures(self):
        """The frames of the video, cropped as the keypoints are, uint8 (H, W, 3); None for every frame of a folder."""
        if self.fps is None:
            yield from [None] * self.count
        else:
            for (box, _), frame in zip(self._crops(), read_video(self._path).frames, strict=True):
                yield crop(frame, box, self._subject.size)

    def _find(self):
        """Everybody in each frame, in its own pixels: lists of `Found`."""
        if self._path.is_dir():
            yield from people_of_folder(self._path, self._subject.suffix, self._subject.read)
        elif self._path.suffix.lower() == ".json":
            yield from self._subject.read(self._path)
        else:
            video = read_video(self._path)
            self.fps = video.fps
            with self._subject.detector(film=True) as detect:
                yield from map(detect, video.frames)

    def _crops(self):
        """The crop and the keypoints of every frame, in its own pixels."""
        size, box = int(4 * np.prod(self._shape)), self._first
        for index in range(self.count):
            self._file.seek(index * size)  # each time: others may be reading too
            keypoints = np.frombuffer(self._file.read(size), np.float32).reshape(self._shape)
            box = _moved(box, *with_margins(*self._corners(keypoints), self._subject.margins))
            yield box, keypoints

    def _positions(self, keypoints):
        framing = keypoints[self._subject.framing, :]
        return framing[framing[:, 2] > 0, :2]

    def _corners(self, keypoints):
        positions = self._positions(keypoints).astype(np.float64)
        return positions.min(0), positions.max(0)

    def _around(self, low, high):
        return box_around(low, high, self._subject.size, self._subject.margins)


def _shrunk(box, height, size):
    """The box, about its center, with at most that height and the proportions of `size`."""
    if box.height <= height:
        return box
    width = round(height * size[1] / size[0])
    return Box(box.left + (box.width - width) // 2, box.top + (box.height - height) // 2, width, height)


def _moved(box, low, high):
    """The box, moved as little as it takes to hold what lies between the corners."""
    left, top = (
        int(np.clip(start, np.ceil(end - extent), np.floor(begin)))
        for start, extent, begin, end in zip(box[:2], box[2:], low, high + 1, strict=True)
    )
    return box._replace(left=left, top=top)


def people_of_folder(folder, suffix, read):
    """Everybody in each file of a folder, in the order of the numbers in their names.

    Args:
        folder: `Path` of it.
        suffix: of the files.
        read: function from a path to a list of frames.

    Raises:
        GflaError: there are no such files, or one holds several frames.
    """
    files = numbered_files(folder, suffix)
    if not files:
        raise GflaError(f"The folder {folder} has no {suffix} files, one for each frame.")
    for file in files:
        frames = read(file)
        if len(frames) > 1:
            raise GflaError(
                f"{file} holds {len(frames)} frames: in a folder each file is one; give that file instead."
            )
        yield frames[0] if frames else []
