"""DeepFashion and Market-1501: from the files that their owners give out to batches, and what is said of files that are wrong."""

import shutil

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from gfla_tf.data.augmentation import AUGMENTATIONS, draw_affine, move
from gfla_tf.data.pairs import sample_dataset
from gfla_tf.data.people_pairs import PosePairSamples
from gfla_tf.data.prepared import prepare
from gfla_tf.data.records import Records
from gfla_tf.errors import GflaError
from gfla_tf.models.presets import create_generator
from gfla_tf.training.runs import Run
from tests.helpers.dataset_files import PEOPLE, POSES, write_pose_pairs
from tests.helpers.tiny_run import tiny_config

pytest.importorskip("tensorflow_datasets")
PAIRS = {split: people * POSES * (POSES - 1) for split, people in PEOPLE.items()}


@pytest.fixture(scope="module")
def fashion(tmp_path_factory):
    directory = tmp_path_factory.mktemp("fashion")
    noses = write_pose_pairs(directory, "fasion", (128, 88))
    return directory, noses, prepare("deepfashion", directory, (64, 64))


@pytest.fixture(scope="module")
def market(tmp_path_factory):
    directory = tmp_path_factory.mktemp("market")
    write_pose_pairs(directory, "market", (128, 64))
    return prepare("market", directory, (128, 64))


@pytest.fixture
def files(fashion, tmp_path):
    """A copy of the files to spoil."""
    return shutil.copytree(fashion[0], tmp_path / "files", ignore=shutil.ignore_patterns("prepared"))


def take(dataset, count):
    return [{name: value.numpy() for name, value in batch.items()} for batch in dataset.take(count)]


def equal(one, other):
    return all(np.array_equal(a[name], b[name]) for a, b in zip(one, other, strict=True) for name in a)


def test_a_record_is_an_image_with_its_keypoints_in_pixels_of_the_size_asked_for(fashion):
    directory, noses, builder = fashion
    records = list(builder.as_dataset(split="train").as_numpy_iterator())
    assert len(records) == PEOPLE["train"] * POSES
    for record in records:
        name = record["name"].decode()
        with Image.open(directory / "train" / name) as image:
            expected = np.asarray(
                image.resize((64, 64), Image.Resampling.BILINEAR)
            )  # Pillow's is antialiased
        assert np.array_equal(record["image"], expected)
        nose = noses["train"][name] * (64 / 176, 64 / 256)
        assert np.allclose(record["keypoints"][0], [*nose, 1], atol=1e-5)
        assert record["keypoints"][1].tolist() == [0, 0, 1]
        assert not record["keypoints"][2:].any()  # missing


def test_tensorflow_datasets_finds_what_is_prepared_by_its_name(market):
    import tensorflow_datasets as tfds

    root = market.data_path.parents[2]
    builder = tfds.builder("market", data_dir=root)
    assert builder.is_prepared() and builder.info.full_name == "market/128x64/2.0.0"
    assert len(builder.info.metadata["train"]["pairs"]) == PAIRS["train"]
    with pytest.raises(AssertionError, match="market-annotation-train"):  # its instructions
        tfds.builder("market", data_dir=f"{root}/elsewhere").download_and_prepare()


def test_a_joint_whose_scaled_position_is_a_whole_pixel_stays_on_it(fashion):
    # 11 of 176 pixels is exactly 4 of 64: anything less would be drawn a pixel away, for positions are truncated.
    for record in fashion[2].as_dataset(split="train").as_numpy_iterator():
        x = fashion[1]["train"][record["name"].decode()][0]
        if x % 11 == 0:
            assert record["keypoints"][0, 0] == x * 4 // 11


