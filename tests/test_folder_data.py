"""Anyone's pictures: the layout of folders, pairs within a person, and augmentation that moves everything together."""

import json

import cv2
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from scipy.ndimage import minimum_filter

from gfla_tf.data import own_augmentation
from gfla_tf.data.bleeding import bled
from gfla_tf.data.folder import read_pairs, read_pictures, read_split
from gfla_tf.data.folder_pairs import FolderPairSamples
from gfla_tf.data.own_augmentation import Augmentation, augment, mirror, move
from gfla_tf.data.prepared import prepare
from gfla_tf.errors import GflaError
from gfla_tf.keypoints.poses import JOINTS
from gfla_tf.models.presets import create_generator
from gfla_tf.training.config_file import load_config
from gfla_tf.training.tasks.pose import PoseTask
from tests.helpers.own_pictures import figure, write_people

SEED = tf.constant([0, 5], tf.int64)


def pairs_of(directory, which):
    pictures = read_pictures(directory)
    pairs = read_pairs(directory, pictures, read_split(directory, pictures), which)
    return [(pictures[source], pictures[target]) for source, target in pairs]


class TestPairs:
    def test_nobody_is_ever_paired_with_somebody_else(self, tmp_path):
        write_people(tmp_path, {"anna": 12, "ben": 30, "trips/clara": 5})
        for which in ("train", "test"):
            pairs = pairs_of(tmp_path, which)
            assert pairs
            assert all(source.person == target.person and source != target for source, target in pairs)
        assert {source.person for source, _ in pairs_of(tmp_path, "train")} == {"anna", "ben", "trips"}

    def test_of_few_people_the_last_pictures_of_each_are_held_out(self, tmp_path):
        write_people(tmp_path, {"anna": 10, "ben": 20})
        train, test = (
            {picture.name for pair in pairs_of(tmp_path, which) for picture in pair}
            for which in ("train", "test")
        )
        assert train | test == {picture.name for picture in read_pictures(tmp_path)} and not train & test
        assert test == {"anna/008.png", "anna/009.png", *(f"ben/{n:03d}.png" for n in range(16, 20))}

    def test_of_many_people_whole_persons_are_held_out(self, tmp_path):
        write_people(tmp_path, {name: 3 for name in "abcdef"})
        assert {source.person for source, _ in pairs_of(tmp_path, "test")} == {"f"}
        assert {source.person for source, _ in pairs_of(tmp_path, "train")} == set("abcde")

    def test_own_pairs_are_taken_and_two_persons_or_splits_in_one_are_refused(self, tmp_path):
        write_people(tmp_path, {"anna": 10, "ben": 10})
        (tmp_path / "pairs.csv").write_text("from,to\nanna/000.png,anna/003.png\n")
        assert [(s.name, t.name) for s, t in pairs_of(tmp_path, "train")] == [
            ("anna/000.png", "anna/003.png")
        ]
        for row, sentence in {
            "anna/000.png,ben/001.png": r"line 2: .* show two persons, anna and ben: a pair is of one\.$",
            "anna/000.png,anna/009.png": r"anna/000.png is for train, anna/009.png for test",
            "anna/000.png,anna/099.png": r"there is no picture anna/099.png",
            "anna/000.png,": r"line 2: it must have the columns from,to",
        }.items():
            (tmp_path / "pairs.csv").write_text(f"from,to\n{row}\n")
            with pytest.raises(GflaError, match=sentence):
                pairs_of(tmp_path, "train")

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
    def test_tables_as_spreadsheets_write_them_are_read(self, tmp_path, encoding):
        write_people(tmp_path, {"anna": 4})
        rows = "".join(
            f'"anna/00{k}.png", {which}\r\n' for k, which in enumerate(("test", "train", "train", "test"))
        )
        (tmp_path / "split.csv").write_text(f"picture, split\r\n{rows}\r\n", encoding=encoding)
        (tmp_path / "pairs.csv").write_text("from ,to\r\nanna/002.png, anna/001.png\r\n", encoding=encoding)
        assert [(s.name, t.name) for s, t in pairs_of(tmp_path, "train")] == [
            ("anna/002.png", "anna/001.png")
        ]
        (tmp_path / "pairs.csv").unlink()
        assert {s.name for s, _ in pairs_of(tmp_path, "test")} == {"anna/000.png", "anna/003.png"}

    def test_many_pictures_make_not_too_many_pairs(self, tmp_path):
        write_people(tmp_path, {"anna": 60}, size=(24, 16))
        assert len(pairs_of(tmp_path, "train")) == 48 * 20

    def test_an_empty_or_flat_folder_is_told(self, tmp_path):
        with pytest.raises(GflaError, match="holds no pictures of persons"):
            read_pictures(tmp_path)
        with pytest.raises(GflaError, match="is missing"):
            read_pictures(tmp_path / "nowhere")


