"""Anyone's dances and faces, `data.dataset: folder`: clips, splits, records, a step of training, and every defect told."""

import numpy as np
import pytest
from PIL import Image

from gfla_tf.cli.prepare import main
from gfla_tf.data.folder import POINTS, POSES
from gfla_tf.data.folder_clips import read_clips
from gfla_tf.data.prepared import prepare
from gfla_tf.data.records import Records
from gfla_tf.errors import GflaError
from gfla_tf.inference.preparation import check_clips
from gfla_tf.keypoints.joint_orders import H36M_17, to_h36m
from gfla_tf.keypoints.pose_files import write_openpose
from gfla_tf.training.runs import Run
from gfla_tf.training.tasks import TASKS
from tests.helpers.own_pictures import figure, write_clips
from tests.helpers.tiny_clips import clip_config

CLIPS = {"anna/walk": 11, "anna/turn": 4, "ben/walk": 10}
PICTURES_ALONE = ["flow.steps=0", "full.flow_error=0", "full.l1=1", "full.steps=1", "full.regularization=0"]


def config(folder, task, directory, *overrides):
    data = {"clip_frames": 4, "unroll": 2, "heat_map_sigma": 3.0}
    changes = ["data.dataset=folder", f"data.directory={directory}", *PICTURES_ALONE, *overrides]
    return clip_config(folder, task, *changes, **data)


def names(directory, split, endings=POSES):
    return {
        clip.name: [frame.path.stem for frame in clip.frames]
        for clip in read_clips(directory, endings, split)
    }


def parsed(builder, split, number):
    (record,) = list(builder.as_dataset(split=split).skip(number).take(1).as_numpy_iterator())
    return record


class TestClips:
    def test_frames_are_in_the_order_of_their_numbers_and_few_people_keep_their_last_clips_for_testing(
        self, tmp_path
    ):
        write_clips(tmp_path, CLIPS)
        assert names(tmp_path, "train") == {
            "anna-turn": ["0", "1", "2", "3"],
            "ben-walk": [str(number) for number in range(8)],  # the end of an only clip is for testing
        }
        assert names(tmp_path, "test") == {
            "anna-walk": [str(number) for number in range(11)],
            "ben-walk": ["8", "9"],
        }

    def test_of_many_people_whole_persons_are_held_out_and_a_table_decides_otherwise(self, tmp_path):
        write_clips(tmp_path, {f"{person}/{clip}": 2 for person in "abcde" for clip in ("one", "two")})
        assert set(names(tmp_path, "test")) == {"e-one", "e-two"}
        lines = [
            f"{person}/{clip}/{n}.png,{'test' if clip == 'two' else 'train'}"
            for person in "abcde"
            for clip in ("one", "two")
            for n in (0, 1)
        ]
        (tmp_path / "split.csv").write_text("\n".join(["picture,split", *lines]))
        assert set(names(tmp_path, "test")) == {f"{person}-two" for person in "abcde"}


class TestRecords:
    def test_of_a_dance_the_detected_joints_and_those_of_human36m_in_pixels_of_the_image(self, tmp_path):
        write_clips(tmp_path, CLIPS)
        builder = prepare("folder_dance", tmp_path, (32, 32))
        record = parsed(builder, "train", 2)
        assert record["video"] == b"anna-turn" and record["image"].shape == (32, 32, 3)
        keypoints = figure(2, (64, 64), 1)[1]
        expected = (keypoints[:, :2] + 0.5) / 2 - 0.5
        assert np.abs(record["noisy_keypoints"][:, :2] - expected).max() < 1e-3
        expected = (to_h36m(keypoints)[:, :2] + 0.5) / 2 - 0.5
        assert np.abs(record["keypoints"][:, :2] - expected).max() < 1e-3
        assert Records(builder, "train").metadata["videos"] == [["anna-turn", 4], ["ben-walk", 8]]

    def test_cleaned_joints_in_the_folder_beside_the_clip_are_taken(self, tmp_path):
        write_clips(tmp_path, CLIPS)
        (tmp_path / "anna/turn_clean").mkdir()
        clean = np.column_stack([np.linspace(9, 41, 17), np.linspace(5, 53, 17), np.ones(17)])
        write_openpose(tmp_path / "anna/turn_clean/2.json", clean)
        record = parsed(prepare("folder_dance", tmp_path, (32, 32)), "train", 2)
        assert len(H36M_17) == 17
        assert np.abs(record["keypoints"][:, :2] - ((clean[:, :2] + 0.5) / 2 - 0.5)).max() < 1e-3

    def test_masks_come_along_where_all_frames_have_one(self, tmp_path):
        write_clips(tmp_path, {"anna/walk": 10}, faces=True)
        for number in range(10):
            mask = np.zeros((64, 64), np.uint8)
            mask[:32] = 255
            Image.fromarray(mask).save(tmp_path / f"anna/walk/{number}_mask.png")
        record = parsed(prepare("folder_face", tmp_path, (32, 32)), "train", 0)
        assert record["person"][4, 4, 0] == 255 and record["person"][28, 28, 0] == 0
        assert record["structure"].shape == (32, 32, 16) and record["points"].shape == (68, 2)


