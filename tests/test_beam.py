"""Data sets that Apache Beam prepares, by its local runner, are those that one process prepares, record for record."""

import numpy as np
import pytest

from gfla_tf.cli.prepare import main
from gfla_tf.data.prepared import prepare
from gfla_tf.data.records import Records
from gfla_tf.errors import GflaError
from tests.helpers.dataset_files import write_pose_pairs
from tests.helpers.own_pictures import write_people

# Beam wants an older protobuf than this environment has: CI installs it into one of its own and runs this file there.
pytest.importorskip("apache_beam")
LOCAL = "--runner=DirectRunner"


def records(builder, split):
    stored = Records(builder, split)
    return stored.metadata, [stored.read(number).numpy() for number in range(len(stored))]


@pytest.mark.parametrize("name", ["market", "folder"])
def test_records_order_and_what_holds_for_a_split_are_the_same(name, tmp_path):
    builders = []
    for beam in (None, [LOCAL]):
        directory = tmp_path / str(beam is None)
        if name == "market":
            write_pose_pairs(directory, "market", (128, 64))
        else:
            write_people(directory, {"anna": 12}, masks=True)
        builders.append(prepare(name, directory, (96, 64) if name == "folder" else (128, 64), beam=beam))
    for split in ("train", "test"):
        (plain, expected), (parallel, found) = (records(builder, split) for builder in builders)
        assert parallel == plain and found == expected and len(found) > 1


def test_a_corrupt_picture_is_the_one_sentence_of_its_file(tmp_path):
    write_pose_pairs(tmp_path, "market", (128, 64))
    (tmp_path / "train/train1_0.png").write_bytes(b"no picture")
    with pytest.raises(GflaError, match=r"train1_0\.png"):
        prepare("market", tmp_path, (128, 64), beam=[LOCAL])
    assert not list((tmp_path / "prepared").rglob("*.tfrecord*"))


def test_the_command_says_what_it_wrote(tmp_path, capsys):
    write_people(tmp_path / "own", {"anna": 12})
    main([str(tmp_path / "own"), "--shards", "folder", "--size", "96", "64", f"--beam={LOCAL}"])
    told = capsys.readouterr().out
    assert "train: 10 records in 1 shards" in told and "test: 2 records in 1 shards" in told
    assert np.size(list((tmp_path / "own/prepared").rglob("*.tfrecord*"))) == 2
