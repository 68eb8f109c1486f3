"""Video files as streams: one frame is in memory at a time, however long the video. PyAV, ffmpeg's libraries, does the work.

Frames are uint8 RGB (H, W, 3) as a player shows them: upright, with square pixels, at the times of their timestamps.
"""

import sys
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from gfla_tf.errors import GflaError, os_reason
from gfla_tf.io.pictures import MOST_PIXELS

_RATES = (Fraction(1, 100), Fraction(2000))  # that a film can have
_STRETCH = 8  # of pixels, at most
# Containers of pictures and times. Others name further files or addresses, or are text.
_CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,live_flv,gif,apng,h264,hevc,vvc,mjpeg,mjpeg_2000,m4v,ogg,asf,"
    "mxf,nut,ivf,dv,rm,nsv,wtv,obu,av1,vc1,h263,h261,yuv4mpegpipe,dirac,cavsvideo,swf,gxf,lxf,r3d,mpjpeg,webp_anim,fits"
)


class Video(NamedTuple):
    """A video that is being read.

    Attributes:
        fps: frames per second. Of a video of variable rate it is the mean, at which `frames` come, some left out, some twice.
        frames: iterator over uint8 (H, W, 3), turned upright; reads as it goes and can be used once.
    """

    fps: float
    frames: object


def read_video(path):
    """Opens a video, in any format that ffmpeg knows. Of several video streams it is the one that players show.

    Returns:
        a `Video`.

    Raises:
        GflaError: PyAV is not installed, or the file is missing, no video, or of pictures that are too large. One that was cut
            short gives the frames that are there, and standard error tells how many are damaged.
    """
    av, path = open_library(), Path(path)
    try:
        is_file = path.is_file()
        file = open(path, "rb")  # noqa: SIM115: the frames are read from it later
    except (OSError, ValueError) as error:
        raise GflaError(f"There is no video {path}: {os_reason(error)}.") from error
    if not is_file:
        raise GflaError(f"There is no video {path}: it is no file.")
    try:
        rate = _rate(av, path)
        frames = _frames(av, file, path, rate)
        first = next(frames, None)
    except GflaError:
        raise
    except Exception as error:  # ffmpeg fails in a different way for every kind of file that is no video
        raise GflaError(f"Cannot read the video {path}: it is damaged or not a video.") from error
    if first is None:
        raise GflaError(f"Cannot read the video {path}: it is damaged or not a video.")
    return Video(float(rate), _chained(first, frames))


def opened(av, file):
    """PyAV's container of an open file: of those that hold pictures and times alone."""
    return av.open(file, options={"format_whitelist": _CONTAINERS}, metadata_errors="ignore")


def _stream(container, path):
    """The video stream that players show."""
    stream = container.streams.best("video")
    if stream is None:
        raise GflaError(f"Cannot read the video {path}: it is damaged or not a video.")
    if stream.width * stream.height > MOST_PIXELS:
        raise GflaError(
            f"The video {path} has {stream.width} x {stream.height} pixels, too many: make it smaller."
        )
    return stream


def _rate(av, path):
    """Frames per second, by the timestamps of all frames; what the file says of its rate is taken if it is that."""
    times = []
    with open(path, "rb") as file, opened(av, file) as container:
        stream = _stream(container, path)
        said = stream.average_rate or stream.guessed_rate
        said = said if said and _RATES[0] <= said <= _RATES[1] else None
        try:
            times = sorted(p.pts for p in container.demux(stream) if p.pts is not None and p.size)
        except av.FFmpegError:
            pass  # it was cut short
        span = (times[-1] - times[0]) * stream.time_base if times else 0
    if span > 0:
        measured = Fraction((len(times) - 1) / span)
        # Times are rounded to the file's unit; a rate that gives as many frames in that span is the rate.
        if said is None or abs(said * span - (len(times) - 1)) > max(1, 0.01 * len(times)):
            said = measured.limit_denominator(1001)
    return min(max(said or Fraction(25), _RATES[0]), _RATES[1])


def _frames(av, file, path, rate):
    """The frames at that rate: each takes the place that its time says; a gap repeats the frame before it."""
    damaged, begin, place, shape, last, matrix = 0, None, -1, None, None, None
    with file, opened(av, file) as container:
        stream = _stream(container, path)
        stream.thread_type = "AUTO"
        for frame in _decoded(av, container, stream):
            if frame is None:
                damaged += 1
                continue
            seconds = frame.time
            if shape is None:
                matrix = _display_matrix(frame)  # once: PyAV's frames and their side data keep each other
            begin = seconds if begin is None else begin
            here = place + 1 if seconds is None or begin is None else round((seconds - begin) * rate)
            if here <= place:
                continue
            picture = _shown(frame, stream.sample_aspect_ratio, matrix)
            if shape is None:
                shape = picture.shape
            elif picture.shape != shape:
                picture = cv2.resize(picture, shape[1::-1], interpolation=cv2.INTER_AREA)
            for _ in range(min(here - place - 1, 10**6) if last is not None else 0):
                yield last
            yield picture
            place, last = here, picture
    if damaged:
        print(f"{path}: left out {damaged} damaged pieces", file=sys.stderr, flush=True)


def _decoded(av, container, stream):
    """Decoded frames, and None for a piece that cannot be decoded."""
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
            if packet is None:
                return
        except av.FFmpegError:
            yield None  # the rest is missing
            return
        try:
            yield from packet.decode()
        except av.FFmpegError:
            yield None


def _shown(frame, aspect, matrix):
    """The picture of a frame as a player shows it: with square pixels, then turned."""
    picture = frame.to_ndarray(format="rgb24")
    stretch = float(aspect or 1)
    if stretch != 1 and 1 / _STRETCH <= stretch <= _STRETCH:
        height, width = picture.shape[:2]
        size = (round(width * stretch), height) if stretch > 1 else (width, round(height / stretch))
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR)
    return np.ascontiguousarray(_turned(picture, matrix))


def _display_matrix(frame):
    """a, b, c, d of the matrix from places (x, y) in the stored picture to those on the screen, or None."""
    stored = next((data for data in frame.side_data if data.type.name == "DISPLAYMATRIX"), None)
    return None if stored is None else np.frombuffer(bytes(stored), np.int32)[[0, 1, 3, 4]].astype(float)


def _turned(picture, matrix):
    if matrix is None:
        return picture
    a, b, c, d = matrix
    if abs(b) + abs(c) > abs(a) + abs(d):  # x and y change places
        picture = picture.swapaxes(0, 1)
        flip_x, flip_y = c < 0, b < 0
    else:
        flip_x, flip_y = a < 0, d < 0
    return picture[:: -1 if flip_y else 1, :: -1 if flip_x else 1]


def _chained(first, frames):
    try:
        yield first
        yield from frames
    finally:
        frames.close()


def open_library():
    try:
        import av
    except ImportError as error:
        raise GflaError("Video needs PyAV: pip install 'gfla-tf[demo]'.") from error
    av.logging.set_level(None)
    return av