@pytest.mark.parametrize("task", [pytest.param("dance", marks=pytest.mark.slow), "face"])
def test_training_reads_anyones_clips(tmp_path, task):
    write_clips(tmp_path / "own", CLIPS, faces=task == "face")
    run = Run(config(tmp_path, task, tmp_path / "own"), tmp_path / "runs" / task)
    before = run.generator.get_weights()
    run.train()
    after = run.generator.get_weights()
    assert any(not np.array_equal(a, b) for a, b in zip(before, after, strict=True))
    assert all(np.isfinite(weight).all() for weight in after)


@pytest.mark.parametrize("task", ["dance", "face"])
def test_structures_are_those_of_the_published_networks_if_wanted(tmp_path, task):
    write_clips(tmp_path / "own", CLIPS, faces=task == "face")
    changes = ["data.drawing=published", "data.heat_map_sigma=6"]
    task = TASKS[task](config(tmp_path, task, tmp_path / "own", *changes))
    batch = next(iter(task.dataset(task.clips(task.builder((32, 32)), "train"), 0, 0)))
    assert batch["target_structures"].shape[:4] == (2, 2, 32, 32)
    assert batch["reference_image"].shape == (2, 32, 32, 3)


class TestDefects:
    @pytest.fixture(autouse=True)
    def in_this_process(self, monkeypatch):
        monkeypatch.setattr(
            check_clips, "parallel_map", lambda function, jobs, *_: [function(job) for job in jobs]
        )

    def told(self, directory, name, capsys):
        with pytest.raises(SystemExit):
            main([str(directory), "--check", name])
        return capsys.readouterr().out

    def test_a_whole_folder_is_whole(self, tmp_path, capsys):
        write_clips(tmp_path, {"anna/turn": 8, "anna/walk": 6}, faces=True)
        main([str(tmp_path), "--check", "folder_face"])
        told = capsys.readouterr().out
        assert "1 train clips, 8 train frames, 1 test clips, 6 test frames" in told and "is whole" in told

    def test_of_dances(self, tmp_path, capsys):
        walk = write_clips(tmp_path, {"anna/turn": 3, "anna/walk": 9}) / "anna/walk"
        (walk / "0.png").write_bytes(b"no picture")
        (walk / "1.json").unlink()
        (walk / "2.json").write_text("{")
        write_openpose(walk / "3.json", np.zeros((18, 3)))
        write_openpose(walk / "4.json", figure(4, (64, 64))[1] + (900, 0, 0))
        Image.new("RGB", (32, 32)).save(walk / "5.png")
        told = self.told(tmp_path, "folder_dance", capsys)
        for sentence in (
            "0.png: it is truncated or not an image", "1.png has no pose beside it: write one with gfla poses", "2.json",
            "3.json contains no person", "4.json has 18 joints outside its 64 x 64 pixels",
            "5.png is 32 x 32 (height x width), the first of its clip 64 x 64", "anna-turn has 3 frames, and an update takes 6",
        ):  # fmt: skip
            assert sentence in told

    def test_of_faces(self, tmp_path, capsys):
        walk = write_clips(tmp_path, {"anna/walk": 40}, faces=True) / "anna/walk"
        (walk / "1.txt").unlink()
        (walk / "2.txt").write_text("1,2\n")
        (walk / "3.txt").write_text("")
        told = self.told(tmp_path, "folder_face", capsys)
        assert "1.png has no file of 68 points beside it: write one with gfla face-points" in told
        assert "2.txt" in told and "3.txt holds no face" in told

    def test_preparing_tells_them_too(self, tmp_path):
        walk = write_clips(tmp_path, {"anna/walk": 10}) / "anna/walk"
        with pytest.raises(GflaError, match=r"too far from the proportions of 32 x 64: crop it so"):
            prepare("folder_dance", tmp_path, (32, 64))
        Image.new("RGB", (60, 60)).save(walk / "5.png")
        with pytest.raises(GflaError, match=r"5.png is 60 x 60 .* the first of its clip 64 x 64"):
            prepare("folder_dance", tmp_path, (32, 32))
        (walk / "5.json").unlink()
        with pytest.raises(GflaError, match=r"5.png has no pose beside it: write one with gfla poses"):
            prepare("folder_dance", tmp_path, (32, 32))

    def test_settings_of_pairs_are_refused(self, tmp_path):
        write_clips(tmp_path / "own", CLIPS)
        with pytest.raises(GflaError, match=r"data.flip is True: it is for pairs of pictures"):
            config(tmp_path, "dance", tmp_path / "own", "data.flip=true")
        assert "folder" in TASKS["face"].datasets and POINTS == (".txt",)