class TestTraining:
    @pytest.fixture
    def config(self, tmp_path):
        write_people(tmp_path / "own", {"anna": 10}, masks=True)
        changes = [f"data.directory={tmp_path / 'own'}", "init_from=people_128", "data.limb_sigma=null"]
        return load_config("configs/pose_own.yaml", changes)

    def test_a_folder_gives_batches_with_masks(self, config):
        task = PoseTask(config)
        builder = prepare("folder", config.data.directory, (96, 64))
        train, test = (task.pairs(builder, split) for split in ("train", "test"))
        assert (len(train), len(test)) == (8 * 7, 2)
        assert test.names[0] == "anna-008_2_anna-009"
        sample = {name: value.numpy() for name, value in test.sample(tf.constant(0, tf.int64), SEED).items()}
        picture, keypoints, mask = figure(8)
        assert np.array_equal(sample["source_image"], picture)
        assert np.abs(sample["source_keypoints"] - keypoints).max() < 2e-3
        assert np.array_equal(sample["source_person"], mask)
        batch = next(iter(task.dataset(train, 0, 0)))
        assert batch["target_person"].shape == (4, 96, 64, 1)
        assert batch["source_pose"].shape == (4, 48, 32, 18)  # people_128 sees every second pixel

    def test_the_target_stands_before_the_background_of_its_source(self, config):
        task = PoseTask(config)
        builder = prepare("folder", config.data.directory, (96, 64))
        kept = task.pairs(builder, "test").sample(tf.constant(0, tf.int64), SEED)
        plain = FolderPairSamples(builder, "test").sample(tf.constant(0, tf.int64), SEED)
        person = plain["target_person"].numpy()
        background = ~(person | plain["source_person"].numpy())
        background = minimum_filter(background, 5, mode="nearest")  # outlines may be wrong by two pixels
        assert person.any() and background.any()
        image, target, source = kept["target_image"], plain["target_image"], plain["source_image"]
        assert np.array_equal(image[person], target[person])
        assert np.array_equal(image[background], source[background])

    def test_bled_sources_have_no_room_and_their_targets_stand_before_what_they_have(self, config):
        builder = prepare("folder", config.data.directory, (96, 64))
        number = tf.constant(0, tf.int64)
        plain = FolderPairSamples(builder, "train").sample(number, SEED)
        records = FolderPairSamples(builder, "train", keep_background=True, bled=1.0)
        sample = records.sample(number, SEED)
        source, target = (plain[f"{role}_person"].numpy() for role in ("source", "target"))
        assert np.array_equal(sample["source_image"], bled(plain["source_image"].numpy(), source))
        background = minimum_filter(~(source | target), 5, mode="nearest")
        assert np.array_equal(sample["target_image"][background], sample["source_image"][background])
        assert np.array_equal(sample["target_image"][target], plain["target_image"][target])
        test = FolderPairSamples(builder, "test", bled=1.0).sample(number, SEED)
        assert np.array_equal(
            test["source_image"], FolderPairSamples(builder, "test").sample(number, SEED)["source_image"]
        )

    def test_settings_that_want_masks_or_true_flow_are_told_where_there_are_none(self, config, tmp_path):
        (tmp_path / "own/anna/003_mask.png").unlink()
        builder = prepare("folder", config.data.directory, (96, 64))
        with pytest.raises(
            GflaError,
            match=r"Not every picture in .* has a mask .*\(data.keep_background=false data.bled=0 full.alpha=0\)\.$",
        ):
            PoseTask(config).pairs(builder, "train")
        config.data.keep_background, config.data.bled = False, 0.0
        config.full.alpha, config.full.roles = 0.0, 1.0
        assert len(PoseTask(config).pairs(builder, "train")) == 8 * 7
        generator = create_generator("people_128", pose_channels=18, flow_limbs=None)
        with pytest.raises(GflaError, match="roles has a weight, but the data folder has no true flow"):
            PoseTask(config).check(generator, None)

    def test_a_changed_folder_is_read_again(self, config):
        first = prepare("folder", config.data.directory, (96, 64))
        assert prepare("folder", config.data.directory, (96, 64)).data_dir == first.data_dir
        write_people(tmp := first.data_path.parents[3], {"anna": 12}, masks=True)
        second = prepare("folder", tmp, (96, 64))
        assert second.info.splits["train"].num_examples == 10

    def test_a_picture_without_a_pose_and_one_of_other_proportions_are_told(self, config, tmp_path):
        (tmp_path / "own/anna/003.json").unlink()
        with pytest.raises(GflaError, match=r"003.png has no pose beside it: write one with gfla poses"):
            prepare("folder", config.data.directory, (96, 64))
        write_people(tmp_path / "own", {"anna": 10}, masks=True)
        with pytest.raises(
            GflaError, match=r"too far from the proportions of 64 x 64: crop it with gfla prepare"
        ):
            prepare("folder", config.data.directory, (64, 64))

    def test_pictures_of_all_kinds_and_joints_in_all_units_become_what_they_show(self, config, tmp_path):
        anna = tmp_path / "own/anna"
        deep = figure(0)[0]
        cv2.imwrite(str(anna / "000.png"), deep.astype(np.uint16)[..., ::-1] * 257)  # 16 bits
        turned, (height, width) = figure(1)[0], figure(1)[0].shape[:2]
        exif = Image.Exif()
        exif[0x0112] = 6  # to be turned by 90 degrees for display
        Image.fromarray(np.rot90(turned)).save(anna / "001.png", exif=exif)
        fractions = figure(2)[1] / (width, height, 1)
        (anna / "002.json").write_text(
            json.dumps({"people": [{"pose_keypoints_2d": fractions.ravel().tolist()}]})
        )
        builder = prepare("folder", config.data.directory, (96, 64))
        records = FolderPairSamples(builder, "train")
        shown = {}
        for number, name in enumerate(records.names):
            sample = records.sample(tf.constant(number, tf.int64), SEED)
            shown[name.split("_2_")[0]] = sample["source_image"].numpy(), sample["source_keypoints"].numpy()
        assert np.array_equal(shown["anna-000"][0], deep) and np.array_equal(shown["anna-001"][0], turned)
        np.testing.assert_allclose(shown["anna-002"][1], figure(2)[1], atol=2e-3)

    def test_masks_of_labels_or_of_another_size_are_told(self, config, tmp_path):
        mask = tmp_path / "own/anna/003_mask.png"
        Image.fromarray(np.uint8(figure(3)[2])).save(mask)
        with pytest.raises(GflaError, match=r"003_mask\.png has values of at most 1: make the person white"):
            prepare("folder", config.data.directory, (96, 64))
        Image.fromarray(np.uint8(figure(3)[2][:64]) * 255).save(mask)
        with pytest.raises(
            GflaError, match=r"003_mask\.png has 64 x 64 pixels, its picture 64 x 96: make it as large"
        ):
            prepare("folder", config.data.directory, (96, 64))

    def test_a_directory_without_its_dataset_is_a_mistake_that_is_told(self):
        with pytest.raises(GflaError, match=r"data.directory is 'own'.*add data.dataset=folder"):
            load_config("configs/pose_quickstart.yaml", ["data.directory=own"])
        with pytest.raises(GflaError, match=r"data.flip is True: only data.dataset folder"):
            load_config("configs/pose_quickstart.yaml", ["data.flip=true"])