def test_an_epoch_of_batches_has_every_pair_of_the_list_once(fashion):
    directory, _, builder = fashion
    names = [record["name"].decode() for record in builder.as_dataset(split="train").as_numpy_iterator()]
    images = [record["image"].tobytes() for record in builder.as_dataset(split="train").as_numpy_iterator()]
    name = dict(zip(images, names, strict=True))
    drawn = [
        f"{name[source.tobytes()]},{name[target.tobytes()]}"
        for batch in take(sample_dataset(PosePairSamples(builder, "train"), 3, dict), PAIRS["train"] // 3)
        for source, target in zip(batch["source_image"], batch["target_image"], strict=True)
    ]
    assert sorted(drawn) == sorted((directory / "fasion-pairs-train.csv").read_text().split()[1:])


@pytest.mark.parametrize("start", [1, 4, 9])
def test_starting_at_a_batch_is_skipping_those_before(market, start):
    samples = PosePairSamples(market, "train")
    through = take(sample_dataset(samples, 4, dict, seed=5), start + 2)
    assert equal(take(sample_dataset(samples, 4, dict, seed=5, start=start), 2), through[start:])
    assert not equal(take(sample_dataset(samples, 4, dict, seed=6, start=start), 2), through[start:])
    parts = [take(sample_dataset(samples, 4, dict, seed=5, start=start, part=(i, 2)), 2) for i in range(2)]
    together = [{name: np.concatenate([a[name], b[name]]) for name in a} for a, b in zip(*parts)]
    assert equal(together, through[start:])


@pytest.mark.parametrize(
    ("role", "degrees", "pixels", "scales"), [("source", 5, 5, (0.95, 1.05)), ("target", 1, 2.5, (1, 1))]
)
def test_augmentation_turns_shifts_and_scales_within_its_bounds_and_moves_keypoints_along(
    role, degrees, pixels, scales
):
    random, ranges = np.random.default_rng(0), AUGMENTATIONS["market"][role]
    places = np.array([[20, 30], [44, 36], [30, 90]])
    image = np.zeros((128, 64, 3), np.uint8)
    for index, (x, y) in enumerate(places):
        image[y - 1 : y + 2, x - 1 : x + 2, index] = 255
    keypoints = np.float32([[*place, 1] for place in places] + [[0, 0, 0]])
    largest, filled = np.zeros(3), 0
    for seed in random.integers(0, 2**40, (60, 2)):
        numbers = draw_affine(ranges, (128, 64), seed, role)
        moved, joints = (
            x.numpy() for x in move(tf.constant(image), tf.constant(keypoints), numbers, ranges.fill)
        )
        assert joints[3].tolist() == [0, 0, 0]
        filled += (moved == 128).all(axis=-1).sum()
        for index, joint in enumerate(joints[:3]):
            y, x = np.mgrid[:128, :64]
            near = (np.abs(x - joint[0]) < 5) & (np.abs(y - joint[1]) < 5)
            shown = moved[..., index] * near.astype(float)
            center = np.array([(shown * x).sum(), (shown * y).sum()]) / shown.sum()
            # Joints come to whole pixels, towards zero, and pixels are the nearest ones.
            assert np.abs(center - joint[:2] - 0.5).max() < 1.1
        angle, *shift, scale = numbers.numpy()
        assert scales[0] <= scale <= scales[1] and abs(angle) <= degrees and np.abs(shift).max() <= pixels
        largest = np.maximum(largest, [abs(angle), np.abs(shift).max(), abs(scale - 1)])
    assert filled > 1000
    assert (largest >= 0.8 * np.array([degrees, pixels, scales[1] - 1])).all()


def test_market_is_augmented_in_training_alone(market):
    for split, augmented in (("train", True), ("test", False)):
        originals = [
            record["image"].tobytes() for record in market.as_dataset(split=split).as_numpy_iterator()
        ]
        (batch,) = take(sample_dataset(PosePairSamples(market, split), 4, dict), 1)
        assert all((image.tobytes() in originals) != augmented for image in batch["target_image"])


def test_deepfashion_is_not_augmented(fashion):
    originals = [
        record["image"].tobytes() for record in fashion[2].as_dataset(split="train").as_numpy_iterator()
    ]
    (batch,) = take(sample_dataset(PosePairSamples(fashion[2], "train"), 4, dict), 1)
    assert all(image.tobytes() in originals for image in batch["source_image"])


def test_what_is_prepared_needs_its_files_no_more(files):
    first = prepare("deepfashion", files, (32, 32))
    shutil.rmtree(files / "train")
    again = prepare("deepfashion", files, (32, 32))
    batches = [take(sample_dataset(PosePairSamples(b, "train"), 4, dict), 1) for b in (first, again)]
    assert equal(*batches)


def test_each_record_is_read_whole(fashion):
    path = fashion[2].info.splits["train"].filepaths[0]
    expected = [record.numpy() for record in tf.data.TFRecordDataset(str(path))]
    records = Records(fashion[2], "train")
    assert [records.read(tf.constant(number)).numpy() for number in range(len(records))] == expected


@pytest.mark.slow
def test_a_training_on_market_files_runs_and_draws_its_samples(tmp_path):
    write_pose_pairs(tmp_path / "market", "market", (128, 64))
    config = tiny_config(
        tmp_path, "data.dataset=market", f"data.directory={tmp_path / 'market'}", "flow.steps=0", "full.steps=1",
        "full.adversarial=0", "full.content=0", "full.style=0", "full.l1=1",
    )  # fmt: skip
    run = Run(config, tmp_path / "run")
    run.train()
    assert (tmp_path / "run" / "generator.weights.h5").is_file()
    assert list((tmp_path / "run" / "images").glob("full_*.png"))


def test_batches_have_the_entries_of_synthetic_ones_but_the_person(tmp_path):
    write_pose_pairs(tmp_path / "market", "market", (128, 64))
    config = tiny_config(tmp_path, "data.dataset=market", f"data.directory={tmp_path / 'market'}")
    task = Run(config, tmp_path / "run").task
    generator = create_generator(config.model.preset, **config.model.generator)
    data, held_out = task.load(generator)
    (batch,) = take(task.dataset(data, 0, 0), 1)
    for entries, size in ((batch, config.batch_size), (held_out, 4)):
        shapes = {name: tuple(value.shape) for name, value in entries.items()}
        image, pose = (size, 32, 32, 3), (size, 32, 32, 18)
        assert shapes == {
            "source_image": image, "target_image": image, "source_pose": pose, "target_pose": pose
        }  # fmt: skip
        assert np.abs(entries["source_image"]).max() <= 1 and np.max(entries["target_pose"]) > 0.9


def spoil_line(path, number, line):
    lines = path.read_text().splitlines()
    lines[number - 1] = line
    path.write_text("\n".join(lines))


PAIRS_CSV, ANNOTATION, FIRST = "fasion-pairs-train.csv", "fasion-annotation-train.csv", "train0_0.png"
NUMBERS = ", ".join(["5"] * 18)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda d: (d / PAIRS_CSV).unlink(), f"{PAIRS_CSV}: No such file or directory; put the file with the pairs there"),
        (lambda d: (d / ANNOTATION).unlink(), f"{ANNOTATION}: No such file or directory; put the file with the keypoints there"),
        (lambda d: (d / PAIRS_CSV).write_bytes(b"\xff\xfe\x00"), f"{PAIRS_CSV} is no text in UTF-8"),
        (lambda d: (d / PAIRS_CSV).write_text("from,to\n"), f"{PAIRS_CSV} has no pairs"),
        (lambda d: spoil_line(d / PAIRS_CSV, 1, "a,b"), f"{PAIRS_CSV}, line 1: the columns are a,b: they must be from,to"),
        (lambda d: spoil_line(d / PAIRS_CSV, 3, "train0_0.png"), f"{PAIRS_CSV}, line 3: 'train0_0.png' is no pair"),
        (lambda d: spoil_line(d / PAIRS_CSV, 4, "who.png,train0_0.png"), f"line 4: who.png has no line in {ANNOTATION}"),
        (lambda d: spoil_line(d / ANNOTATION, 1, "name,x,y"), f"{ANNOTATION}, line 1: it must be name:keypoints_y:keypoints_x"),
        (lambda d: spoil_line(d / ANNOTATION, 2, f"{FIRST}:[1]:[2]"), f"{ANNOTATION}, line 2: its keypoints cannot be read (1"),
        (lambda d: spoil_line(d / ANNOTATION, 2, f"{FIRST}:[{NUMBERS}]"), "line 2: its keypoints cannot be read"),
        (lambda d: spoil_line(d / ANNOTATION, 2, f"{FIRST}:[{NUMBERS}]:[{NUMBERS.replace('5', 'NaN')}]"), "that is no number"),
        (lambda d: spoil_line(d / ANNOTATION, 2, f"{FIRST}:[{NUMBERS}]:[{NUMBERS}"), "line 2: its keypoints cannot be read (Exp"),
        (lambda d: (d / "train" / "train0_1.png").unlink(), "line 2: the image .*train0_1.png is missing: put images there"),
        (lambda d: [p.unlink() for p in (d / "train").iterdir()], "train0_0.png and 8 more that it names are missing"),
        (lambda d: (d / "test" / "test0_1.png").write_bytes(b"\x89PNG\r\n"), "test0_1.png: it is truncated or not an image"),
        (lambda d: spoil_line(d / PAIRS_CSV, 3, "../train/train0_0.png,train0_1.png"), "line 3: '../train/train0_0.png' leaves"),
        (lambda d: spoil_line(d / ANNOTATION, 2, f"{FIRST}:[{NUMBERS}]:[{NUMBERS.replace('5', 'true')}]"), "that is no number"),
    ],
)  # fmt: skip
def test_files_that_are_wrong_are_named_in_one_sentence_and_can_be_put_right(files, fashion, spoil, says):
    spoil(files)
    with pytest.raises(GflaError, match=says.replace("(1", r"\(1").replace("(Exp", r"\(Exp")) as raised:
        prepare("deepfashion", files, (32, 32))
    assert "\n" not in str(raised.value)
    shutil.copytree(fashion[0], files, dirs_exist_ok=True, ignore=shutil.ignore_patterns("prepared"))
    builder = prepare("deepfashion", files, (32, 32))
    assert builder.info.splits["train"].num_examples == PEOPLE["train"] * POSES


