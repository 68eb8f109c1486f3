"""Video files as streams: one frame is in memory at a time, however long the video.

ffmpeg does the work, in the build that imageio-ffmpeg carries. Frames are uint8 RGB (H, W, 3).
"""

import os
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from gfla_tf.errors import GflaError

LEAST_SIZE = 256  # of frames that are made for people to see, in pixels
_NTSC = {round(rate / 1.001, 2): rate / 1.001 for rate in (24, 30, 60)}  # ffmpeg tells rates in two digits
_GIF_FPS = 50  # players show faster ones slowly
# A palette for each frame: one for all of them would have to wait, with every frame in memory, for the last.
_PALETTES = "split[a][b];[a]palettegen=stats_mode=single[palette];[b][palette]paletteuse=new=1"
_MP4 = {"codec": "libx264", "quality": 8, "output_params": ["-movflags", "+faststart"]}


class Video(NamedTuple):
    """A video that is being read.

    Attributes:
        fps: frames per second. Of a video of variable rate it is the mean, at which `frames` come, some left out, some twice.
        frames: iterator over uint8 (H, W, 3), turned upright; reads as it goes and can be used once.
    """

    fps: float
    frames: object


def read_video(path):
    """Opens a video, in any format that ffmpeg knows.

    Returns:
        a `Video`.

    Raises:
        GflaError: imageio-ffmpeg is not installed, or the file is missing or no video. One that was cut short, but still has
            its index, gives the frames that are there.
    """
    ffmpeg = _ffmpeg()
    if not Path(path).is_file():
        raise GflaError(f"There is no video {path}.")
    absolute = str(Path(path).resolve())
    try:
        facts = next(ffmpeg.read_frames(absolute))
        fps = _NTSC.get(facts["fps"], facts["fps"])
        stream = ffmpeg.read_frames(absolute, output_params=["-r", str(fps)])
        next(stream)
        first = next(stream)
    except Exception as error:  # the library fails in a different way for every kind of file that is no video
        raise GflaError(f"Cannot read the video {path}: it is damaged or not a video.") from error
    return Video(fps, _frames(stream, first, facts["size"], path))


def write_video(path, frames, fps):
    """Writes frames to an .mp4 (H.264) or an endless .gif; the file appears whole, after the last frame, or not at all.

    Of more than 50 frames per second, which players show slowly, a .gif leaves some out.

    Args:
        path: of the file; its folder is made if needed.
        frames: iterable of uint8 (H, W, 3), all of one size. An .mp4 has even sides: the last row or column is repeated.
        fps: frames per second.

    Returns:
        the number of frames.

    Raises:
        GflaError: imageio-ffmpeg is not installed, the suffix is another, there is no frame, or the file cannot be written.
    """
    path, ffmpeg = require_format(path), _ffmpeg()
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.tmp{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.touch()  # so that the reason of a refusal is known
    except OSError as error:
        raise GflaError(f"Cannot write the video {path}: {error.strerror}.") from error
    writer, count, size, is_gif = None, 0, None, path.suffix.lower() == ".gif"
    try:
        for frame in frames:
            if not is_gif:
                frame = np.pad(frame, [(0, extent % 2) for extent in frame.shape[:2]] + [(0, 0)], "edge")
            if writer is None:
                size = frame.shape
                writer = ffmpeg.write_frames(
                    str(temporary.resolve()),
                    size[1::-1],
                    fps=fps,
                    macro_block_size=1,
                    ffmpeg_log_level="quiet",
                    **(_gif(fps) if is_gif else _MP4),
                )
                writer.send(None)
            if frame.shape != size:
                raise ValueError(f"frame {count} is {frame.shape}, the first one was {size}")
            try:
                writer.send(np.ascontiguousarray(frame, np.uint8))
            except OSError as error:
                raise _unwritten(path) from error
            count += 1
        if writer is None:
            raise GflaError(f"There are no frames to write to {path}.")
        writer.close()
        try:
            read_video(temporary).frames.close()  # ffmpeg's exit status is not told
            os.replace(temporary, path)
        except (GflaError, OSError) as error:
            raise _unwritten(path) from error
    finally:
        if writer is not None:
            writer.close()
        temporary.unlink(missing_ok=True)
    return count


def enlarged(picture):
    """The picture (H, W, 3) uint8 a whole number of times as large, at least `LEAST_SIZE` high, so that players show it well."""
    factor = -(-LEAST_SIZE // picture.shape[0])
    return cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)


def require_format(path):
    """`path` as a `Path`; raises a `GflaError` unless it ends in .mp4 or .gif."""
    path = Path(path)
    if path.suffix.lower() not in (".mp4", ".gif"):
        raise GflaError(f"The video {path} must end in .mp4 or .gif.")
    return path


def _gif(fps):
    slowed = f"fps={_GIF_FPS}," if fps > _GIF_FPS else ""
    parameters = ["-filter_complex", f"[0:v]{slowed}{_PALETTES}"]
    return {"codec": "gif", "quality": None, "pix_fmt_out": "pal8", "output_params": parameters}


def _frames(stream, frame, size, path):
    width, height = size
    try:
        while frame is not None:
            yield np.frombuffer(frame, np.uint8).reshape(height, width, 3)
            frame = next(stream, None)
    except RuntimeError as error:
        raise GflaError(f"Cannot read the video {path} to its end: it is damaged.") from error
    finally:
        stream.close()


def _unwritten(path):
    return GflaError(f"Cannot write the video {path}: ffmpeg stopped; is the disk full?")


def _ffmpeg():
    try:
        import imageio_ffmpeg
    except ImportError as error:
        raise GflaError("Video needs imageio-ffmpeg: pip install 'gfla-tf[demo]'.") from error
    return imageio_ffmpeg
