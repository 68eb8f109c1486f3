"""The command that cleans poses, on a hand-made network that hands the joints on as they are."""

import contextlib
import json
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from gfla_tf.cli.clean_poses import main
from gfla_tf.inference.cleaning import likely_width
from gfla_tf.inference.video_writer import write_video
from gfla_tf.keypoints.joint_orders import COCO_17, H36M_17, to_coco
from gfla_tf.keypoints.pose_files import find_pose, write_openpose
from gfla_tf.keypoints.poses import JOINTS
from gfla_tf.models.motion_extraction import MotionExtraction
from tests.helpers.tiny_tflite import write_tiny_tflite

FRAMES, FIELD = 6, 9
FACTS = {"task": "motion", "frames": FRAMES, "receptive_field": FIELD, "joints": COCO_17}
STANDING = np.array(
    [
        *[(150, 60), (150, 100), (115, 100), (100, 160), (95, 220), (185, 100), (200, 160), (205, 220)],
        *[(130, 230), (128, 310), (125, 390), (170, 230), (172, 310), (175, 390)],
        *[(142, 50), (158, 50), (132, 55), (168, 55)],
    ],
    np.float32,
)


@tf.function(input_signature=[tf.TensorSpec([1, FRAMES + FIELD - 1, 34], name="keypoints")])
def unchanged(keypoints):
    """What goes in comes out, but for the frames around."""
    return {"clean": keypoints[:, FIELD // 2 : -(FIELD // 2)] * 1.0}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_tiny_tflite(tmp_path_factory.mktemp("models") / "motion.tflite", unchanged, **FACTS)


def pose(k):
    """Keypoints (18, 3) of a person who goes to the right."""
    return np.c_[np.add(STANDING, (2 * k, 0)), np.ones(18)].astype(np.float32)


def write_poses(folder, poses):
    """A file for each of the poses; None is nobody."""
    folder.mkdir()
    for k, keypoints in enumerate(poses):
        write_openpose(folder / f"dance_{k}.json", np.zeros((18, 3)) if keypoints is None else keypoints)
    return folder


def run(model, given, output, *options):
    main(["--model", str(model), "--input", str(given), "--output", str(output), *options])
    files = sorted(output.iterdir(), key=lambda path: int("".join(filter(str.isdigit, path.stem))))
    return files, [find_pose(path, H36M_17) for path in files]


def expected(k):
    """What the network makes of a pose: COCO's joints, called Human3.6M's."""
    return to_coco(pose(k))


@pytest.mark.parametrize("count", [1, 4, 2 * FRAMES + 1])
def test_a_folder_of_any_number_of_poses_comes_out_under_the_same_names(model, tmp_path, count, capsys):
    given = write_poses(tmp_path / "in", [pose(k) for k in range(count)])  # dance_10 comes after dance_9
    files, clean = run(model, given, tmp_path / "out")
    assert [path.name for path in files] == [f"dance_{k}.json" for k in range(count)]
    for k, keypoints in enumerate(clean):
        np.testing.assert_allclose(keypoints, expected(k), atol=0.01)
    assert (
        capsys.readouterr().out
        == f"wrote {tmp_path / 'out'} ({count} frames, 0 of them without a person in the input)\n"
    )


def test_the_files_hold_17_joints_under_openposes_keys(model, tmp_path):
    files, _ = run(model, write_poses(tmp_path / "in", [pose(0)]), tmp_path / "out")
    document = json.loads(files[0].read_text())
    (person,) = document["people"]
    assert document["version"] == 1.3 and len(person["pose_keypoints_2d"]) == 51


def test_frames_without_a_person_are_filled_in_or_have_none_where_no_frame_around_has_one(
    model, tmp_path, capsys
):
    poses = [pose(k) if k in (0, 2, 20) else None for k in range(21)]
    _, clean = run(model, write_poses(tmp_path / "in", poses), tmp_path / "out")
    for k in (*range(7), *range(16, 21)):  # up to 4 frames away
        np.testing.assert_allclose(clean[k], expected(k), atol=0.01)
    assert clean[7:16] == [None] * 9
    assert "21 frames, 18 of them without a person" in capsys.readouterr().out


def test_the_width_is_given_or_guessed_and_does_not_matter_to_the_joints(model, tmp_path):
    given = write_poses(tmp_path / "in", [pose(k) for k in range(3)])
    _, guessed = run(model, given, tmp_path / "guessed")
    _, told = run(model, given, tmp_path / "told", "--width", "1920")
    np.testing.assert_allclose(guessed, told, atol=0.01)
    missing = pose(0)
    missing[0] = (9999, 9999, 0)
    assert likely_width(np.stack([missing, pose(1)])) == pytest.approx(1.05 * 390)


def fake_detector(found):
    """A detector that finds the poses of a list one after the other."""
    poses = iter(found)

    class Detector:
        def people(self, image):
            pose = next(poses)
            return [] if pose is None else [pose]

    def detector(model, film):
        return contextlib.nullcontext(Detector())

    return detector


@pytest.fixture
def video(tmp_path):
    pytest.importorskip("av")
    frames = np.random.default_rng(0).integers(0, 256, (5, 64, 96, 3), np.uint8)
    write_video(tmp_path / "dancer.mp4", frames, 25)
    return tmp_path / "dancer.mp4"


def test_a_videos_poses_are_found_and_its_frames_counted(model, tmp_path, video, monkeypatch):
    found = [pose(k) if k != 3 else None for k in range(5)]
    monkeypatch.setattr("gfla_tf.inference.cleaning.PoseDetector", fake_detector(found))
    files, clean = run(model, video, tmp_path / "out")
    assert [path.name for path in files] == [f"dancer_{k:012}_keypoints.json" for k in range(5)]
    for k, keypoints in enumerate(clean):
        np.testing.assert_allclose(keypoints, expected(k), atol=0.01)


def test_a_finished_training_is_a_model_too(tmp_path, monkeypatch, capsys):
    network = MotionExtraction(channels=4, dilations=(1,), relative=True)
    monkeypatch.setattr("gfla_tf.training.networks.load_generator", lambda directory: network)
    (tmp_path / "run").mkdir()
    _, clean = run(tmp_path / "run", write_poses(tmp_path / "in", [pose(0)] * 3), tmp_path / "out")
    by_name = dict(zip(H36M_17, clean[1], strict=True))
    assert by_name["left_wrist"][:2] == pytest.approx(STANDING[JOINTS.index("left_wrist")], abs=0.1)
    assert by_name["pelvis"][:2] == pytest.approx((150, 230), abs=0.1)


def refused(capsys, model, given, output, *options):
    with pytest.raises(SystemExit) as stopped:
        run(model, given, output, *options)
    message = capsys.readouterr().err
    assert stopped.value.code == 2 and message.startswith("error: ") and message.count("\n") == 1
    return message


def test_what_cannot_be_cleaned_is_one_sentence(model, tmp_path, capsys):
    good = write_poses(tmp_path / "good", [pose(0)])
    (tmp_path / "empty").mkdir()
    nobody = write_poses(tmp_path / "nobody", [None, None])
    few = np.where(np.arange(18)[:, None] < 3, pose(0), 0)
    few = write_poses(tmp_path / "few", [few])
    broken = write_poses(tmp_path / "broken", [pose(0), pose(1)])
    (broken / "dance_1.json").write_text("{")
    for given, message in (
        (tmp_path / "absent", f"There is no video {tmp_path / 'absent'}: No such file"),
        (tmp_path / "empty", f"The folder {tmp_path / 'empty'} has no .json files"),
        (broken, f"The pose file {broken / 'dance_1.json'} is not valid JSON"),
        (nobody, f"{nobody} shows no person in any of its 2 frames"),
        (few, f"{few} shows 2 joints of a person, too few"),
    ):
        assert message in refused(capsys, model, given, tmp_path / "out")
    assert "would overwrite" in refused(capsys, model, good, good)
    assert "--width is -5: it must be pixels between 1 and 1000000" in refused(
        capsys, model, good, tmp_path / "out", "--width", "-5"
    )
    assert "absent.tflite: No such file" in refused(
        capsys, tmp_path / "absent.tflite", good, tmp_path / "out"
    )
    other = write_tiny_tflite(tmp_path / "pose.tflite", heat_map_sigma=2.0)
    assert "this program needs 'motion'" in refused(capsys, other, good, tmp_path / "out")
    assert "is not a training run" in refused(capsys, tmp_path / "empty", good, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    (tmp_path / "file").write_text("")
    assert f"Cannot write to {tmp_path / 'file'}" in refused(capsys, model, good, tmp_path / "file")


def test_a_video_without_a_person_is_one_sentence(model, tmp_path, video, monkeypatch, capsys):
    monkeypatch.setattr("gfla_tf.inference.cleaning.PoseDetector", fake_detector([None] * 5))
    assert f"{video} shows no person in any of its 5 frames" in refused(
        capsys, model, video, tmp_path / "out"
    )


def test_a_tflite_needs_no_tensorflow():
    program = "import sys; sys.modules['tensorflow'] = sys.modules['keras'] = None; import gfla_tf.inference.cleaning"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=600)
