"""Corrupt files and records are left out, counted and told, up to a limit: while data is prepared, and while it is trained on."""

import h5py
import numpy as np
import pytest
import tensorflow as tf

from gfla_tf.data.human36m import load_human36m
from gfla_tf.data.pairs import sample_dataset
from gfla_tf.data.people_pairs import PosePairSamples
from gfla_tf.data.prepared import prepare
from gfla_tf.data.records import Records
from gfla_tf.data.video_clips import ClipSamples, piece_dataset
from gfla_tf.data.view_pairs import ViewPairSamples
from gfla_tf.errors import GflaError, raised_in_graphs
from gfla_tf.training.tasks.dance import CLEAN_REFERENCE
from tests.helpers.dataset_files import PEOPLE, POSES, VIDEOS, write_dance, write_pose_pairs, write_shapenet
from tests.test_human36m import FRAMES, numbers, tree
from tests.test_human36m import write as write_human36m

pytest.importorskip("tensorflow_datasets")
SIZE = (16, 16)
PAIRS = PEOPLE["train"] * POSES * (POSES - 1)


def take(dataset, count):
    return [{name: value.numpy() for name, value in batch.items()} for batch in dataset.take(count)]


def spoil_record(builder, number):
    """Flips a bit in the middle of a prepared record of the training split."""
    records = Records(builder, "train")
    length = len(records.read(tf.constant(number)).numpy())
    with open(records._paths[records._file[number]], "r+b") as file:
        file.seek(int(records._start[number]) + 12 + length // 2)
        (byte,) = file.read(1)
        file.seek(-1, 1)
        file.write(bytes([byte ^ 1]))


def noses(directory, split="train"):
    """name -> x of the nose, in pixels of 256 x 176."""
    lines = (directory / f"fasion-annotation-{split}.csv").read_text().splitlines()[1:]
    return {line.split(":")[0]: int(line.split(":")[2].strip(" []").split(",")[0]) for line in lines}


# === While data is prepared ===


@pytest.fixture
def fashion(tmp_path):
    write_pose_pairs(tmp_path / "fashion", "fasion", (128, 88))
    return tmp_path / "fashion"


def test_corrupt_images_and_annotations_are_left_out_with_their_pairs_and_the_rest_stays_paired_right(
    fashion, capsys
):
    x = noses(fashion)
    (fashion / "train" / "train0_1.png").write_bytes(b"\x89PNG\r\n")
    annotations = fashion / "fasion-annotation-train.csv"
    kept = [line for line in annotations.read_text().splitlines() if not line.startswith("train2_0.png")]
    annotations.write_text("\n".join([*kept, "train2_0.png:[1]:[2]"]))
    builder = prepare("deepfashion", fashion, SIZE, max_corrupt=0.25)

    records = list(builder.as_dataset(split="train").as_numpy_iterator())
    names = [record["name"].decode() for record in records]
    assert names == [name for name in x if name not in ("train0_1.png", "train2_0.png")]
    for name, record in zip(names, records, strict=True):
        assert record["keypoints"][0, 0] == pytest.approx(x[name] * 16 / 176, abs=1e-4)
    whole = builder.info.metadata["train"]
    named = {f"{names[source]},{names[target]}" for source, target in whole["pairs"]}
    listed = (fashion / "fasion-pairs-train.csv").read_text().split()[1:]
    assert named == {pair for pair in listed if "train0_1" not in pair and "train2_0" not in pair}
    assert "train0_1.png: it is truncated or not an image" in whole["corrupt"][0]
    assert "its keypoints cannot be read" in whole["corrupt"][1] and len(whole["corrupt"]) == 2
    told = "left out 2 of 9 records of deepfashion, train because they are corrupt, the first one: Cannot read the image "
    assert capsys.readouterr().err.count(told) == 1
    assert len(PosePairSamples(builder, "train")) == len(named)

    prepare("deepfashion", fashion, SIZE, max_corrupt=0.25)  # as it was prepared
    assert told in capsys.readouterr().err
    with pytest.raises(GflaError, match=r"2 of 9 records .* are corrupt, .* a share of 0\.2: put undamaged"):
        prepare("deepfashion", fashion, SIZE, max_corrupt=0.2)


def test_more_corrupt_files_than_the_limit_end_the_preparation_and_leave_nothing(fashion):
    for name in ("train0_1.png", "train2_0.png"):
        (fashion / "train" / name).write_bytes(b"no image")
    with pytest.raises(
        GflaError, match=r"train0_1\.png: it is truncated or not an image .*; 2 of 9 records of deepf"
    ) as raised:
        prepare("deepfashion", fashion, SIZE, max_corrupt=0.2)
    assert "\n" not in str(raised.value)
    assert not list((fashion / "prepared").rglob("*.tfrecord*"))


def test_a_corrupt_frame_leaves_its_video_a_frame_shorter(tmp_path):
    write_dance(tmp_path)
    (tmp_path / "train" / "clean" / "v10" / "frame3_keypoints.json").write_text("{")
    builder = prepare("fashionvideo", tmp_path, SIZE, max_corrupt=0.1)
    shorter = VIDEOS["train"] | {"v10": VIDEOS["train"]["v10"] - 1}
    assert dict(builder.info.metadata["train"]["videos"]) == shorter
    frames = [
        record["image"][0, 0, 1] // 10 for record in builder.as_dataset(split="train").as_numpy_iterator()
    ]
    begin = VIDEOS["train"]["v2"]
    assert frames[begin : begin + 4] == [0, 1, 3, 4]


def test_a_corrupt_view_is_neither_a_source_nor_a_target_and_views_without_targets_are_refused(tmp_path):
    write_shapenet(tmp_path)
    with h5py.File(tmp_path / "data_car.hdf5", "r+") as file:
        del file["a1_2_0"]["image"]
    builder = prepare("shapenet", tmp_path, SIZE, max_corrupt=0.1)
    whole = builder.info.metadata["train"]
    assert whole["groups"] == [
        ["a1_0", 17, 17],
        *([name, 18, 18] for name in ("a1_10", "a1_20", "b_2_0", "b_2_10", "b_2_20")),
    ]
    assert sorted(whole["sources"]) == list(range(107))
    (tmp_path / "id_car_test.txt").write_text("c3_0_0\n")
    with h5py.File(tmp_path / "data_car.hdf5", "r+") as file:
        for azimuth in range(0, 36, 2):
            del file[f"c3_{azimuth}_0"]["image"]
    with pytest.raises(GflaError, match="All views of c3_0 that can be targets are corrupt"):
        prepare("shapenet", tmp_path, (8, 8), max_corrupt=1.0)


def test_a_corrupt_sequence_of_joints_is_left_out(tmp_path, capsys):
    truth = tree(0)
    truth["S5"]["Walking"][2][1, 3] = np.nan
    bank = load_human36m(write_human36m(tmp_path, truth), "train", max_corrupt=0.03)
    assert len(bank.lengths) == 5 * 2 * 4 - 1 and 1120 not in numbers(bank).round()
    assert np.isfinite(bank.clean).all()
    assert "left out 1 of 40 sequences of human36m, train" in capsys.readouterr().err
    with pytest.raises(GflaError, match=r"S5/Walking/2 with a joint that is no number .*; 1 of 40 sequences"):
        load_human36m(tmp_path, "train", max_corrupt=0.01)
    truth["S5"]["Walking"][2] = np.zeros((FRAMES, 32, 2), np.float32)
    assert len(load_human36m(write_human36m(tmp_path, truth), "train", max_corrupt=0.03).lengths) == 39


# === While it is trained on ===


def test_pairs_with_a_record_that_has_become_corrupt_are_replaced_alike_in_every_resume_and_told(
    fashion, caplog
):
    builder = prepare("deepfashion", fashion, SIZE, max_corrupt=0.2)
    whole = take(sample_dataset(PosePairSamples(builder, "train"), 3, dict), 6)
    spoil_record(builder, 4)
    spoilt = list(builder.info.metadata["train"]["pairs"])
    samples = PosePairSamples(builder, "train")
    batches = take(sample_dataset(samples, 3, dict), PAIRS // 3)
    assert sum("1 of 9 records of deepfashion, train" in text for text in caplog.messages) == 1
    replaced = 0
    for old, new in zip(whole, batches, strict=True):
        same = [
            np.array_equal(old[n][i], new[n][i]) for i in range(3) for n in ("source_image", "target_image")
        ]
        replaced += sum(not (a and b) for a, b in zip(same[::2], same[1::2]))
    assert replaced == sum(4 in pair for pair in spoilt) == 4
    resumed = take(sample_dataset(PosePairSamples(builder, "train"), 3, dict, start=4), 2)
    for old, new in zip(batches[4:], resumed, strict=True):
        assert all(np.array_equal(old[name], new[name]) for name in old)


@pytest.mark.parametrize("limit, spoilt", [(0.0, [4]), (0.2, [4, 5])])
def test_more_corrupt_records_than_the_limit_end_the_training_in_one_sentence(fashion, limit, spoilt):
    builder = prepare("deepfashion", fashion, SIZE, max_corrupt=limit)
    for number in spoilt:
        spoil_record(builder, number)
    dataset = sample_dataset(PosePairSamples(builder, "train"), 3, dict)
    says = r"^record [45] in .*\.tfrecord.* has become corrupt: .*; "
    with pytest.raises(GflaError, match=says) as raised, raised_in_graphs():
        take(dataset, PAIRS // 3)
    assert "\n" not in str(raised.value)


def test_a_frame_that_has_become_corrupt_is_replaced_by_the_next_of_its_video(tmp_path, monkeypatch):
    monkeypatch.setattr("gfla_tf.data.video_clips.AUGMENTATIONS", {})
    write_dance(tmp_path)
    builder = prepare("fashionvideo", tmp_path, SIZE, max_corrupt=0.1)
    spoil_record(builder, 12)  # the last of the first video, v2
    samples = ClipSamples(builder, "train", CLEAN_REFERENCE)
    whole = samples.piece(tf.constant(0, tf.int64), tf.constant([0, 0], tf.int64), 0, 13, 13)
    frames = whole["target_image"].numpy()[:, 0, 0, :2] // (20, 10)
    assert frames.tolist() == [*([0, f] for f in range(12)), [0, 0]]
    assert len(take(piece_dataset(samples, 3, 8, 2, dict), 8)) == 8


def test_a_view_that_has_become_corrupt_is_never_seen(tmp_path):
    write_shapenet(tmp_path)
    builder = prepare("shapenet", tmp_path, SIZE, max_corrupt=0.1)
    spoil_record(builder, 5)
    for batch in take(sample_dataset(ViewPairSamples(builder, "train"), 6, dict), 36):
        for role in ("source", "target"):
            color = batch[f"{role}_image"][:, 0, 0].astype(int)
            assert [0, 50, 100] not in color.tolist() and (color[:, 0] // 10 < 2).all()
