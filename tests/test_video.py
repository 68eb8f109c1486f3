"""Videos are read and written frame by frame, at their own rate, whole or not at all."""

import itertools
import resource
import subprocess
import sys

import cv2
import numpy as np
import pytest
from PIL import Image

from gfla_tf.errors import GflaError
from gfla_tf.inference.video import read_video
from gfla_tf.inference.video_writer import write_video

imageio_ffmpeg = pytest.importorskip("imageio_ffmpeg")


def moving(count, height=48, width=32):
    """Pictures of a square that moves to the right, a pixel a frame."""
    for k in range(count):
        frame = np.full((height, width, 3), (40, 120, 200), np.uint8)
        frame[10:30, k % width :][:, :8] = 250, 30, 30
        yield frame


@pytest.mark.parametrize("fps", [12.5, 25, 30000 / 1001, 60])
def test_an_mp4_gives_its_frames_and_its_rate_back(fps, tmp_path):
    assert write_video(tmp_path / "new" / "film.mp4", moving(20), fps) == 20
    video = read_video(tmp_path / "new" / "film.mp4")
    assert video.fps == pytest.approx(fps, rel=1e-6)
    for frame, expected in zip(video.frames, moving(20), strict=True):
        assert frame.dtype == np.uint8
        assert np.abs(frame.astype(int) - expected).mean() < 8  # colors are stored at half the resolution
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["film.mp4"]


def test_an_mp4_of_odd_sides_repeats_the_last_row_and_column(tmp_path):
    write_video(tmp_path / "odd.mp4", moving(3, 45, 31), 25)
    frame = next(read_video(tmp_path / "odd.mp4").frames)
    assert frame.shape == (46, 32, 3)
    assert np.abs(frame[45, 0].astype(int) - (40, 120, 200)).max() < 6


@pytest.mark.parametrize(("fps", "written"), [(12.5, 30), (30, 30), (60, 25)])
def test_a_gif_lasts_as_long_as_it_should_and_repeats(fps, written, tmp_path):
    assert write_video(tmp_path / "film.GIF", moving(30, 45, 31), fps) == 30
    with Image.open(tmp_path / "film.GIF") as image:
        assert image.size == (31, 45) and image.n_frames == pytest.approx(written, abs=1)
        assert image.info["loop"] == 0
        durations = []
        for k in range(image.n_frames):
            image.seek(k)
            durations.append(image.info["duration"])
        image.seek(0)
        np.testing.assert_array_equal(np.array(image.convert("RGB")), next(moving(1, 45, 31)))
    assert sum(durations) / 1000 == pytest.approx(30 / fps, abs=0.03)
    assert min(durations) >= 20, "players show faster frames slowly"


def test_a_variable_rate_keeps_the_time(tmp_path):
    write_video(tmp_path / "steady.mp4", moving(60), 30)
    thinned = ["-vf", "select=lt(n\\,30)+not(mod(n\\,3))", "-fps_mode", "vfr", "-y", tmp_path / "thinned.mp4"]
    program = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", tmp_path / "steady.mp4", *thinned]
    subprocess.run([str(word) for word in program], check=True)
    video = read_video(tmp_path / "thinned.mp4")
    assert sum(1 for _ in video.frames) / video.fps == pytest.approx(2, abs=0.1)


def test_frames_are_taken_and_given_one_at_a_time(tmp_path):
    taken = []

    def frames():
        for frame in moving(1000, 256, 256):
            taken.append(1)
            yield frame

    write_video(tmp_path / "long.mp4", itertools.islice(frames(), 40), 25)
    assert len(taken) == 40
    program = (
        "import resource, sys; from gfla_tf.inference.video import read_video\n"
        "from gfla_tf.inference.video_writer import write_video\n"
        "copy = write_video('copy.mp4', read_video('film.mp4').frames, 25)\n"
        "print(copy, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    peaks = []
    for count in (20, 400):
        write_video(tmp_path / "film.mp4", moving(count, 256, 256), 25)
        result = subprocess.run(
            [sys.executable, "-c", program],
            cwd=tmp_path,
            env={"PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        )
        copied, peak = map(int, result.stdout.split())
        assert copied == count
        peaks.append(peak / 1024)
    assert peaks[1] - peaks[0] < 20, "400 frames take 75 MiB"


def test_a_video_that_is_none_is_one_sentence(tmp_path):
    write_video(tmp_path / "film.mp4", moving(30), 25)
    (tmp_path / "text.mp4").write_text("not a video")
    (tmp_path / "empty.mp4").touch()
    content = (tmp_path / "film.mp4").read_bytes()
    (tmp_path / "cut.mp4").write_bytes(content[:200])
    for name in ("text.mp4", "empty.mp4", "cut.mp4"):
        with pytest.raises(
            GflaError, match=rf"Cannot read the video .*{name}: it is damaged or not a video\.$"
        ):
            read_video(tmp_path / name)
    with pytest.raises(GflaError, match="There is no video"):
        read_video(tmp_path / "absent.mp4")


def test_what_cannot_be_written_is_one_sentence_and_leaves_the_old_file(tmp_path):
    old = tmp_path / "film.mp4"
    write_video(old, moving(2), 25)
    content = old.read_bytes()

    def failing():
        yield from moving(5)
        raise GflaError("The person was lost.")

    for path, frames, sentence in (
        (old, failing(), "The person was lost"),
        (old, iter(()), "There are no frames"),
        (tmp_path / "film.avi", moving(2), r"must end in \.mp4, \.webm or \.gif"),
        (old / "below" / "film.mp4", moving(2), "Cannot write the video .*: (Not a directory|File exists)"),
    ):
        with pytest.raises(GflaError, match=sentence):
            write_video(path, frames, 25)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))  # as on a full disk
    try:
        with pytest.raises(GflaError, match=r"Cannot write the video .*File too large"):
            write_video(old, moving(500, 256, 256), 25)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert old.read_bytes() == content
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]


