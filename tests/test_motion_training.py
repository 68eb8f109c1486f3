"""Training of motion extraction: sequences, windows, the loss, a tiny run; and the network at work on long sequences."""

import functools

import keras
import numpy as np
import pytest
import yaml

from gfla_tf.data.motion_bank import MotionBank
from gfla_tf.data.motion_pipeline import FRAMES, SCALE, SHIFT, motion_dataset
from gfla_tf.errors import GflaError
from gfla_tf.keypoints.joint_orders import COCO_17, H36M_17, coco_to_h36m, to_coco, to_h36m
from gfla_tf.keypoints.sequences import filled, to_coordinates, to_points
from gfla_tf.models.motion_cleaning import clean_motion
from gfla_tf.models.motion_extraction import MotionExtraction
from gfla_tf.synthetic.people.people import SyntheticPeople
from gfla_tf.synthetic.people.performed_motion import _perform
from gfla_tf.training.config_file import load_config
from gfla_tf.training.networks import load_generator
from gfla_tf.training.runs import Run
from gfla_tf.training.tasks import motion
from tests.helpers.rule_weights import randomise
from tests.test_human36m import write

SETTINGS = {
    "name": "tiny_motion",
    "task": "motion",
    "batch_size": 4,
    "steps_per_epoch": 10,
    "checkpoint_every": 10,
    "data": {"identities": 3, "clip_frames": 30},
    "model": {"preset": "motion_quickstart", "generator": {"channels": 8, "dilations": [1, 2], "dropout": 0.1, "frames": 24}},
    "features": {"network": "none"},
    "flow": {"steps": 0},
    "full": {
        "steps": 20, "learning_rate": 3e-3, "joints": 100.0, "l1": 0.0, "adversarial": 0.0, "correctness": 0.0,
        "regularization": 0.0, "content": 0.0, "style": 0.0,
    },
}  # fmt: skip
TINY_FIELD = 9  # receptive field of the tiny network


@functools.cache
def perform_here(split, seed, identities, length):
    """What `perform_motion` gives, without starting processes."""
    people = SyntheticPeople((256, 256), split, seed)
    return [_perform((people, identity, length)) for identity in range(identities)]


@pytest.fixture(autouse=True)
def without_processes(monkeypatch):
    monkeypatch.setattr(motion, "perform_motion", perform_here)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("motion")
    (folder / "tiny.yaml").write_text(yaml.safe_dump(SETTINGS))
    return folder


def config(folder, *overrides):
    return load_config(folder / "tiny.yaml", overrides)


def counted(frames, first=0.0):
    """A bank's sequence that says where it comes from: every noisy joint is at (first + frame, 0), every clean one 0.5 lower."""
    noisy = np.zeros((frames, 17, 3), np.float32)
    noisy[..., 0], noisy[..., 2] = first + np.arange(frames)[:, None], 1
    clean = noisy[..., :2] + (0, 0.5)
    return noisy, clean, 2.0  # of which the coordinates are v - 1


# === Sequences ===


def test_missing_joints_move_straight_between_the_frames_that_show_them_and_stay_beyond():
    keypoints = np.ones((7, 17, 3), np.float32)
    wrist = COCO_17.index("left_wrist")
    keypoints[:, wrist] = 0
    keypoints[1, wrist], keypoints[5, wrist] = (10, 20, 0.3), (50, 0, 0.9)
    expected = [(10, 20), (10, 20), (20, 15), (30, 10), (40, 5), (50, 0), (50, 0)]
    points = filled(keypoints)
    np.testing.assert_allclose(points[:, wrist], expected)
    assert (np.delete(points, wrist, axis=1) == 1).all()


def test_a_joint_that_is_never_seen_stands_where_a_standing_persons_would():
    standing = to_coco(SyntheticPeople((256, 256)).joints(0, 0, 1)[:, :, :])
    whole = np.repeat(standing, 3, axis=0) + np.array([[[0, 0, 0]], [[30, 5, 0]], [[60, 10, 0]]], np.float32)
    seen = whole.copy()
    hidden = [COCO_17.index(name) for name in ("left_ankle", "right_ankle", "left_knee")]
    seen[:, hidden] = 0
    points = filled(seen)
    np.testing.assert_allclose(
        np.diff(points[:, hidden], axis=0), np.broadcast_to((30, 5), (2, 3, 2)), atol=1e-3
    )
    height = np.ptp(whole[0, :, 1])
    assert np.abs(points[:, hidden, 1] - whole[:, hidden, 1]).max() < 0.3 * height
    np.testing.assert_array_equal(
        np.delete(points, hidden, axis=1), np.delete(whole, hidden, axis=1)[..., :2]
    )


