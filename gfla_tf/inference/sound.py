"""The sound of one film, encoded anew for another one of the same times, while that is being written."""

import itertools

from gfla_tf.inference.video import opened

RATE = 48000  # samples per second


class Sound:
    """An audio stream of a film that is being written.

    Args:
        av: PyAV.
        container: PyAV's, open for writing; nothing has been written yet.
        codec: "aac" or "libopus".
        path: of the film whose sound it is, from where its pictures begin.
    """

    def __init__(self, av, container, codec, path):
        self._container, self._stream = container, container.add_stream(codec, rate=RATE)
        self._stream.layout = "stereo"
        self._packets = self._encoded(av, path)
        self._next = None

    def write(self, seconds):
        """Writes what is heard before that time."""
        while True:
            self._next = self._next or next(self._packets, None)
            if self._next is None or self._next.pts * self._next.time_base >= seconds:
                return
            self._container.mux(self._next)
            self._next = None

    def close(self):
        """Lets go of the film."""
        self._packets.close()

    def _encoded(self, av, path):
        # The encoder wants frames of its own number of samples.
        resampler = av.AudioResampler(format=self._stream.format, layout="stereo", rate=RATE)
        queue = av.AudioFifo()
        samples = 0
        with open(path, "rb") as file, opened(av, file) as film:
            pictures = film.streams.best("video")
            begin = 0 if pictures.start_time is None else pictures.start_time * pictures.time_base
            for frame in itertools.chain(_decoded(av, film), [None]):
                if frame is not None and frame.time is not None and frame.time < begin:
                    continue
                for piece in resampler.resample(frame):
                    piece.pts = None
                    queue.write(piece)
                size = self._stream.frame_size or 1024
                while (piece := queue.read(size, partial=frame is None)) is not None:
                    piece.pts, piece.sample_rate = samples, RATE
                    samples += piece.samples
                    yield from self._stream.encode(piece)
        yield from self._stream.encode(None)


def has_sound(av, path):
    """Whether a film has an audio stream."""
    with open(path, "rb") as file, opened(av, file) as film:
        return bool(film.streams.audio)


def _decoded(av, film):
    """The film's audio frames; damaged pieces are left out."""
    packets = film.demux(film.streams.audio[0])
    while True:
        try:
            packet = next(packets, None)
        except av.FFmpegError:
            return
        if packet is None:
            return
        try:
            yield from packet.decode()
        except av.FFmpegError:
            continue
