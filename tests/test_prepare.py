"""`gfla prepare`: from photos and films to a training set; every defect reported; kills that cost nothing."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from gfla_tf.cli.prepare import main
from gfla_tf.data.folder import read_pairs, read_pictures, read_split
from gfla_tf.errors import GflaError
from gfla_tf.inference.preparation import prepare as preparing
from gfla_tf.inference.preparation.prepare import Settings, prepare_people
from gfla_tf.inference.preparation.report import REMEDIES, summary
from gfla_tf.inference.preparation.sources import find_sources
from gfla_tf.inference.video_writer import write_video
from gfla_tf.keypoints.pose_files import find_pose, write_openpose
from tests.helpers.own_pictures import figure, write_people

SETTINGS = Settings((128, 88), 5.0)
LARGE = (240, 160)


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch):
    """One process and no detector's network: poses come from files beside, or nobody is found."""
    monkeypatch.setattr(preparing, "parallel_map", lambda function, jobs, *_: [function(job) for job in jobs])

    class Nobody:
        def __init__(self, model=None, film=False):
            pass

        def found(self, image):
            return []

    monkeypatch.setattr(preparing, "PoseDetector", Nobody)


def prepare(people, output, settings=SETTINGS, held_out=()):
    return prepare_people(find_sources(people), output, settings, held_out)


def film(path, count, poses=True, person=0):
    frames = [figure(number, LARGE, person) for number in range(count)]
    write_video(path, [frame for frame, _, _ in frames], 5)
    if poses:
        folder = path.with_name(f"{path.stem}_poses")
        folder.mkdir()
        for number, (_, keypoints, _) in enumerate(frames):
            write_openpose(folder / f"{number:05d}.json", keypoints)