def test_fewer_than_four_joints_are_no_person():
    keypoints = np.zeros((5, 17, 3))
    keypoints[2, :3] = 1
    with pytest.raises(GflaError, match="show 3 joints of a person, too few"):
        filled(keypoints)


def test_coordinates_are_all_y_then_all_x_in_halves_of_the_width():
    points = np.zeros((1, 17, 2))
    points[0, 0], points[0, 16] = (100, 25), (50, 200)
    coordinates = to_coordinates(points, 100)
    assert coordinates.shape == (1, 34) and coordinates[0, [0, 16, 17, 33]].tolist() == [-0.5, 3.0, 1.0, 0.0]
    np.testing.assert_allclose(to_points(coordinates, 100), points)


def test_synthetic_people_are_the_same_each_time_and_others_in_the_test():
    noisy, clean, width = _perform((SyntheticPeople((256, 256), "train", 3), 1, 20))
    again = _perform((SyntheticPeople((256, 256), "train", 3), 1, 20))
    other = _perform((SyntheticPeople((256, 256), "test", 3), 1, 20))
    assert noisy.shape == (20, 17, 3) and clean.shape == (20, 17, 2) and width == again[2] != other[2]
    np.testing.assert_array_equal(noisy, again[0])
    np.testing.assert_array_equal(clean, again[1])
    assert (clean != other[1]).all()
    assert 0 < np.linalg.norm(coco_to_h36m(filled(noisy)) - clean, axis=-1).mean() < 0.1 * 256


def test_coco_joints_become_those_of_human36m_by_one_matrix():
    keypoints = SyntheticPeople((256, 256)).joints(2, 0, 2)
    keypoints[:, 1, :2] = (keypoints[:, 2, :2] + keypoints[:, 5, :2]) / 2  # COCO has no neck
    expected = to_h36m(keypoints)[..., :2]
    np.testing.assert_allclose(coco_to_h36m(to_coco(keypoints)[..., :2]), expected, atol=1e-3)


# === Windows ===


@pytest.fixture
def unchanged(monkeypatch):
    """Windows are neither scaled nor moved."""
    monkeypatch.setattr("gfla_tf.data.motion_pipeline.SCALE", (1.0, 1.0))
    monkeypatch.setattr("gfla_tf.data.motion_pipeline.SHIFT", (0.0, 0.0))


def batches(bank, batch_size, count, field=81, **kwargs):
    return list(motion_dataset(bank, batch_size, field, **kwargs).take(count).as_numpy_iterator())


