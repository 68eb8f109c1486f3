"""Video files for people to see: .mp4 (H.264), .webm (VP9) or an endless .gif, written frame by frame, whole or not at all."""

import sys
from fractions import Fraction
from pathlib import Path
from typing import ClassVar

import cv2
import numpy as np

from gfla_tf.errors import GflaError, os_reason, reason_of
from gfla_tf.files import flush, whole_file
from gfla_tf.inference.sound import Sound, has_sound
from gfla_tf.inference.video import open_library

LEAST_SIZE = 256  # of frames that are made for people to see, in pixels
MOST_FPS = 240
_GIF_FPS = 50  # players show faster ones slowly
_CRF = "10"  # x264's loss: hardly visible


def write_video(path, frames, fps, sound=None):
    """Writes frames to an .mp4, a .webm or an endless .gif; the file appears whole, after the last frame, or not at all.

    Of more than 50 frames per second, which players show slowly, a .gif leaves some out.

    Args:
        path: of the file; its folder is made if needed.
        frames: iterable of uint8 (H, W, 3), all of one size. But for a .gif, sides are even: the last row or column is repeated.
        fps: frames per second.
        sound: path of a film whose sound is put beside the frames, if it has any; a .gif has none.

    Returns:
        the number of frames.

    Raises:
        GflaError: PyAV is not installed, the suffix is another, there is no frame, or the file cannot be written.
    """
    path, av = require_format(path), open_library()
    writer = None
    try:
        with whole_file(path) as temporary, open(temporary, "wb") as file:
            for frame in frames:
                if writer is None:
                    writer = _WRITERS[path.suffix.lower()](av, file, frame, fps, sound)
                writer.add(frame)
            if writer is None:
                raise GflaError(f"There are no frames to write to {path}.")
            writer.close()
            flush(file)
    except (OSError, av.FFmpegError) as error:
        reason = os_reason(error) if isinstance(error, OSError) else reason_of(error)
        raise GflaError(f"Cannot write the video {path}: {reason}.") from error
    finally:
        if writer is not None:
            writer.abandon()
    return writer.count


def enlarged(picture):
    """The picture (H, W, 3) uint8 a whole number of times as large, at least `LEAST_SIZE` high, so that players show it well."""
    factor = -(-LEAST_SIZE // picture.shape[0])
    return cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)


def require_format(path):
    """`path` as a `Path`; raises a `GflaError` unless it ends in .mp4, .webm or .gif."""
    path = Path(path)
    if path.suffix.lower() not in _WRITERS:
        raise GflaError(f"The video {path} must end in .mp4, .webm or .gif.")
    return path


class _Mp4:
    """Encodes to an open file; frames are all like the first."""

    format, codec, pixels = "mp4", "libx264", "yuv420p"
    container_options: ClassVar[dict] = {"movflags": "+faststart"}
    options: ClassVar[dict] = {"crf": _CRF}
    sound_codec = "aac"

    def __init__(self, av, file, first, fps, sound):
        self._av, self.count, self._shape = av, 0, first.shape
        self._unit = 1 / Fraction(fps).limit_denominator(60000)
        self._container = av.open(file, "w", format=self.format, options=self.container_options)
        self._stream = self._container.add_stream(self.codec, rate=1 / self._unit)
        height, width = self._padded(first).shape[:2]
        self._stream.width, self._stream.height, self._stream.pix_fmt = width, height, self.pixels
        self._stream.codec_context.time_base = self._unit
        self._begin(av, width, height)
        heard = sound is not None and self.sound_codec and has_sound(av, sound)
        self._sound = Sound(av, self._container, self.sound_codec, sound) if heard else None

    def _begin(self, av, width, height):
        self._stream.options = self.options

    def _padded(self, frame):
        return np.pad(frame, [(0, extent % 2) for extent in frame.shape[:2]] + [(0, 0)], "edge")

    def add(self, frame):
        if frame.shape != self._shape:
            raise ValueError(f"frame {self.count} is {frame.shape}, the first one was {self._shape}")
        picture = self._av.VideoFrame.from_ndarray(
            np.ascontiguousarray(self._padded(frame), np.uint8), "rgb24"
        )
        picture.pts, picture.time_base = self.count, self._unit
        self.count += 1
        self._encode(picture)
        if self._sound:
            self._sound.write(self.count * self._unit)

    def _encode(self, picture):
        self._container.mux(self._stream.encode(picture))

    def close(self):
        self._encode(None)
        self.abandon()

    def abandon(self):
        container, self._container = self._container, None
        if container is not None:
            if self._sound:
                self._sound.close()
            try:
                container.close()
            except (OSError, self._av.FFmpegError):
                if sys.exc_info()[0] is None:
                    raise


class _WebM(_Mp4):
    """VP9, as fast as it goes without looking worse than the rest."""

    format, codec, sound_codec = "webm", "libvpx-vp9", "libopus"
    container_options: ClassVar[dict] = {}
    options: ClassVar[dict] = {"crf": "24", "b": "0", "deadline": "good", "cpu-used": "5", "row-mt": "1"}


class _Gif(_Mp4):
    """A palette for each frame: one for all of them would have to wait, with every frame in memory, for the last."""

    format, codec, pixels, sound_codec = "gif", "gif", "pal8", None
    container_options: ClassVar[dict] = {"loop": "0"}

    def _padded(self, frame):
        return frame

    def _begin(self, av, width, height):
        self._graph = graph = av.filter.Graph()
        source = graph.add_buffer(width=width, height=height, format="rgb24", time_base=self._unit)
        if 1 / self._unit > _GIF_FPS:
            slowed = graph.add("fps", str(_GIF_FPS))
            source.link_to(slowed)
            source = slowed
            self._stream.codec_context.time_base = Fraction(1, _GIF_FPS)
        split, palette = graph.add("split", "2"), graph.add("palettegen", "stats_mode=single")
        use = graph.add("paletteuse", "new=1")
        sink = graph.add("buffersink")
        source.link_to(split)
        split.link_to(use, 0, 0)
        split.link_to(palette, 1, 0)
        palette.link_to(use, 0, 1)
        use.link_to(sink)
        graph.configure()

    def _encode(self, picture):
        self._graph.push(picture)
        while True:
            try:
                filtered = self._graph.pull()
            except (BlockingIOError, EOFError):
                break
            self._container.mux(self._stream.encode(filtered))
        if picture is None:
            self._container.mux(self._stream.encode(None))


_WRITERS = {".mp4": _Mp4, ".webm": _WebM, ".gif": _Gif}
