"""What `gfla evaluate` reads and resumes: files of others, damaged lines, a folder that another process writes into."""

import json

import cv2
import numpy as np
import pytest
from PIL import Image

from gfla_tf.cli.evaluate import main
from gfla_tf.errors import GflaError
from gfla_tf.evaluation.lines import Lines
from gfla_tf.files import own_folder
from gfla_tf.keypoints.pose_files import write_openpose
from tests.helpers.own_pictures import figure


def test_two_at_once_do_not_write_into_one_folder(tmp_path, capsys):
    with own_folder(tmp_path / "out", "waiting in"), pytest.raises(SystemExit):
        main([str(tmp_path), "--truth", str(tmp_path), "--output", str(tmp_path / "out")])
    assert "Another process is evaluating into" in capsys.readouterr().err
    assert not (tmp_path / "out").exists(), "nothing was put there"


def test_lines_refuse_a_file_that_is_not_theirs(tmp_path):
    (tmp_path / "pairs.jsonl").write_text('{"other": 1}\n')
    with pytest.raises(GflaError, match="holds another evaluation"):
        Lines(tmp_path / "pairs.jsonl", {"mine": 1}, 8)


@pytest.mark.parametrize("damage", ['{"name": "a', "\0\0\0", "[1]", '{"l1": 1}', "\ufffd"])
def test_lines_behind_a_damaged_one_are_computed_again(tmp_path, damage):
    header, rows = {"mine": 1}, [{"name": f"{n}", "l1": n / 7} for n in range(6)]
    lines = Lines(tmp_path / "pairs.jsonl", header, 2)
    lines.add(rows)
    text = (tmp_path / "pairs.jsonl").read_text().split("\n")
    (tmp_path / "pairs.jsonl").write_text("\n".join([*text[:4], damage, *text[5:]]))
    assert [row["name"] for row in Lines(tmp_path / "pairs.jsonl", header, 2).rows] == ["0", "1"]


def test_every_kind_of_picture_is_judged_by_its_brightness_and_poses_beside_are_no_scores(tmp_path):
    picture = figure(0)[0]
    for name in ("generated", "truth"):
        (tmp_path / name).mkdir()
    Image.fromarray(picture).save(tmp_path / "truth/0.png")
    cv2.imwrite(str(tmp_path / "generated/0.png"), picture.astype(np.uint16)[..., ::-1] * 257)
    write_openpose(tmp_path / "generated/0.json", figure(0)[1])
    main(
        [
            str(tmp_path / "generated"),
            "--truth",
            str(tmp_path / "truth"),
            "--output",
            str(tmp_path / "out"),
            "--scores",
            "l1",
        ]
    )
    (row,) = (tmp_path / "out/pairs_gfla.jsonl").read_text().splitlines()[1:]
    assert json.loads(row) == {"name": "0", "l1": 0}