def test_windows_are_24_frames_with_their_receptive_field_and_the_ends_go_on(unchanged):
    bank = MotionBank.of([counted(30, 1000), counted(10, 2000), counted(FRAMES, 3000)])
    batch = batches(bank, 9, 1)[0]
    assert batch["keypoints"].shape == (9, 104, 34) and batch["clean"].shape == (9, 24, 34)
    begins = {}
    for noisy, clean in zip(batch["keypoints"], batch["clean"], strict=True):
        noisy_x, clean_x = noisy[:, 20] + 1, clean[:, 20] + 1
        first = round(float(clean_x[0]) // 1000) * 1000
        last = first + {1000: 29, 2000: 9, 3000: 23}[first]
        expected = clean_x[0] + np.arange(-40, 64)
        np.testing.assert_array_equal(noisy_x, expected.clip(first, last))
        np.testing.assert_array_equal(clean_x, expected[40:64].clip(first, last))
        np.testing.assert_array_equal(clean[:, 3], -0.5)
        begins.setdefault(first, []).append(clean_x[0] - first)
    assert {k: sorted(v) for k, v in begins.items()} == {1000: [*range(7)], 2000: [0], 3000: [0]}


def test_noisy_and_clean_joints_are_scaled_and_moved_alike_within_the_published_bounds():
    bank = MotionBank.of([(*counted(60)[:2], 200.0)] * 2)
    scales, shifts = [], []
    for batch in batches(bank, 8, 8):
        for noisy, clean in zip(batch["keypoints"], batch["clean"], strict=True):
            scale = (clean[1, 20] - clean[0, 20]) * 100  # a pixel in coordinates is 2 / 200
            scales.append(scale)
            shifts.append(noisy[:, 0].mean() + scale)  # y is 0 in pixels, -1 in coordinates
            np.testing.assert_allclose(clean[:, 0] - noisy[40:64, 0], scale * 0.005, atol=1e-5)
    assert SCALE[0] - 1e-3 < min(scales) < 1.1 and 1.4 < max(scales) < SCALE[1] + 1e-3
    assert SHIFT[0] - 1e-3 < min(shifts) < -0.05 and 0.05 < max(shifts) < SHIFT[1] + 1e-3


def test_a_batch_is_a_function_of_seed_and_number():
    bank = MotionBank.of([counted(60)])
    whole, later = batches(bank, 4, 5), batches(bank, 4, 2, start=3)
    for expected, found in zip(whole[3:], later, strict=True):
        np.testing.assert_array_equal(found["keypoints"], expected["keypoints"])
    assert (batches(bank, 4, 1, seed=1)[0]["keypoints"] != whole[0]["keypoints"]).any()
    parts = [batches(bank, 4, 2, start=3, part=(i, 2)) for i in range(2)]
    for expected, first, second in zip(whole[3:], *parts, strict=True):
        found = np.concatenate([first["keypoints"], second["keypoints"]])
        np.testing.assert_array_equal(found, expected["keypoints"])


def test_more_windows_in_a_batch_than_there_are_is_one_sentence():
    with pytest.raises(GflaError, match="batch_size is 9, but the data have only 8 windows"):
        batches(MotionBank.of([counted(30), counted(5)]), 9, 1)


# === Training ===


def weights(model):
    return [np.array(weight) for weight in model.get_weights()]


def test_a_run_learns_resumes_exactly_and_comes_back(folder, monkeypatch):
    whole = Run(config(folder, "name=whole"), folder / "whole")
    whole.train()
    rows = (folder / "whole" / "metrics.csv").read_text().splitlines()
    column = rows[0].split(",").index("joints")
    losses = [float(row.split(",")[column]) for row in rows[1:]]
    assert len(losses) == 2 and losses[1] < losses[0]
    assert sorted(path.name for path in (folder / "whole" / "images").iterdir())[-1] == "full_0000020.png"

    fit = keras.Model.fit

    def interrupted(self, *args, **kwargs):
        fit(self, *args, **{**kwargs, "epochs": 1})
        raise KeyboardInterrupt

    monkeypatch.setattr(keras.Model, "fit", interrupted)
    with pytest.raises(KeyboardInterrupt):
        Run(config(folder, "name=parts"), folder / "parts").train()
    monkeypatch.undo()
    monkeypatch.setattr(motion, "perform_motion", perform_here)
    parts = Run(config(folder, "name=parts"), folder / "parts")
    parts.train()
    for one, other in zip(weights(whole.generator), weights(parts.generator), strict=True):
        np.testing.assert_array_equal(one, other)
    given = {"keypoints": np.linspace(-1, 1, 20 * 34, dtype=np.float32).reshape(1, 20, 34)}
    np.testing.assert_array_equal(
        load_generator(folder / "whole")(given)["clean"], whole.generator(given)["clean"]
    )


def test_the_loss_is_the_mean_squared_error_of_the_joints(folder):
    task = motion.MotionTask(config(folder))
    network = MotionExtraction(channels=2, dilations=(1,))
    objective = task.objective(network, None, task.config.full, None)
    clean = np.zeros((2, 3, 34), np.float32)
    found = clean + np.float32([[[1]], [[3]]])
    terms = objective.terms({"clean": clean}, {"clean": found}, 0)
    assert (
        objective.weights == {"joints": 100.0}
        and float(terms["joints"]) == 5
        and not objective.judged({}, {})
    )


@pytest.mark.parametrize(
    ("override", "message"),
    [
        (
            "features.network=people",
            "features.network is 'people': there are no images to compare: give none",
        ),
        ("model.initial_gain=1", "model.initial_gain is 1.0: the network's kernels are not scaled"),
        ("full.l1=5", "full.l1 is 5.0: the task motion has no such term"),
        ("full.joints=0", "full.steps is 20: without any weight there is nothing to learn"),
        ("data.dataset=human36m", "data.directory is None: name the folder"),
        (
            "data.dataset=synthetic_people",
            "data.dataset is 'synthetic_people': choose synthetic_motion or human36m",
        ),
    ],
)
def test_a_configuration_that_cannot_work_is_refused_at_once(folder, override, message):
    with pytest.raises(GflaError, match=message):
        config(folder, override)


def test_other_tasks_have_no_joints_term():
    with pytest.raises(GflaError, match=r"full.joints is 1.0: the task pose has no such term"):
        load_config("configs/pose_quickstart.yaml", ["full.joints=1"])


def test_human36m_is_trained_on_from_its_files(folder, tmp_path):
    human36m = config(folder, "data.dataset=human36m", f"data.directory={write(tmp_path)}")
    task, network = motion.MotionTask(human36m), MotionExtraction(channels=4, dilations=(1, 2))
    task.check(network, None)
    data, samples = task.load(network)
    assert samples["keypoints"].shape == (4, FRAMES + TINY_FIELD - 1, 34)
    batch = next(iter(task.dataset(data, 0, 0)))
    assert batch["keypoints"].shape == samples["keypoints"].shape and batch["clean"].shape == (4, FRAMES, 34)
    picture = task.grid(samples, network({"keypoints": samples["keypoints"]}))
    assert picture.dtype == np.uint8 and picture.shape[0] > 4 * 3 * 128


# === The relative network ===


def test_a_relative_network_starts_from_the_detected_joints():
    network = MotionExtraction(channels=8, dilations=(1, 2), relative=True)
    noisy, _, width = perform_here("train", 0, 3, 30)[0]
    found = network({"keypoints": to_coordinates(filled(noisy), width)[None]})["clean"]
    expected = coco_to_h36m(filled(noisy))[4:-4]
    np.testing.assert_allclose(to_points(found[0], width), expected, atol=1e-2)


def test_a_relative_network_does_not_care_where_and_how_large_a_person_is():
    network = randomise(MotionExtraction(channels=8, dilations=(1, 2), relative=True))
    noisy, _, width = perform_here("train", 0, 3, 30)[0]
    keypoints = to_coordinates(filled(noisy), width)[None]
    found = np.asarray(network({"keypoints": keypoints})["clean"])
    assert np.abs(found - to_coordinates(coco_to_h36m(filled(noisy))[4:-4], width)).max() > 0.01
    moved = np.repeat(np.float32([0.3, -0.2]), 17)
    again = np.asarray(network({"keypoints": 0.5 * keypoints + moved})["clean"])
    np.testing.assert_allclose(again, 0.5 * found + moved, atol=1e-4)


def test_a_relative_network_has_17_joints():
    with pytest.raises(GflaError, match="3 joints cannot be relative"):
        MotionExtraction(joints=3, relative=True)


# === At work ===


@pytest.fixture(scope="module")
def network():
    return randomise(MotionExtraction(channels=8, dilations=(1, 2)))


def runner(network):
    def run(keypoints):
        assert keypoints.shape == (1, FRAMES + TINY_FIELD - 1, 34)
        return {"clean": np.asarray(network({"keypoints": keypoints})["clean"])}

    return run


def person(frames):
    noisy, _, width = perform_here("train", 0, 3, 60)[1]
    return noisy[:frames], width


@pytest.mark.parametrize("frames", [1, 5, FRAMES, 60])
def test_a_sequence_of_any_length_is_cleaned_in_windows_of_the_training(network, frames):
    noisy, width = person(frames)
    clean = clean_motion(runner(network), noisy, width, FRAMES, TINY_FIELD)
    assert clean.shape == (frames, 17, 3) and clean.dtype == np.float32 and (clean[..., 2] == 1).all()
    begin = (frames - 1) // FRAMES * FRAMES  # of the last window
    index = np.arange(begin - 4, begin + FRAMES + 4).clip(0, frames - 1)
    window = to_coordinates(filled(noisy), width)[index]
    expected = to_points(network({"keypoints": window[None]})["clean"][0], width)[: frames - begin]
    np.testing.assert_allclose(clean[begin:, :, :2], expected, atol=1e-3)


def test_frames_without_a_person_are_filled_in_and_left_out_where_no_frame_around_shows_one(network):
    noisy, width = person(60)
    noisy = noisy.copy()
    noisy[..., 2] = 1
    noisy[20:40] = 0
    clean = clean_motion(runner(network), noisy, width, FRAMES, TINY_FIELD)
    known = clean[..., 2].all(axis=1)
    assert (clean[..., 2].any(axis=1) == known).all() and np.isfinite(clean).all()
    assert (
        known.tolist() == [True] * 24 + [False] * 12 + [True] * 24
    )  # 4 frames of the receptive field on each side


def test_a_joint_made_of_a_missing_one_is_missing(network):
    noisy, width = person(10)
    noisy = noisy.copy()
    noisy[..., 2] = 1
    noisy[:, COCO_17.index("left_hip")] = 0
    clean = clean_motion(runner(network), noisy, width, FRAMES, TINY_FIELD)
    assert {H36M_17[joint] for joint in np.flatnonzero(clean[0, :, 2] == 0)} == {
        "left_hip",
        "pelvis",
        "spine",
    }
