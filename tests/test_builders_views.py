"""ShapeNet: from HDF5 groups and lists of them to batches of pairs of views, and what is said of files that are wrong."""

import collections
import shutil

import h5py
import numpy as np
import pytest
import yaml

from gfla_tf.data.pairs import sample_dataset
from gfla_tf.data.prepared import prepare
from gfla_tf.data.view_pairs import ViewPairSamples
from gfla_tf.errors import GflaError
from gfla_tf.keypoints.views import view_codes
from gfla_tf.training.config_file import load_config
from gfla_tf.training.runs import Run
from tests.helpers.dataset_files import write_shapenet

pytest.importorskip("tensorflow_datasets")
SIZE, VIEWS = (16, 16), 54  # of an object


@pytest.fixture(scope="module")
def cars(tmp_path_factory):
    directory = tmp_path_factory.mktemp("cars")
    write_shapenet(directory)
    return directory, prepare("shapenet", directory, SIZE)


@pytest.fixture
def files(cars, tmp_path):
    """A copy of the files to spoil."""
    return shutil.copytree(cars[0], tmp_path / "files", ignore=shutil.ignore_patterns("prepared"))


def take(dataset, count):
    return [{name: value.numpy() for name, value in batch.items()} for batch in dataset.take(count)]


def which(images):
    """(object, azimuth number, elevation number) of images, which their color says."""
    color = images[:, 0, 0].astype(int) - (0, 0, 100)
    return [tuple(view) for view in (color // 10).tolist()]


def test_a_record_is_a_view_with_the_numbers_of_its_azimuth_and_elevation(cars):
    records = list(cars[1].as_dataset(split="train").as_numpy_iterator())
    assert len(records) == 2 * VIEWS
    names = [f"{model}_{elevation}" for model in ("a1", "b_2") for elevation in (0, 10, 20)]
    assert cars[1].info.metadata["train"]["groups"] == [[name, 18, 18] for name in names]
    assert sorted(cars[1].info.metadata["train"]["sources"]) == list(range(2 * VIEWS))
    for record in records:
        (view,) = which(record["image"][None])
        assert view == ("ab".index(record["model"].decode()[0]), record["azimuth"], record["elevation"])


def test_images_of_another_size_are_resized(files):
    builder = prepare("shapenet", files, (8, 12))
    (record,) = builder.as_dataset(split="test").take(1).as_numpy_iterator()
    assert record["image"].shape == (8, 12, 3) and which(record["image"][None]) == [(2, 0, 0)]


def test_an_epoch_has_every_view_as_a_source_once_with_a_view_of_the_same_object_and_elevation(cars):
    samples = ViewPairSamples(cars[1], "train")
    pairs = [
        pair
        for batch in take(sample_dataset(samples, 4, dict), 10 * len(samples) // 4)
        for pair in zip(which(batch["source_image"]), which(batch["target_image"]), strict=True)
    ]
    assert len({source for source, _ in pairs[: len(samples)]}) == len(samples) == 2 * VIEWS
    assert all(source[::2] == target[::2] for source, target in pairs)
    away = collections.Counter((target[1] - source[1]) % 18 for source, target in pairs)
    assert len(away) == 18 and min(away.values()) > 30  # of 60 each; the source itself is among them


def test_targets_need_not_be_in_the_list_and_sources_may_be_at_odd_azimuths(tmp_path):
    write_shapenet(tmp_path)
    with h5py.File(tmp_path / "data_car.hdf5", "r+") as file:
        file.copy("a1_6_10", "a1_7_10")
        del file["a1_7_10"]["pose"]
        file["a1_7_10"]["pose"] = np.array([7, 10])
    (tmp_path / "id_car_train.txt").write_text("a1_7_10\n")
    samples = ViewPairSamples(prepare("shapenet_car", tmp_path, SIZE), "train")
    assert len(samples) == 1
    targets = {which(batch["target_image"])[0] for batch in take(sample_dataset(samples, 1, dict), 200)}
    assert targets == {(0, azimuth, 1) for azimuth in range(18)}


def test_views_are_the_codes_of_their_images(cars):
    for batch in take(sample_dataset(ViewPairSamples(cars[1], "train"), 6, dict), 5):
        for role in ("source", "target"):
            _, azimuth, elevation = np.transpose(which(batch[f"{role}_image"]))
            assert np.array_equal(batch[f"{role}_view"], view_codes(azimuth, elevation))


@pytest.mark.parametrize("start", [1, 30])
def test_starting_at_a_batch_is_skipping_those_before(cars, start):
    samples = ViewPairSamples(cars[1], "train")
    through = take(sample_dataset(samples, 4, dict, seed=3), start + 2)
    for one, other in zip(
        take(sample_dataset(samples, 4, dict, seed=3, start=start), 2), through[start:], strict=True
    ):
        assert all(np.array_equal(one[name], other[name]) for name in one)


def test_batches_have_the_entries_of_synthetic_ones_but_flow_and_mask(files, tmp_path):
    settings = {
        "name": "tiny",
        "task": "view",
        "batch_size": 2,
        "data": {"dataset": "shapenet", "directory": str(files)},
        "model": {
            "preset": "view_quickstart",
            "generator": {
                "base_channels": 4,
                "max_channels": 8,
                "flow_base_channels": 4,
                "flow_max_channels": 8,
            },
        },
        "features": {"network": "none"},
        "flow": {"steps": 0},
        "full": {"steps": 1, "adversarial": 0.0, "correctness": 0.0, "content": 0.0, "style": 0.0},
    }
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(settings))
    run = Run(load_config(tmp_path / "tiny.yaml"), tmp_path / "run")
    data, held_out = run.task.load(run.generator)
    (batch,) = take(run.task.dataset(data, 0, 0), 1)
    for entries, size in ((batch, 2), (held_out, 4)):
        image, view = (size, 64, 64, 3), (size, 21)
        assert {name: tuple(value.shape) for name, value in entries.items()} == {
            "source_image": image, "target_image": image, "source_view": view, "target_view": view
        }  # fmt: skip
    generated = run.generator({name: batch[name] for name in ("source_image", "source_view", "target_view")})
    assert generated["generated"].shape == (2, 64, 64, 3)


def hdf5(change):
    def spoil(directory):
        with h5py.File(directory / "data_car.hdf5", "r+") as file:
            change(file)

    return spoil


def replace(group, name, value):
    def change(file):
        del file[group][name]
        if value is not None:
            file[group][name] = value

    return hdf5(change)


def append(name, text):
    return lambda directory: (directory / name).write_text((directory / name).read_text() + text)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda d: (d / "data_car.hdf5").unlink(), "must have exactly one data_CATEGORY.hdf5, and has none"),
        (lambda d: (d / "data_chair.hdf5").touch(), "and has data_car.hdf5, data_chair.hdf5: put that of one category there"),
        (lambda d: (d / "data_car.hdf5").write_bytes(b"no HDF5"), "data_car.hdf5 cannot be read as HDF5"),
        (lambda d: (d / "id_car_test.txt").unlink(), "id_car_test.txt: No such file or directory; put the file with the names"),
        (lambda d: (d / "id_car_test.txt").write_text("\n"), "id_car_test.txt is empty"),
        (append("id_car_train.txt", "d4_0_0\n"), "id_car_train.txt, line 109: data_car.hdf5 has no group 'd4_0_0'"),
        (hdf5(lambda file: file.move("a1_0_10", "e5_0_10")), "line 2: data_car.hdf5 has no group 'a1_0_10'"),
        (replace("a1_2_0", "pose", None), "data_car.hdf5, group a1_2_0: it must have image and pose"),
        (replace("a1_2_0", "image", None), "data_car.hdf5, group a1_2_0: it must have image and pose"),
        (replace("a1_2_0", "pose", [1]), "data_car.hdf5, group a1_2_0: it must have image and pose of two numbers"),
        (replace("a1_2_0", "pose", [36, 0]), "data_car.hdf5, group a1_2_0: its pose is (36, 0): the azimuth must be a whole"),
        (replace("a1_2_0", "pose", [2, 30]), "data_car.hdf5, group a1_2_0: its pose is (2, 30)"),
        (replace("a1_2_0", "image", np.zeros((4, 4))), "group a1_2_0: its image is (4, 4) float64: it must be"),
    ],
)  # fmt: skip
def test_files_that_are_wrong_are_named_in_one_sentence(files, spoil, says):
    spoil(files)
    with pytest.raises(GflaError, match=says.replace("(", r"\(").replace(")", r"\)")) as raised:
        prepare("shapenet", files, SIZE)
    assert "\n" not in str(raised.value)