def test_upright_as_a_telephone_says(tmp_path):
    write_video(tmp_path / "lying.mp4", moving(3), 25)
    program = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-display_rotation", "90", "-i"]
    program += [tmp_path / "lying.mp4", "-c", "copy", "-y", tmp_path / "upright.mp4"]
    subprocess.run([str(word) for word in program], check=True)
    frame = next(read_video(tmp_path / "upright.mp4").frames)
    expected = cv2.rotate(next(moving(1)), cv2.ROTATE_90_COUNTERCLOCKWISE)
    assert frame.shape == expected.shape
    assert np.abs(frame.astype(int) - expected).mean() < 8


def test_without_the_library_the_user_is_told_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(GflaError, match=r"pip install 'gfla-tf\[demo\]'"):
        read_video(tmp_path / "film.mp4")


def ffmpeg(*words):
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *map(str, words)], check=True)


@pytest.mark.parametrize(
    ("aspect", "shape"), [("4/3", (48, 43)), ("64/45", (48, 46)), ("2/1", (48, 64)), ("1/2", (96, 32))]
)
def test_anamorphic_films_come_with_square_pixels(aspect, shape, tmp_path):
    write_video(tmp_path / "square.mp4", moving(3), 25)
    ffmpeg("-i", tmp_path / "square.mp4", "-vf", f"setsar={aspect}", tmp_path / "wide.mp4")
    frame = next(read_video(tmp_path / "wide.mp4").frames)
    assert frame.shape == (*shape, 3)
    red = np.argwhere(frame[..., 0] > 150)
    height, width = np.ptp(red, axis=0) + 1  # of the square, 20 x 8 stored pixels
    assert height == pytest.approx(20 * shape[0] / 48, abs=2) and width == pytest.approx(
        8 * shape[1] / 32, abs=2
    )


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_an_anamorphic_film_of_a_telephone_is_stretched_before_it_is_turned(turn, tmp_path):
    write_video(tmp_path / "square.mp4", moving(2), 25)
    ffmpeg("-i", tmp_path / "square.mp4", "-vf", "setsar=2/1", tmp_path / "wide.mp4")
    ffmpeg("-display_rotation", turn, "-i", tmp_path / "wide.mp4", "-c", "copy", tmp_path / "turned.mp4")
    frame = next(read_video(tmp_path / "turned.mp4").frames)
    expected = np.rot90(
        next(read_video(tmp_path / "wide.mp4").frames), turn // 90
    )  # both are against the clock
    assert frame.shape == expected.shape == ((48, 64, 3) if turn % 180 == 0 else (64, 48, 3))
    np.testing.assert_array_equal(frame, expected)


@pytest.mark.parametrize("rate", [1, 90, 120, 500, 1000])
@pytest.mark.parametrize("container", ["mp4", "mkv"])
def test_every_frame_comes_once_at_rates_that_ffmpeg_prints_in_other_ways(rate, container, tmp_path):
    film = tmp_path / f"film.{container}"
    ffmpeg("-f", "lavfi", "-i", f"testsrc=size=64x48:rate={rate}", "-frames:v", 40, "-r", rate, film)
    video = read_video(film)
    assert video.fps == pytest.approx(rate, rel=1e-3)
    assert sum(1 for _ in video.frames) == 40


@pytest.mark.parametrize("container", ["avi", "mov", "webm", "ts", "m4v", "flv", "gif", "h264", "mjpeg"])
def test_containers_give_all_their_frames(container, tmp_path):
    ffmpeg("-f", "lavfi", "-i", "testsrc=size=64x48:rate=20", "-frames:v", 20, tmp_path / f"film.{container}")
    assert sum(1 for _ in read_video(tmp_path / f"film.{container}").frames) == pytest.approx(20, abs=2)


def test_of_several_streams_the_film_is_read_and_not_its_cover(tmp_path):
    write_video(tmp_path / "film.mp4", moving(7), 25)
    Image.new("RGB", (200, 200), "blue").save(tmp_path / "cover.png")
    ffmpeg("-i", tmp_path / "cover.png", "-i", tmp_path / "film.mp4", "-map", 0, "-map", 1, "-c", "copy",
           "-disposition:v:0", "attached_pic", tmp_path / "both.mp4")  # fmt: skip
    frames = list(read_video(tmp_path / "both.mp4").frames)
    assert len(frames) == 7 and frames[0].shape == (48, 32, 3)


def test_a_film_that_was_cut_or_has_bad_pieces_gives_the_others(tmp_path, capsys):
    ffmpeg("-f", "lavfi", "-i", "testsrc=size=128x96:rate=25", "-frames:v", 50, tmp_path / "film.ts")
    content = (tmp_path / "film.ts").read_bytes()
    (tmp_path / "cut.ts").write_bytes(content[: len(content) // 2])
    assert 5 < sum(1 for _ in read_video(tmp_path / "cut.ts").frames) < 45


def test_lists_of_other_files_are_no_films(tmp_path):
    write_video(tmp_path / "film.mp4", moving(3), 25)
    (tmp_path / "list.m3u8").write_text(
        f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{tmp_path / 'film.mp4'}\n"
    )
    (tmp_path / "list.mp4").write_text(f"ffconcat version 1.0\nfile {tmp_path / 'film.mp4'}\n")
    (tmp_path / "notes.txt").write_text("hello " * 500)
    for name in ("list.m3u8", "list.mp4", "notes.txt"):
        with pytest.raises(GflaError, match="not a video"):
            read_video(tmp_path / name)
