"""`gfla prepare` beside files that other programs wrote: whose poses they are, of which frame, in which units."""

import json
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from gfla_tf.cli.prepare import main
from gfla_tf.errors import GflaError
from gfla_tf.files import alone
from gfla_tf.inference.preparation import prepare as preparing
from gfla_tf.inference.preparation.frames import look_at
from gfla_tf.inference.preparation.prepare import Settings, prepare_people
from gfla_tf.inference.preparation.raw_poses import write_poses
from gfla_tf.inference.preparation.sources import find_sources
from gfla_tf.inference.video_writer import write_video
from gfla_tf.keypoints.pose_files import find_pose, write_openpose
from tests.helpers.own_pictures import figure, write_people

SETTINGS = Settings((128, 88), 5.0)
LARGE = (240, 160)


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch):
    monkeypatch.setattr(preparing, "parallel_map", lambda function, jobs, *_: [function(job) for job in jobs])


def prepare(people, output):
    return prepare_people(find_sources(people), output, SETTINGS)


def film(path, poses, size=LARGE, fps=5):
    """A film of gray frames, each of another gray, and pose files 0.json, 1.json, ... beside it, each a list of people."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_video(path, [np.full((*size, 3), 10 * number, np.uint8) for number in range(len(poses))], fps)
    folder = path.with_name(f"{path.stem}_poses")
    folder.mkdir()
    for number, people in enumerate(poses):
        document = {"people": [{"pose_keypoints_2d": np.ravel(person).tolist()} for person in people]}
        (folder / f"{number}.json").write_text(json.dumps(document))
    return folder


def seen(people, fps=5.0):
    (source,) = find_sources(people)
    return list(look_at(source, fps, preparing.pose_finder()))


def at(x, size=1.0):
    pose = figure(0, LARGE)[1]
    pose[:, :2] = pose[:, :2] * size + (x, 0)
    return pose


def test_a_film_takes_the_file_of_its_number_and_no_hidden_one(tmp_path):
    folder = film(tmp_path / "people/anna.mp4", [[at(k)] for k in range(12)])
    (folder / "._0.json").write_bytes(b"\0\x05\x16\x07")  # as macOS leaves beside files on other disks
    found = [one.keypoints[0, 0] for one in seen(tmp_path / "people")]
    np.testing.assert_allclose(found, at(0)[0, 0] + np.arange(12), atol=1e-3)


def test_of_two_people_one_is_followed_whoever_is_larger_in_between(tmp_path):
    poses = [[at(0, 0.9), at(220, 0.85 if k % 2 else 0.9)][:: 1 if k % 3 else -1] for k in range(12)]
    poses[5] = [at(0, 0.9)]  # alone: somebody else all the same
    film(tmp_path / "people/anna.mp4", [[at(220)], *poses], (240, 400))
    shown = seen(tmp_path / "people")
    assert [one.problem for one in shown] == ["nobody found" if k == 6 else "" for k in range(13)]
    assert all(one.keypoints[1, 0] > 250 for one in shown if not one.problem)


def test_the_one_who_is_followed_may_walk_far_between_two_frames_that_are_looked_at(tmp_path):
    film(
        tmp_path / "people/anna.mp4",
        [[at(12 * k, 0.45), at(260 - 8 * k, 0.4)] for k in range(25)],
        (240, 400),
        25,
    )
    found = [one.keypoints[1, 0] for one in seen(tmp_path / "people", 3.0)]
    np.testing.assert_allclose(np.diff(found), [12 * 8, 12 * 9], atol=1e-3)


def test_joints_come_in_pixels_of_the_photo_whatever_the_file_counts_in(tmp_path):
    anna = write_people(tmp_path / "people", {"anna": 3}, LARGE) / "anna"
    expected = [figure(number, LARGE)[1] for number in range(3)]
    fractions, doubled = expected[0] / (160, 240, 1), expected[1] * (2, 2, 1)
    (anna / "000.json").write_text(
        json.dumps({"people": [{"pose_keypoints_2d": fractions.ravel().tolist()}]})
    )
    document = {
        "canvas_width": 320,
        "canvas_height": 480,
        "people": [{"pose_keypoints_2d": doubled.ravel().tolist()}],
    }
    (anna / "001.json").write_text(json.dumps(document))
    for one, keypoints in zip(seen(tmp_path / "people"), expected, strict=True):
        np.testing.assert_allclose(one.keypoints, keypoints, atol=1e-2)


def test_masks_of_labels_are_told_and_white_ones_taken(tmp_path):
    anna = write_people(tmp_path / "people", {"anna": 2}, LARGE, masks=True) / "anna"
    mask = np.asarray(Image.open(anna / "000_mask.png"))
    Image.fromarray(np.uint8(mask > 0)).save(anna / "000_mask.png")
    first, second = seen(tmp_path / "people")
    assert first.problem == "unreadable mask" and np.array_equal(second.mask, np.asarray(figure(1, LARGE)[2]))


def test_photos_of_one_name_are_two_pictures(tmp_path):
    anna = write_people(tmp_path / "people", {"anna": 4}, LARGE) / "anna"
    Image.fromarray(255 - np.asarray(Image.open(anna / "000.png"))).save(anna / "000.webp", lossless=True)
    (note,) = prepare(tmp_path / "people", tmp_path / "own")
    assert note["kept"][:2] == ["anna/photos-000.png.png", "anna/photos-000.webp.png"]
    assert all((tmp_path / "own" / name).is_file() for name in note["kept"])
    assert find_pose(tmp_path / "own/anna/photos-000.webp.json") is not None


def test_a_source_that_is_done_again_leaves_those_of_longer_names_alone(tmp_path):
    for name in ("walk", "walk-2", "walk[1]"):
        film(tmp_path / f"people/anna/{name}.mp4", [[at(k)] for k in range(0, 40, 10)])
    prepare(tmp_path / "people", tmp_path / "own")
    before = {path: path.read_bytes() for path in (tmp_path / "own/anna").iterdir()}
    left = tmp_path / "own/anna/walk[1]-00009.png"
    left.write_bytes(b"of other settings")
    for name in ("anna-walk", "anna-walk[1]"):
        (tmp_path / f"own/report/sources/{name}.json").unlink()
    prepare(tmp_path / "people", tmp_path / "own")
    assert {path: path.read_bytes() for path in (tmp_path / "own/anna").iterdir()} == before


def test_poses_that_were_written_again_are_read_again(tmp_path):
    folder = film(tmp_path / "people/anna.mp4", [[at(k)] for k in range(0, 40, 10)])
    (first,) = prepare(tmp_path / "people", tmp_path / "own")
    write_openpose(folder / "3.json", np.zeros((18, 3)))
    (second,) = prepare(tmp_path / "people", tmp_path / "own")
    assert len(first["kept"]) == 4 and len(second["kept"]) == 3 and second["dropped"] == {
        "nobody found": [f"{tmp_path}/people/anna.mp4, frame 3"]
    }  # fmt: skip
    (photos,) = [write_people(tmp_path / "photos", {"ben": 4}, LARGE) / "ben"]
    (photos / "000.json").rename(photos / "000_keypoints.json")
    prepare(tmp_path / "photos", tmp_path / "two")
    write_openpose(photos / "000_keypoints.json", np.zeros((18, 3)))
    assert len(prepare(tmp_path / "photos", tmp_path / "two")[0]["kept"]) == 3


def test_two_at_once_do_not_write_into_one_folder(tmp_path):
    people = write_people(tmp_path / "people", {"anna": 4}, LARGE)
    (tmp_path / "own").mkdir()
    with (
        alone(tmp_path / "own", "taken"),
        pytest.raises(GflaError, match=r"Another process is preparing .*own: let it end"),
    ):
        prepare(people, tmp_path / "own")
    assert prepare(people, tmp_path / "own")[0]["kept"]


def test_the_report_that_a_sentence_names_is_there(tmp_path):
    anna = write_people(tmp_path / "people", {"anna": 2}, LARGE) / "anna"
    for path in anna.glob("*.json"):
        write_openpose(path, np.zeros((18, 3)))
    with pytest.raises(GflaError, match=r"No picture could be used \(nobody found\)") as raised:
        prepare(tmp_path / "people", tmp_path / "own")
    report = str(raised.value).split(": ")[1].split(" says")[0]
    assert report == str(tmp_path / "own/report/report.md") and "2 nobody found" in open(report).read()


@pytest.mark.parametrize(
    "options", [["--fps", "nan"], ["--fps", "-1"], ["--size", "100000", "100000"], ["--size", "8", "64"]]
)
def test_settings_that_cannot_be_are_told_before_anything_is_written(options, tmp_path, capsys):
    people = write_people(tmp_path / "people", {"anna": 2}, LARGE)
    with pytest.raises(SystemExit) as ended:
        main([str(people), "--output", str(tmp_path / "own"), *options])
    assert ended.value.code == 2 and options[0] in capsys.readouterr().err and not (tmp_path / "own").exists()


def test_nobody_else_is_taken_for_whom_the_detector_has_lost(monkeypatch):
    frames = [[(1, 0), (2, 220)], [(1, 5), (2, 221)], [(2, 222)], [(2, 223), (3, 10)]]

    class Detector:
        def __init__(self, model=None, film=False):
            self._frames = iter(frames if film else frames * 2)

        def found(self, image):
            return [
                SimpleNamespace(number=n, x=x, mask=lambda size: np.ones(size)) for n, x in next(self._frames)
            ]

    monkeypatch.setattr(preparing, "PoseDetector", Detector)
    monkeypatch.setattr(
        preparing, "joints_of", lambda person, size: at(person.x, 0.9 if person.x > 100 else 1.0)
    )
    with preparing.pose_finder()(True) as find:
        found = [find(np.zeros((240, 400, 3), np.uint8)) for _ in frames]
    assert found[2] is None
    assert [round(float(pose[0, 0] - at(0)[0, 0])) for pose, _ in (found[0], found[1], found[3])] == [
        0,
        5,
        10,
    ]


def test_pictures_that_were_removed_by_hand_stay_removed(tmp_path):
    people = write_people(tmp_path / "people", {"anna": 6}, LARGE)
    (note,) = prepare(people, tmp_path / "own")
    for path in (tmp_path / "own/anna").glob("photos-003*"):
        path.unlink()
    (again,) = prepare(people, tmp_path / "own")
    assert again["kept"] == [name for name in note["kept"] if "003" not in name]
    assert "003" not in (tmp_path / "own/split.csv").read_text()


def test_photos_as_telephones_and_cameras_write_them_are_looked_at(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    anna = write_people(tmp_path / "people", {"anna": 3}, LARGE) / "anna"
    for number, suffix in enumerate((".TIF", ".bmp")):
        Image.open(anna / f"00{number}.png").save(anna / f"00{number}{suffix}")
        (anna / f"00{number}.png").unlink()
    (anna / "IMG_1.HEIC").write_bytes(b"\0\0\0\x18ftypheic" + bytes(100))
    shown = seen(tmp_path / "people")
    assert [one.problem for one in shown] == ["", "", "", "HEIC without its library"]
    assert all(np.array_equal(one.image, figure(number, LARGE)[0]) for number, one in enumerate(shown[:3]))


def test_poses_of_photos_that_would_share_a_file_are_refused(tmp_path):
    for name in ("1.png", "1.jpg"):
        Image.new("RGB", (8, 8)).save(tmp_path / name)
    with pytest.raises(GflaError, match=r"1\.jpg and .*1\.png would share 1\.json: rename one of them"):
        write_poses(tmp_path, tmp_path / "out", None)
    assert not (tmp_path / "out").exists()


def test_photos_that_change_meanwhile_are_told_and_taken_the_next_time(monkeypatch, tmp_path):
    people = write_people(tmp_path / "people", {"anna": 4}, LARGE)

    def changing(function, jobs, *_):
        for job in jobs:
            function(job)
        write_openpose(people / "anna/000.json", figure(9, LARGE)[1] / 2)

    with (
        monkeypatch.context() as patch,
        pytest.raises(GflaError, match="anna changed while it was prepared: start again"),
    ):
        patch.setattr(preparing, "parallel_map", changing)
        prepare(people, tmp_path / "own")
    assert len(prepare(people, tmp_path / "own")[0]["kept"]) == 4
