"""The motion that an animation follows: keypoints of every frame of a video, or of a folder of files.

They are kept on disk, so that a film of any length takes no memory. Everything is looked at once before the first frame is drawn:
only then is it known which crop holds the whole motion.
"""

import re
import tempfile
from pathlib import Path

import numpy as np
from tqdm import tqdm

from demo.photos import MIN_JOINTS, box_around, crop, crop_keypoints
from demo.video import read_video
from gfla_tf.errors import GflaError


class Track:
    """Keypoints (n, 3) in pixels of the network's images, frame by frame; can be iterated over again and again.

    All frames have one crop, around all keypoints of all frames, so that the subject moves in it as it did. A frame without
    a subject, or with too little of it, has the keypoints of the frame before; those before the first subject have its.

    Args:
        subject: `demo.subjects.Person`, `Dancer` or `Face`.
        path: of a video, or of a folder with a file for each frame, in the order of the numbers in their names.

    Attributes:
        count: number of frames.
        found: how many of them show a subject.
        fps: frames per second of the video; None of a folder.
        box: the crop.

    Raises:
        GflaError: there is no such video or folder, a file cannot be read, or no frame shows a subject.
    """

    def __init__(self, subject, path):
        self._subject, self._path = subject, Path(path)
        self._file = tempfile.TemporaryFile()
        self.count, self.found, self.fps = 0, 0, None
        held, low, high = None, np.full(2, np.inf), np.full(2, -np.inf)
        for keypoints in tqdm(self._find(), f"finding the {subject.what}", unit=" frames"):
            self.count += 1
            if keypoints is not None:
                framing = keypoints[subject.framing, :]
                positions = framing[framing[:, 2] > 0, :2]
                if len(positions) >= MIN_JOINTS:
                    self.found += 1
                    low, high = np.minimum(low, positions.min(0)), np.maximum(high, positions.max(0))
                    # The frames before the first subject are still to be written.
                    repeated, held = (self.count if held is None else 1), keypoints.astype(np.float32)
                    self._file.write(held.tobytes() * repeated)
                    continue
            if held is not None:
                self._file.write(held.tobytes())
        if held is None:
            raise GflaError(
                f"No {subject.what} was found in any of the {self.count} frames of {path}; give a motion of a whole, "
                f"visible {subject.what}."
            )
        self._shape = held.shape
        self.box = box_around(low, high, subject.size, subject.margins)

    def __len__(self):
        return self.count

    def __iter__(self):
        size = 4 * np.prod(self._shape)
        for index in range(self.count):
            self._file.seek(index * size)  # each time: others may be reading too
            keypoints = np.frombuffer(self._file.read(size), np.float32).reshape(self._shape)
            yield crop_keypoints(keypoints, self.box, self._subject.size)

    def pictures(self):
        """The frames of the video, cropped as the keypoints are, uint8 (H, W, 3); None for every frame of a folder."""
        if self.fps is None:
            yield from [None] * self.count
        else:
            for frame in read_video(self._path).frames:
                yield crop(frame, self.box, self._subject.size)

    def _find(self):
        """Keypoints of every frame, in its own pixels, or None."""
        if self._path.is_dir():
            files = sorted(self._path.glob(f"*{self._subject.suffix}"), key=_numbers)
            if not files:
                raise GflaError(
                    f"The folder {self._path} has no {self._subject.suffix} files, one for each frame."
                )
            yield from map(self._subject.find, files)
        else:
            video = read_video(self._path)
            self.fps = video.fps
            with self._subject.detector() as detect:
                yield from map(detect, video.frames)


def _numbers(path):
    """Sorts frame_9 before frame_10."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", path.name)]
