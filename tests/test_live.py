"""Following a camera at once, and the page that shows it."""

import itertools
import urllib.error
import urllib.request
from fractions import Fraction

import av
import cv2
import numpy as np
import pytest

from gfla_tf.errors import GflaError
from gfla_tf.inference import live, watching
from gfla_tf.inference.picture_stream import PictureStream
from gfla_tf.inference.picture_window import PictureWindow
from gfla_tf.inference.subjects import subject_of
from gfla_tf.litert.runner import TFLiteModel
from tests.helpers.record_fixtures import walk
from tests.helpers.tiny_tflite import SIZE, write_tiny_tflite


@pytest.fixture
def detector(monkeypatch):
    """One that finds a walker in every picture but the first two and the black ones."""

    class Detector:
        def __init__(self, model, film, threads):
            assert film, "a camera's pictures follow each other"
            self._poses = iter(walk(40, 1))

        def __call__(self, image):
            return next(self._poses) if image.any() else None

    monkeypatch.setattr(watching, "PoseDetector", Detector)


def test_every_frame_becomes_a_picture_and_one_is_taken_ahead(tmp_path, detector):
    model = TFLiteModel(write_tiny_tflite(tmp_path / "pose.tflite", heat_map_sigma=2.0))
    source = walk(1, 2, SIZE[0] * 0.7)[0]
    source[:, :2] += np.array(SIZE[::-1]) / 2 - source[:, :2].mean(0)
    taken = []

    def camera():
        for number in range(6):
            taken.append(number)
            yield np.full((90, 160, 3), 0 if number == 4 else 9, np.uint8)

    image = np.random.default_rng(0).integers(0, 256, (*SIZE, 3), np.uint8)
    shown = live.live(model, subject_of(model), image, source, camera())
    pictures = []
    for number, one in enumerate(shown):
        assert taken[-1] <= number + 1
        assert one.generated.shape == (*SIZE, 3) and one.camera.shape == (90, 160, 3)
        assert one.detector == "full" and (number == 0 or one.fps > 0)
        assert one.found == (number != 4)
        pictures.append(one)
    assert len(pictures) == 6 and np.any(pictures[0].generated != pictures[3].generated)
    assert np.array_equal(pictures[3].generated, pictures[4].generated), "nobody: the pose is held"
    row = live.beside_camera(pictures[0], 200)
    assert row.shape[0] == 228 and row[200:].max() > 200, "the line that tells how fast"


def test_a_camera_that_stops_is_told_and_what_came_before_is_shown(tmp_path, detector):
    def camera():
        yield np.full((90, 160, 3), 9, np.uint8)
        raise GflaError("The camera 0 gives no pictures.")

    model = TFLiteModel(write_tiny_tflite(tmp_path / "pose.tflite", heat_map_sigma=2.0))
    image = np.zeros((*SIZE, 3), np.uint8)
    shown = live.live(model, subject_of(model), image, walk(1, 2)[0], camera())
    assert next(shown).found
    with pytest.raises(GflaError, match="gives no pictures"):
        next(shown)


def test_a_detector_that_is_too_slow_gives_way_to_the_small_one(tmp_path, detector, monkeypatch):
    monkeypatch.delenv("GFLA_POSE_MODEL", raising=False)
    model = TFLiteModel(write_tiny_tflite(tmp_path / "pose.tflite", heat_map_sigma=2.0))
    black = itertools.repeat(np.zeros((9, 16, 3), np.uint8))

    def detectors(slowest, chosen=None):
        monkeypatch.setattr(watching, "SLOWEST", slowest)
        watch = watching.Watch(black, subject_of(model), walk(1, 2)[0], "limbs", chosen)
        return [watch().detector for _ in range(watching.TRIED + 1)]

    assert detectors(0)[-2:] == ["full", "lite"]
    assert detectors(1e9)[-1] == "full" and detectors(0, "full")[-1] == "full"


def test_a_window_without_a_screen_is_one_sentence(monkeypatch):
    def refused(name):
        raise cv2.error("no screen")

    monkeypatch.setattr(cv2, "namedWindow", refused)
    with pytest.raises(GflaError, match="--window needs a screen"):
        PictureWindow()


def test_a_film_is_a_camera_that_begins_anew(tmp_path):
    path = str(tmp_path / "film.avi")
    writer = cv2.VideoWriter(path, cv2.VideoWriter_fourcc(*"MJPG"), 100, (32, 16))
    for number in range(3):
        writer.write(np.full((16, 32, 3), 80 * number, np.uint8))
    writer.release()
    frames = live.camera_frames(path)
    seen = [round(float(next(frames).mean()) / 80) for _ in range(7)]
    frames.close()
    assert seen == [0, 1, 2, 0, 1, 2, 0]
    stretched = tmp_path / "wide.mp4"
    with av.open(str(stretched), "w") as container:
        stream = container.add_stream("libx264", rate=100)
        stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
        stream.sample_aspect_ratio = Fraction(2, 1)
        frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), "rgb24")
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert next(live.camera_frames(stretched)).shape == (32, 64, 3), "as a player shows it"
    with pytest.raises(GflaError, match=r"The camera 9999 gives no pictures"):
        next(live.camera_frames("9999"))
    with pytest.raises(GflaError, match=r"There is no video .*absent\.avi: No such file"):
        next(live.camera_frames(tmp_path / "absent.avi"))


def test_the_page_shows_the_latest_picture_to_this_machine_alone():
    with PictureStream(0) as page:
        assert page.address.startswith("http://127.0.0.1:")
        with urllib.request.urlopen(page.address, timeout=10) as answer:
            assert b'src="/stream"' in answer.read()
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(page.address + "etc/passwd", timeout=10)
        page.show(np.full((8, 8, 3), (250, 0, 0), np.uint8))
        with urllib.request.urlopen(page.address + "stream", timeout=10) as stream:
            head = [stream.readline() for _ in range(4)]
            jpeg = stream.read(int(head[2].split()[1]))
            red, _, blue = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)[4, 4, ::-1]
            assert red > 200 and blue < 50
        taken = int(page.address.split(":")[2].strip("/"))
        with pytest.raises(GflaError, match=f"Port {taken} cannot be used"):
            PictureStream(taken)
