"""The sound of the film that is followed goes with the film that is drawn."""

import subprocess

import av
import numpy as np
import pytest

from gfla_tf.inference.video import read_video
from gfla_tf.inference.video_writer import write_video

imageio_ffmpeg = pytest.importorskip("imageio_ffmpeg")
HERTZ = 440


@pytest.fixture
def driver(tmp_path):
    """A film of two seconds with a tone that begins after one."""
    path = tmp_path / "driver.mp4"
    tone = f"aevalsrc=if(gt(t\\,1)\\,0.5*sin({HERTZ}*2*PI*t)\\,0):d=2"
    inputs = ["-f", "lavfi", "-i", "testsrc=size=64x48:rate=25:duration=2", "-f", "lavfi", "-i", tone]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *inputs, "-c:a", "aac", str(path)]
    subprocess.run(command, check=True)
    return path


def frames(count):
    return (np.full((48, 64, 3), 3 * k, np.uint8) for k in range(count))


def heard(path):
    """Samples of the first channel, 48,000 a second; None of a silent film."""
    with av.open(str(path)) as film:
        if not film.streams.audio:
            return None
        assert film.streams.audio[0].rate == 48000
        return np.concatenate([frame.to_ndarray()[0] for frame in film.decode(audio=0)])


@pytest.mark.parametrize("suffix", ["mp4", "webm"])
def test_the_tone_is_heard_when_it_was_heard_and_as_long_as_there_are_frames(suffix, driver, tmp_path):
    path = tmp_path / f"film.{suffix}"
    assert write_video(path, frames(38), 25, sound=driver) == 38
    samples = heard(path)
    assert len(samples) / 48000 == pytest.approx(38 / 25, abs=0.06)
    loud = np.abs(samples[: len(samples) // 480 * 480]).reshape(-1, 480).max(axis=1) > 0.1
    assert loud.argmax() / 100 == pytest.approx(1, abs=0.06) and loud[110:145].all()
    spectrum = np.abs(np.fft.rfft(samples[-20000:-800]))
    assert spectrum.argmax() * 48000 / 19200 == pytest.approx(HERTZ, abs=5)
    video = read_video(path)
    assert video.fps == 25 and len(list(video.frames)) == 38


def test_a_silent_film_and_a_gif_have_no_sound(driver, tmp_path):
    write_video(tmp_path / "silent.mp4", frames(5), 25)
    write_video(tmp_path / "after_silent.mp4", frames(5), 25, sound=tmp_path / "silent.mp4")
    assert heard(tmp_path / "after_silent.mp4") is None
    write_video(tmp_path / "film.gif", frames(5), 25, sound=driver)
    assert heard(tmp_path / "film.gif") is None


def test_a_name_like_an_address_is_a_file(driver, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    driver.rename("http:driver.mp4")
    write_video("out.mp4", frames(50), 25, sound="http:driver.mp4")
    assert len(heard(tmp_path / "out.mp4")) > 90000


def test_a_webm_gives_its_frames_back(tmp_path):
    write_video(tmp_path / "film.webm", frames(10), 30000 / 1001)
    video = read_video(tmp_path / "film.webm")
    for frame, expected in zip(video.frames, frames(10), strict=True):
        assert np.abs(frame.astype(int) - expected).mean() < 3
    assert video.fps == pytest.approx(30000 / 1001, rel=1e-3)