def test_own_pictures_of_other_proportions_have_their_joints_in_their_own_pixels(files):
    Image.new("RGB", (64, 64)).save(files / "train" / FIRST)
    numbers = ", ".join(["-1"] * 17)
    spoil_line(files / ANNOTATION, 2, f"{FIRST}:[48, {numbers}]:[16, {numbers}]")
    builder = prepare("deepfashion", files, (32, 32))
    records = Records(builder, "train")
    parsed = tf.io.parse_single_example(
        records.read(tf.constant(0)), {"keypoints": tf.io.FixedLenFeature((18, 3), tf.float32)}
    )
    np.testing.assert_array_equal(parsed["keypoints"][0], [8, 24, 1])


def test_prepared_data_cut_short_are_refused(files):
    builder = prepare("deepfashion", files, (32, 32))
    path = builder.info.splits["train"].filepaths[0]
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(GflaError, match="are damaged: remove that folder"):
        PosePairSamples(builder, "train")


def test_more_samples_in_a_batch_than_there_are_pairs_are_refused(fashion):
    with pytest.raises(GflaError, match=f"batch_size is 100, but the data have only {PAIRS['test']} samples"):
        sample_dataset(PosePairSamples(fashion[2], "test"), 100, dict)


def test_a_folder_that_cannot_be_written_is_one_sentence(files):
    (files / "prepared").write_text("a file")
    with pytest.raises(GflaError, match="prepared cannot be written or read"):
        prepare("deepfashion", files, (32, 32))


def test_without_tensorflow_datasets_the_remedy_is_named(files, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "tensorflow_datasets", None)
    with pytest.raises(
        GflaError, match=r'The dataset market needs tensorflow-datasets.*pip install -e ".\[data\]"'
    ):
        prepare("market", files, (32, 32))


def test_a_dataset_without_its_folder_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(GflaError, match="directory is None: name the folder with the dataset's files"):
        tiny_config(tmp_path, "data.dataset=market")
    config = tiny_config(tmp_path, "data.dataset=market", "data.directory=/nowhere")
    with pytest.raises(GflaError, match="The folder /nowhere is missing: "):
        Run(config, tmp_path / "run")
    assert not (tmp_path / "run").exists()