def files_of(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_photos_and_films_of_two_people_become_a_training_set(tmp_path):
    people, own = tmp_path / "people", tmp_path / "own"
    write_people(people, {"anna": 6}, LARGE, masks=True)
    (people / "ben").mkdir()
    film(people / "ben/walk.mp4", 10, person=1)
    notes = prepare(people, own)
    assert [(note["person"], note["source"], note["looked_at"], len(note["kept"])) for note in notes] == [
        ("anna", "photos", 6, 6),
        ("ben", "walk", 10, 10),
    ]
    pictures = read_pictures(own)
    assert len(pictures) == 16 and all(picture.keypoints for picture in pictures)
    assert {picture.person for picture in pictures if picture.mask} == {"anna"}
    split = read_split(own, pictures)
    for which in ("train", "test"):
        pairs = [(pictures[s], pictures[t]) for s, t in read_pairs(own, pictures, split, which)]
        assert pairs and all(source.person == target.person for source, target in pairs)
    assert [split[f"ben/walk-{n:05d}.png"] for n in range(10)] == ["train"] * 8 + ["test"] * 2  # by time
    assert (own / "report/contact_sheet.png").is_file()


def test_the_crop_holds_the_person_and_moves_joints_and_mask_with_the_pixels(tmp_path):
    write_people(tmp_path / "people", {"anna": 4}, LARGE, masks=True)
    prepare(tmp_path / "people", tmp_path / "own")
    for path in sorted((tmp_path / "own/anna").glob("photos-00?.png")):
        picture = np.asarray(Image.open(path))
        keypoints = find_pose(path.with_suffix(".json"))
        mask = np.asarray(Image.open(path.with_name(f"{path.stem}_mask.png"))) > 127
        assert picture.shape == (128, 88, 3) and (keypoints[:, 2] > 0).all()
        assert (
            (keypoints[:, :2] >= 0).all() and (keypoints[:, 0] < 88).all() and (keypoints[:, 1] < 128).all()
        )
        for x, y, _ in keypoints[[1, 3, 9, 12]]:  # limbs were drawn through them
            assert mask[round(y), round(x)]
            assert np.abs(picture[round(y), round(x)].astype(int) - (230, 230, 225)).max() > 30
        height = np.ptp(keypoints[:, 1])
        assert 0.6 * 128 < height < 0.9 * 128


def test_each_defect_is_reported_with_file_and_remedy(tmp_path):
    people = write_people(tmp_path / "people", {"anna": 12, "ben": 1}, LARGE, masks=True)
    anna = people / "anna"
    (anna / "000.png").write_bytes(b"no picture")
    (anna / "001_mask.png").write_bytes(b"no mask")
    Image.new("L", (9, 9)).save(anna / "002_mask.png")
    (anna / "003.json").write_text("{")
    write_openpose(anna / "004.json", figure(4, LARGE)[1] + (900, 0, 0))
    (anna / "005.json").unlink()  # and the detector finds nobody
    few = figure(6, LARGE)[1]
    few[5:] = 0
    write_openpose(anna / "006.json", few)
    small = figure(7, LARGE)[1]
    small[:, :2] *= 0.1
    write_openpose(anna / "007.json", small)
    for ending in (".png", ".json"):
        shutil.copy(anna / f"008{ending}", anna / f"009{ending}")
    film(people / "clara.mp4", 4)
    (people / "clara_poses/00003.json").unlink()
    (people / "dora.mp4").write_bytes(b"no film")
    notes = prepare(people, tmp_path / "own")
    dropped = {reason: origins for note in notes for reason, origins in note["dropped"].items()}
    expected = {
        "unreadable mask": "001", "mask of another size": "002", "unreadable pose file": "003", "joints outside": "004",
        "nobody found": "005", "too few joints": "006", "too small": "007", "near-duplicate": "009",
        "no pose file": "clara.mp4, frame 3",
    }  # fmt: skip
    for reason, name in expected.items():
        assert [name in origin for origin in dropped[reason]] == [True], reason
    assert sum(len(note["dropped"].get("unreadable", [])) for note in notes) == 2  # a photo and a film
    report = (tmp_path / "own/report/report.md").read_text()
    for reason in {*expected, "unreadable"}:
        assert f"- {reason}: " in report and REMEDIES[reason] in report
    assert "ben has one picture and so no partner" in report
    assert json.loads((tmp_path / "own/report/report.json").read_text())[0]["person"] == "anna"
    assert {path.name for path in (tmp_path / "own/anna").glob("*.png") if "mask" not in path.name} == {
        "photos-008.png", "photos-010.png", "photos-011.png",
    }  # fmt: skip


def test_a_frame_that_shows_what_one_before_does_is_left_out(tmp_path):
    (tmp_path / "people").mkdir()
    picture, keypoints, _ = figure(0, LARGE)
    other, moved, _ = figure(1, LARGE)
    write_video(tmp_path / "people/anna.mp4", [picture, picture, other, picture], 5)
    for number, pose in enumerate((keypoints, keypoints, moved, keypoints)):
        (tmp_path / "people/anna_poses").mkdir(exist_ok=True)
        write_openpose(tmp_path / f"people/anna_poses/{number}.json", pose)
    (note,) = prepare(tmp_path / "people", tmp_path / "own")
    assert [name[-9:] for name in note["kept"]] == ["00000.png", "00002.png"]
    assert len(note["dropped"]["near-duplicate"]) == 2


def test_frames_come_at_the_rate_that_was_asked_for(tmp_path):
    (tmp_path / "people").mkdir()
    film(tmp_path / "people/anna.mp4", 10)
    (note,) = prepare(tmp_path / "people", tmp_path / "own", Settings((128, 88), 2.5))
    assert note["looked_at"] == 5 and note["kept"][1] == "anna/anna-00002.png"


def test_killed_anywhere_and_started_again_it_ends_with_the_same_files(tmp_path, monkeypatch):
    people = write_people(tmp_path / "people", {"anna": 5, "ben": 5}, LARGE)
    prepare(people, tmp_path / "whole")
    expected = files_of(tmp_path / "whole")
    write = preparing._write
    total = 0

    def counting(path, content):
        nonlocal total
        total += 1
        write(path, content)

    monkeypatch.setattr(preparing, "_write", counting)
    prepare(people, tmp_path / "counted")
    for kill_at in range(1, total + 1, 3):
        output, done = tmp_path / f"killed{kill_at}", 0

        def killed(path, content, kill_at=kill_at):
            nonlocal done
            done += 1
            if done == kill_at:
                raise KeyboardInterrupt
            write(path, content)

        monkeypatch.setattr(preparing, "_write", killed)
        with pytest.raises(KeyboardInterrupt):
            prepare(people, output)
        monkeypatch.setattr(preparing, "_write", write)
        prepare(people, output)
        assert files_of(output) == expected


def test_sources_that_are_done_are_not_done_again_and_changed_ones_are(tmp_path, monkeypatch):
    people = write_people(tmp_path / "people", {"anna": 4, "ben": 4}, LARGE)
    prepare(people, tmp_path / "own")
    done, work = [], preparing._prepare_source
    monkeypatch.setattr(preparing, "_prepare_source", lambda job: (done.append(job[0].person), work(job)))
    prepare(people, tmp_path / "own")
    assert done == []
    write_people(people, {"anna": 0, "ben": 5}, LARGE)
    prepare(people, tmp_path / "own")
    assert done == ["ben"] and (tmp_path / "own/ben/photos-004.png").is_file()


def test_a_film_that_is_held_out_is_for_testing_and_so_is_the_end_of_the_others(tmp_path):
    (tmp_path / "people/walker").mkdir(parents=True)
    for name in ("cam01", "cam02"):
        film(tmp_path / f"people/walker/{name}.mp4", 5)
    prepare(tmp_path / "people", tmp_path / "own", held_out=["cam02"])
    split = read_split(tmp_path / "own", read_pictures(tmp_path / "own"))
    trained = {name for name, which in split.items() if which == "train"}
    assert trained == {f"walker/cam01-{number:05d}.png" for number in range(3)}
    with pytest.raises(GflaError, match="There is no person or film cam09 to hold out"):
        prepare(tmp_path / "people", tmp_path / "own", held_out=["cam09"])


def test_pairs_lie_within_a_film_and_single_pictures_find_a_partner_of_the_same_person(tmp_path):
    people = write_people(tmp_path / "people", {"anna/a": 1, "anna/b": 1, "ben": 4}, LARGE)
    for name in ("cam01", "cam02"):
        film(people / f"anna/{name}.mp4", 5)
    prepare(people, tmp_path / "own")
    pictures = read_pictures(tmp_path / "own")
    split = read_split(tmp_path / "own", pictures)
    pairs = [
        (pictures[s].name.rpartition("-")[0], pictures[t].name.rpartition("-")[0])
        for which in ("train", "test")
        for s, t in read_pairs(tmp_path / "own", pictures, split, which)
    ]
    films = {"anna/cam01": 3 * 2 + 2, "anna/cam02": 3 * 2 + 2, "ben/photos": 2 + 2}
    assert {pair: pairs.count(pair) for pair in pairs} == {
        **{(name, name): count for name, count in films.items()},
        ("anna/a-photos", "anna/b-photos"): 1,
        ("anna/b-photos", "anna/a-photos"): 1,
    }


def test_of_persons_that_are_held_out_the_others_are_for_training_as_a_whole(tmp_path):
    people = write_people(tmp_path / "people", {"anna": 5, "ben": 5}, LARGE)
    prepare(people, tmp_path / "own", held_out=["ben"])
    split = read_split(tmp_path / "own", read_pictures(tmp_path / "own"))
    assert {(name.split("/")[0], which) for name, which in split.items()} == {
        ("anna", "train"),
        ("ben", "test"),
    }


def test_photos_of_nobody_empty_folders_and_folders_in_one_another_are_told(tmp_path, capsys):
    (tmp_path / "people").mkdir()
    with pytest.raises(GflaError, match="holds neither photos nor films"):
        find_sources(tmp_path / "people")
    Image.new("RGB", (8, 8)).save(tmp_path / "people/1.jpg")
    with pytest.raises(GflaError, match=r"1\.jpg belongs to nobody: put it into a folder"):
        find_sources(tmp_path / "people")
    for arguments, sentence in {
        (str(tmp_path / "people"), "--output", str(tmp_path / "people/own")): "must not lie in",
        (str(tmp_path / "people"),): "name a folder with --output",
        (
            str(tmp_path / "people"),
            "--check",
            "mine",
        ): "choose one of folder, folder_dance, folder_face, deepfashion, market",
    }.items():
        with pytest.raises(SystemExit):
            main(list(arguments))
        assert sentence in capsys.readouterr().err


def test_where_nothing_can_be_used_that_is_told(tmp_path):
    folder = tmp_path / "people/anna"
    folder.mkdir(parents=True)
    Image.new("RGB", (64, 96)).save(folder / "1.png")
    with pytest.raises(GflaError, match=r"No picture could be used \(nobody found\)"):
        prepare(tmp_path / "people", tmp_path / "own")


def test_a_summary_counts_what_was_dropped():
    note = {"person": "anna", "source": "walk", "looked_at": 3, "kept": ["a", "b"]}
    note["dropped"] = {"nobody found": ["walk.mp4, frame 2"]}
    assert "| anna | walk | 3 | 2 | 1 nobody found |" in summary([note])
