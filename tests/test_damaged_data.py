"""Data sets that say nothing, own sizes of annotations, and prepared data as a power cut leaves them."""

import json
import shutil

import numpy as np
import pytest

from gfla_tf.data.builders.market import Market
from gfla_tf.data.builders.pose_pairs import Annotation, read_annotations
from gfla_tf.data.people_pairs import PosePairSamples
from gfla_tf.data.prepared import prepare
from gfla_tf.errors import GflaError
from tests.helpers.dataset_files import write_faces, write_pose_pairs

pytest.importorskip("tensorflow_datasets")
SIZE = (16, 16)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole") / "market"
    write_pose_pairs(folder, "market", (128, 64))
    prepare("market", folder, SIZE)
    return folder


@pytest.fixture
def market(whole, tmp_path):
    """A copy of prepared data with their files."""
    return shutil.copytree(whole, tmp_path / "market")


def prepared(folder, name):
    (path,) = (path for path in (folder / "prepared").rglob(name) if path.parent.name != ".config")
    return path


def read(folder):
    return [len(PosePairSamples(prepare("market", folder, SIZE), split)) for split in ("train", "test")]


# === Annotations ===


def annotated(folder, change, header="name:keypoints_y:keypoints_x"):
    """Rewrites the annotations: 18 joints all over each picture of 128 x 64, as `change` gives them (x, y, number)."""
    for split in ("train", "test"):
        lines = [header]
        for k, picture in enumerate(sorted((folder / split).glob("*.png"))):
            x, y = (
                np.random.default_rng(k).uniform(4, 60, 18),
                np.random.default_rng(k + 99).uniform(4, 124, 18),
            )
            x, y, *size = change(x.round(2), y.round(2), k)
            lines.append(":".join([picture.name, str(list(map(float, y))), str(list(map(float, x))), *size]))
        (folder / f"market-annotation-{split}.csv").write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda x, y, k: (y, x), "x and y seem to be swapped"),
        (lambda x, y, k: (2 * x, 2 * y), "of pictures of another size"),
        (
            lambda x, y, k: (0.4 * x, 0.4 * y),
            "all joints lie in the upper left .*: they are of smaller pictures",
        ),
        (lambda x, y, k: (0 * x + 9, 0 * y + 9), "pictures show nothing of a person, such as train0_0.png"),
        (lambda x, y, k: (x + 64, y), "pictures show nothing of a person, such as train0_0.png"),
        (lambda x, y, k: (0 * x - 1, 0 * y - 1), "such as those without any joint"),
    ],
)
def test_annotations_that_say_nothing_end_the_preparation_and_leave_nothing(change, sentence, tmp_path):
    write_pose_pairs(tmp_path, "market", (128, 64))
    annotated(tmp_path, change)
    with pytest.raises(GflaError, match=sentence):
        prepare("market", tmp_path, SIZE)
    assert not list((tmp_path / "prepared").rglob("*.tfrecord*"))


def test_faces_whose_points_are_all_in_one_place_are_refused(tmp_path):
    write_faces(tmp_path)
    for path in tmp_path.rglob("*.txt"):
        path.write_text("24,16\n24.1,16\n" * 34)
    with pytest.raises(GflaError, match=r"frame1\.txt has all points within 0\.1 pixels of each other"):
        prepare("faceforensics", tmp_path, (32, 32))


def test_annotations_may_say_the_size_that_they_refer_to(tmp_path, capsys):
    write_pose_pairs(tmp_path, "market", (128, 64))
    annotated(tmp_path, lambda x, y, k: (x, y))
    prepare("market", tmp_path, SIZE)
    expected = read_annotations(tmp_path / "market-annotation-train.csv")["train0_0.png"]
    annotated(
        tmp_path, lambda x, y, k: (5 * x, 3 * y, "384x320"), "name:keypoints_y:keypoints_x:size"
    )  # also of other proportions
    found = read_annotations(tmp_path / "market-annotation-train.csv")["train0_0.png"]
    assert expected.size is None and found.size == (384, 320)
    builder = prepare("market", tmp_path, (32, 32))
    record = next(iter(builder.as_dataset(split="train").as_numpy_iterator()))
    np.testing.assert_allclose(record["keypoints"], expected.keypoints * (0.5, 0.25, 1), atol=1e-4)


@pytest.mark.parametrize("size", ["", "384", "0x320", "384x", "-1x5", "384x320x3", "1e3x4"])
def test_sizes_that_are_none_are_corrupt_annotations(size, tmp_path):
    write_pose_pairs(tmp_path, "market", (128, 64))
    annotated(tmp_path, lambda x, y, k: (x, y, size), "name:keypoints_y:keypoints_x:size")
    error = read_annotations(tmp_path / "market-annotation-train.csv")["train0_0.png"]
    assert isinstance(error, GflaError) and "line 2" in str(error) and "not like 256x176" in str(error)


@pytest.mark.parametrize(
    ("picture", "expected"), [((128, 64), (128, 64)), ((512, 256), (128, 64)), ((300, 300), (300, 300))]
)
def test_without_a_size_they_refer_to_the_published_one_or_to_pictures_of_other_proportions(
    picture, expected
):
    plain = Annotation(np.zeros((18, 3)))
    assert Market.size_of(plain, picture) == expected


# === Prepared data ===


def test_prepared_data_are_read_again_and_keep_a_digest(market):
    assert read(market) == read(market) and prepared(market, "gfla_sha256").is_file()


DAMAGES = {
    "empty": lambda path: path.write_bytes(b""),
    "cut": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "missing": lambda path: path.unlink(),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize(
    "name", ["dataset_info.json", "metadata.json", "market-train.tfrecord*", "features.json"]
)
def test_what_a_power_cut_leaves_is_prepared_again_or_named_with_the_remedy(name, damage, market):
    pairs = read(market)
    DAMAGES[damage](prepared(market, name))
    try:
        assert read(market) == pairs
    except GflaError as error:
        assert f"{market / 'prepared'}" in str(error) and "\n" not in str(error)
        assert "remove" in str(error) or "make room" in str(error)
        shutil.rmtree(market / "prepared")  # as the sentence says
        assert read(market) == pairs


@pytest.mark.parametrize(
    "change",
    [
        lambda lists: lists["train"]["pairs"].pop(),
        lambda lists: lists["train"]["pairs"].append([0, 10**6]),
        lambda lists: lists["train"].update(pairs=[[0, 1], [2]]),
        lambda lists: lists["test"].update(corrupt=7),
        lambda lists: lists.pop("train"),
    ],
)
def test_lists_that_changed_on_the_disk_are_not_trained_on(change, market):
    path = prepared(market, "metadata.json")
    lists = json.loads(path.read_text())
    change(lists)
    path.write_text(json.dumps(lists))
    with pytest.raises(GflaError, match="are damaged: remove that folder to have them prepared again"):
        read(market)
