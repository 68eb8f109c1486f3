"""Human3.6M's files: small ones of the published structure, made here."""

import numpy as np
import pytest

from gfla_tf.data.human36m import DETECTIONS, TRUTH, WIDTH, load_human36m
from gfla_tf.errors import GflaError
from gfla_tf.keypoints.sequences import to_points

SUBJECTS = ("S1", "S5", "S6", "S7", "S8", "S9", "S11")
ACTIONS = ("Directions 1", "Walking")
FRAMES = 5


def positions(number, frames=FRAMES):
    """(frames, 17, 2) that say where they come from: x = number + frame, y = joint."""
    frame, joint = np.meshgrid(np.arange(frames), np.arange(17), indexing="ij")
    return np.stack([number + frame, joint], axis=-1).astype(np.float32)


def tree(offset, frames=FRAMES, subjects=SUBJECTS):
    """{subject: {action: [four cameras]}}; subjects count thousands, actions hundreds, cameras tens."""
    return {
        subject: {
            action: [positions(1000 * s + 100 * a + 10 * camera + offset, frames) for camera in range(4)]
            for a, action in enumerate(ACTIONS)
        }
        for s, subject in enumerate(subjects)
    }


def write(folder, truth=None, detections=None):
    metadata = {"num_joints": 17, "keypoints_symmetry": [[4, 5, 6, 11, 12, 13], [1, 2, 3, 14, 15, 16]]}
    for name, content in ((TRUTH, truth), (DETECTIONS, detections)):
        content = tree(0.25 * (name == DETECTIONS)) if content is None else content
        np.savez_compressed(folder / name, positions_2d=content, metadata=metadata)
    return folder


def numbers(bank, name="clean"):
    """What the first joints of a bank's frames say."""
    return to_points(getattr(bank, name), WIDTH)[:, 0, 0]


def test_each_camera_of_each_action_is_a_sequence_in_the_networks_coordinates(tmp_path):
    bank = load_human36m(write(tmp_path), "train")
    assert bank.lengths.tolist() == [FRAMES] * (5 * 2 * 4)
    assert bank.noisy.shape == bank.clean.shape == (200, 34) and bank.noisy.dtype == np.float32
    frame = bank.clean[
        3 * 4 * FRAMES + 2
    ]  # S5, Directions 1 is the third group of cameras, Walking the fourth
    assert frame[:17] == pytest.approx(2 * np.arange(17) / 1000 - 1, abs=1e-6)
    assert frame[17:] == pytest.approx(np.full(17, 2 * 1102 / 1000 - 1), abs=1e-6)
    assert numbers(bank, "noisy") == pytest.approx(numbers(bank) + 0.25, abs=1e-3)


def test_subjects_9_and_11_are_held_out(tmp_path):
    write(tmp_path)
    train, test = (
        set(numbers(load_human36m(tmp_path, split)).round() // 1000) for split in ("train", "test")
    )
    assert train == {0, 1, 2, 3, 4} and test == {5, 6}


def test_detections_may_have_the_published_files_score_which_does_not_count(tmp_path):
    def scored(positions):
        return np.concatenate([positions, np.full((*positions.shape[:2], 1), 0.3, np.float32)], axis=-1)

    detections = {
        subject: {action: [scored(camera) for camera in cameras] for action, cameras in actions.items()}
        for subject, actions in tree(0.25).items()
    }
    plain, with_score = (
        load_human36m(write(tmp_path, detections=one), "test") for one in (tree(0.25), detections)
    )
    np.testing.assert_array_equal(plain.noisy, with_score.noisy)


def test_lengths_that_differ_by_a_percent_are_cut_to_the_shorter_and_others_are_left_out(tmp_path):
    bank = load_human36m(write(tmp_path, tree(0, 100), tree(0.25, 101)), "test")
    assert bank.lengths.tolist() == [100] * (2 * 2 * 4)
    assert numbers(bank, "noisy") == pytest.approx(numbers(bank) + 0.25, abs=1e-3)
    with pytest.raises(GflaError, match="share no sequence for test"):
        load_human36m(write(tmp_path, tree(0, 100), tree(0.25, 102)), "test")


def test_an_action_that_only_one_file_has_is_left_out(tmp_path):
    truth = tree(0)
    del truth["S11"]["Directions 1"]  # as in the published file
    assert len(load_human36m(write(tmp_path, truth), "test").lengths) == 3 * 4


def test_a_missing_file_is_one_sentence(tmp_path):
    (write(tmp_path) / DETECTIONS).unlink()
    with pytest.raises(GflaError, match=f"{DETECTIONS} is missing: data.directory names the folder"):
        load_human36m(tmp_path, "train")


@pytest.mark.parametrize("content", [b"", b"no archive", "truncated", "another"])
def test_a_damaged_file_is_one_sentence(tmp_path, content):
    path = write(tmp_path) / TRUTH
    if content == "another":
        np.savez(path, positions_3d={})
    else:
        path.write_bytes(path.read_bytes()[:-200] if content == "truncated" else content)
    with pytest.raises(GflaError, match=f"{TRUTH} is damaged or has no positions_2d"):
        load_human36m(tmp_path, "train")


def test_a_subject_that_only_one_file_has_is_left_out(tmp_path):
    bank = load_human36m(write(tmp_path, detections=tree(0, subjects=("S1", "S5"))), "train")
    assert len(bank.lengths) == 2 * 2 * 4


@pytest.mark.parametrize("shape", [(FRAMES, 32, 2), (FRAMES, 17, 3), (FRAMES, 2)])
def test_other_joints_or_coordinates_are_refused(tmp_path, shape):
    truth = tree(0)
    truth["S5"]["Walking"][2] = np.zeros(shape, np.float32)
    with pytest.raises(GflaError, match=r"S5/Walking/2 of shape .* must be .frames, 17, 2."):
        load_human36m(write(tmp_path, truth), "train")


def test_cameras_that_only_one_file_has_are_left_out_and_files_without_common_sequences_refused(tmp_path):
    truth = tree(0)
    truth["S1"]["Walking"].pop()
    assert len(load_human36m(write(tmp_path, truth), "train").lengths) == 5 * 2 * 4 - 1
    others = {subject: {"Sitting": actions["Walking"]} for subject, actions in tree(0).items()}
    with pytest.raises(GflaError, match="share no sequence"):
        load_human36m(write(tmp_path, others), "train")
