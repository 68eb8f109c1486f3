"""`gfla prepare --check`: every defect of a data set is told with its file and what to do, before any training."""

import numpy as np
import pytest
from PIL import Image

from gfla_tf.cli.prepare import main
from gfla_tf.keypoints.pose_files import write_openpose
from tests.helpers.own_pictures import figure, write_people


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch):
    from gfla_tf.inference.preparation import check

    monkeypatch.setattr(check, "parallel_map", lambda function, jobs, *_: [function(job) for job in jobs])


def test_a_whole_folder_is_whole(tmp_path, capsys):
    main([str(write_people(tmp_path, {"anna": 6})), "--check", "folder"])
    told = capsys.readouterr().out
    assert "1 persons, 6 pictures, 12 train pairs, 2 test pairs" in told and "is whole" in told


def test_defects_of_a_folder_are_told_with_file_and_remedy(tmp_path, capsys):
    write_people(tmp_path, {"anna": 8, "ben": 1}, masks=True)
    (tmp_path / "anna/000.png").write_bytes(b"no picture")
    (tmp_path / "anna/001.json").unlink()
    (tmp_path / "anna/002.json").write_text("{}")
    write_openpose(tmp_path / "anna/003.json", figure(3)[1] + (900, 0, 0))
    write_openpose(tmp_path / "anna/004.json", np.zeros((18, 3)))
    (tmp_path / "anna/005_mask.png").write_bytes(b"no mask")
    Image.new("L", (9, 9)).save(tmp_path / "anna/006_mask.png")
    with pytest.raises(SystemExit):
        main([str(tmp_path), "--check", "folder"])
    output = capsys.readouterr()
    for sentence in (
        "000.png: it is truncated or not an image", "001.png has no pose beside it: write one with gfla poses",
        "002.json is neither OpenPose",
        "003.json has 18 joints outside its 64 x 96 pixels", "ben has one picture and so no partner",
        "004.json holds no person: find the pose again", "005_mask.png: it is truncated or not an image",
        "006_mask.png is not as large as its picture: make it so, or remove it",
    ):  # fmt: skip
        assert sentence in output.out
    assert "has 8 defects" in output.err


def test_a_split_without_a_pair_is_told(tmp_path, capsys):
    write_people(tmp_path, {"anna": 3})  # too few to hold any out
    with pytest.raises(SystemExit):
        main([str(tmp_path), "--check", "folder"])
    assert "has no pair for test: add pictures of a person, or another split" in capsys.readouterr().out


def test_defects_of_a_public_data_set_are_told(tmp_path, capsys):
    from tests.helpers.dataset_files import write_pose_pairs

    write_pose_pairs(tmp_path, "market", (128, 64))
    main([str(tmp_path), "--check", "market"])
    assert "is whole" in capsys.readouterr().out
    picture, other, third, fourth = sorted(path.name for path in (tmp_path / "train").iterdir())[:4]
    (tmp_path / "train" / picture).write_bytes(b"no picture")
    (tmp_path / "train" / other).unlink()
    annotations = tmp_path / "market-annotation-train.csv"
    lines = [line for line in annotations.read_text().splitlines() if not line.startswith(third)]
    lines[-1] = lines[-1].replace("[", "[9", 1)
    lines = [f"{fourth}:[1, 2]:[3]" if line.startswith(fourth) else line for line in lines]
    annotations.write_text("\n".join(lines) + "\n")
    with pytest.raises(SystemExit):
        main([str(tmp_path), "--check", "market"])
    told = capsys.readouterr().out
    for sentence in (
        f"{picture}: it is truncated or not an image", f"{other}: No such file or directory; put an undamaged",
        f"{third} has no line in market-annotation-train.csv",
        "has 1 joints outside its 64 x 128 pixels",
        "its keypoints cannot be read",
    ):  # fmt: skip
        assert sentence in told