def disc(position, size=(128, 96)):
    """A soft white dot on black at a position between pixels, uint8 (H, W, 3): its center of mass is that position."""
    y, x = np.mgrid[: size[0], : size[1]]
    value = np.exp(-((x - position[0]) ** 2 + (y - position[1]) ** 2) / 18)
    return np.uint8(np.rint(255 * value))[..., None].repeat(3, -1)


def center(values):
    values = np.asarray(values, np.float64)
    y, x = np.mgrid[: values.shape[0], : values.shape[1]]
    return np.array([(x * values).sum(), (y * values).sum()]) / values.sum()


class TestAugmentation:
    def test_pixels_joints_and_masks_move_together(self):
        """Below half a pixel, against the center of mass of a dot that marks the joint."""
        draw = np.random.default_rng(0)
        for _ in range(20):
            place = draw.uniform((30, 40), (66, 88))
            picture = disc(place)
            keypoints = np.zeros((18, 3), np.float32)
            keypoints[4] = (*place, 1)
            motion = tf.constant(draw.uniform(-1, 1, 4), tf.float32)
            image, joints, person = move(
                tf.constant(picture), tf.constant(keypoints), tf.constant(picture[..., 0] > 100), motion
            )
            image, joints, person = mirror(image, joints, person)
            moved = np.asarray(joints)[JOINTS.index("left_wrist")]
            assert moved[2] == 1
            assert np.linalg.norm(center(np.asarray(image)[..., 0]) - moved[:2]) < 0.2
            assert np.linalg.norm(center(person) - moved[:2]) < 0.5

    def test_a_mirror_swaps_left_and_right_and_twice_changes_nothing(self):
        picture, keypoints, mask = figure(3)
        once = mirror(tf.constant(picture), tf.constant(keypoints), tf.constant(mask))
        right, left = (JOINTS.index(f"{side}_ankle") for side in ("right", "left"))
        assert np.allclose(once[1][left], [63 - keypoints[right, 0], keypoints[right, 1], 1])
        assert np.allclose(once[1][JOINTS.index("neck"), 0], 63 - keypoints[JOINTS.index("neck"), 0])
        for value, original in zip(mirror(*once), (picture, keypoints, mask)):
            assert np.allclose(value, original, atol=1e-5)

    def test_missing_joints_stay_missing(self):
        picture, keypoints, _ = figure(3)
        keypoints[JOINTS.index("left_ear")] = 0
        _, joints, _ = mirror(tf.constant(picture), tf.constant(keypoints))
        assert np.array_equal(joints[JOINTS.index("right_ear")], [0, 0, 0])

    def test_both_pictures_of_a_pair_get_the_same_mirror_and_light_and_each_its_own_motion(self):
        picture, keypoints, _ = figure(1)
        sample = {
            f"{role}_{name}": x
            for role in ("source", "target")
            for name, x in (("image", picture), ("keypoints", keypoints))
        }
        sample = {name: tf.constant(value) for name, value in sample.items()}
        flips = 0
        for number in range(12):
            seed = tf.constant([3, number], tf.int64)
            changed = augment(sample, Augmentation(flip=True, color=True), seed)
            assert np.array_equal(changed["source_image"], changed["target_image"])
            flips += not np.allclose(changed["source_keypoints"], keypoints)
            again = augment(sample, Augmentation(flip=True, color=True), seed)
            assert np.array_equal(again["source_image"], changed["source_image"])
            moved = augment(sample, Augmentation(motion=True), seed)
            assert not np.allclose(moved["source_keypoints"], moved["target_keypoints"])
        assert 1 < flips < 11

    def test_without_augmentation_a_sample_is_itself(self):
        picture, keypoints, _ = figure(1)
        sample = {
            "source_image": picture,
            "target_image": picture,
            "source_keypoints": keypoints,
            "target_keypoints": keypoints,
        }
        for name, value in own_augmentation.augment(sample, Augmentation(), SEED).items():
            assert np.array_equal(value, sample[name])
