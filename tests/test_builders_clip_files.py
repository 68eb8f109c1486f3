"""Folders of videos that are wrong are named in one sentence before anything is trained."""

import json
import shutil

import pytest
from PIL import Image

from gfla_tf.data.builders.dance_frames import read_openpose
from gfla_tf.data.prepared import prepare
from gfla_tf.data.video_clips import ClipSamples, piece_dataset
from gfla_tf.errors import GflaError
from gfla_tf.training.tasks.dance import CLEAN_REFERENCE
from tests.helpers.dataset_files import FRAME_SIZE, write_dance, write_faces, write_iper, write_people

pytest.importorskip("tensorflow_datasets")
LENGTH, UNROLL = 8, 2  # of clips and of their pieces
SIZE = (16, 16)


@pytest.fixture
def files(tmp_path):
    """Files of iPER to spoil."""
    write_iper(tmp_path / "files")
    return tmp_path / "files"


@pytest.fixture(scope="module")
def fashion(tmp_path_factory):
    directory = tmp_path_factory.mktemp("fashionvideo")
    write_dance(directory)
    return prepare("fashionvideo", directory, SIZE)


def write(text):
    return lambda path: path.write_text(text)


def one_person(values):
    return json.dumps({"people": [{"pose_keypoints_2d": values}]})


def remove(path):
    shutil.rmtree(path) if path.is_dir() else path.unlink()


FOLDERS = ("train/frames", "train/frames/v10", "train/frames/v10/3.png")
CLEAN, NOISY = "train/clean/v10/frame3_keypoints.json", "train/noisy/v10/frame3_keypoints.json"


@pytest.mark.parametrize(
    ("path", "spoil", "says"),
    [
        ("train/frames", remove, "train/frames is missing or has no folders: put one there for each video"),
        ("train/frames/v10/3.png", remove, "train/clean/v10 has 9 files (.json) for the 8 frames of .*frames/v10: put one there"),
        (CLEAN, remove, "train/clean/v10 has 8 files (.json) for the 9 frames of"),
        ("test/noisy/v3", remove, "test/noisy/v3 has 0 files (.json) for the 9 frames of .*test/frames/v3"),
        ("train/masks/v10/frame2.png", remove, "train/masks/v10 has 8 files .* for the 9 frames of"),
        ("train/frames/v10/3.png", write("no image"), "frames/v10/3.png: it is truncated or not an image"),
        ("train/masks/v10/frame3.png", write("no image"), "masks/v10/frame3.png: it is truncated or not an image"),
        (CLEAN, write("{"), "frame3_keypoints.json is not valid JSON"),
        (CLEAN, write("[]"), "frame3_keypoints.json is neither OpenPose JSON"),
        (CLEAN, write('{"people": [{"face": []}]}'), "clean/v10/frame3_keypoints.json has no person: write the cleaned joints"),
        (CLEAN, write('{"people": [{"pose_keypoints_2d": ["a"]}]}'), "a person of 1 values: 17 joints take 51"),
        (CLEAN, write(one_person(["8"] * 51)), "values that are no numbers of pixels"),
        (CLEAN, write(one_person([True] * 51)), "values that are no numbers of pixels"),
        (NOISY, write(one_person([-1e308] * 54)), "values that are no numbers of pixels"),
        (NOISY, write(one_person([float("nan")] * 54)), "values that are no numbers of pixels"),
        (CLEAN, write('{"people": []}'), "clean/v10/frame3_keypoints.json has no person: write the cleaned joints"),
        (NOISY, lambda p: write_people(p.with_name("frame3"), [(1, 1, 1)] * 17), "a person of 51 values: 18 joints take 54"),
    ],
)  # fmt: skip
def test_files_that_are_wrong_are_named_in_one_sentence(files, path, spoil, says):
    spoil(files / path)
    with pytest.raises(GflaError, match=says.replace("(", r"\(").replace(")", r"\)")) as raised:
        prepare("iper", files, SIZE)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "content", ["", '{"people": [null]}', '{"people": [{"pose_keypoints_2d": []}]}', '{"people": null}']
)
def test_a_frame_in_which_a_detector_found_nobody_is_one_without_joints(files, content):
    (files / NOISY).write_text(content)
    assert not read_openpose(files / NOISY, 18).any()
    assert prepare("iper", files, SIZE).info.splits["train"].num_examples == 30


def test_joints_are_read_behind_a_mark_and_under_the_key_of_old_versions(tmp_path):
    path = tmp_path / "frame.json"
    path.write_text(json.dumps({"people": [None, {"pose_keypoints": list(range(54))}]}), encoding="utf-8-sig")
    assert read_openpose(path, 18).tolist() == [[3 * n, 3 * n + 1, 3 * n + 2] for n in range(18)]


def test_a_mask_of_labels_is_refused(files):
    mask = files / "train/masks/v10/frame3.png"
    Image.new("L", FRAME_SIZE[::-1], 1).save(mask)
    with pytest.raises(GflaError, match=r"frame3\.png has values of at most 1: make the person white, 255"):
        prepare("iper", files, SIZE)


def test_a_file_of_face_points_that_is_wrong_is_named(tmp_path):
    files = tmp_path / "files"
    write_faces(files)
    (files / "test/points/v3/frame5.txt").write_text("1,2\n")
    with pytest.raises(GflaError, match=r"test/points/v3/frame5\.txt has 1 lines: it takes 68"):
        prepare("faceforensics", files, SIZE)


def test_updates_of_more_frames_than_the_shortest_video_are_refused(fashion):
    with pytest.raises(
        GflaError, match=r"The video v11 of fashionvideo \(train\) has 8 frames, and an update takes 10"
    ):
        piece_dataset(ClipSamples(fashion, "train", CLEAN_REFERENCE), 2, 10, 10, dict)


def test_more_clips_in_a_batch_than_there_are_videos_are_refused(fashion):
    with pytest.raises(GflaError, match="batch_size is 4, but the data have only 3 videos"):
        piece_dataset(ClipSamples(fashion, "train", CLEAN_REFERENCE), 4, LENGTH, UNROLL, dict)
