"""Training of motion extraction: a tiny run, the loss, what is refused, and the relative network."""

import keras
import numpy as np
import pytest
import yaml

from gfla_tf.data.joint_sequences import FRAMES
from gfla_tf.errors import GflaError
from gfla_tf.keypoints.joint_orders import coco_to_h36m
from gfla_tf.keypoints.sequences import filled, to_coordinates, to_points
from gfla_tf.models.motion_extraction import MotionExtraction
from gfla_tf.training.config_file import load_config
from gfla_tf.training.networks import load_generator
from gfla_tf.training.runs import Run
from gfla_tf.training.tasks import motion
from tests.helpers.performed import perform_here
from tests.helpers.replaced import replaced
from tests.helpers.rule_weights import randomize
from tests.test_human36m import write

without_processes = replaced(motion, "perform_motion", perform_here)


SETTINGS = {
    "name": "tiny_motion",
    "task": "motion",
    "batch_size": 4,
    "steps_per_epoch": 10,
    "checkpoint_every": 10,
    "data": {"identities": 4, "clip_frames": 30},
    "model": {"preset": "motion_quickstart", "generator": {"channels": 8, "dilations": [1, 2], "dropout": 0.1, "frames": 24}},
    "features": {"network": "none"},
    "flow": {"steps": 0},
    "full": {
        "steps": 20, "learning_rate": 3e-3, "joints": 100.0, "l1": 0.0, "adversarial": 0.0, "correctness": 0.0,
        "regularization": 0.0, "content": 0.0, "style": 0.0,
    },
}  # fmt: skip

TINY_FIELD = 9  # receptive field of the tiny network


def config(folder, *overrides):
    path = folder / "tiny.yaml"
    path.write_text(yaml.safe_dump(SETTINGS))
    return load_config(path, overrides)


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
        and not objective.judged({}, {}, None)
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
    network = randomize(MotionExtraction(channels=8, dilations=(1, 2), relative=True))
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
    return randomize(MotionExtraction(channels=8, dilations=(1, 2)))
