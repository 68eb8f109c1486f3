"""The training model for one's own arrays: `compile`, `fit`, `evaluate`, `predict`, saving."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import gfla_tf
from gfla_tf import GflaError
from gfla_tf.training.runs import Run
from tests.helpers.tiny_networks import TINY_NETWORK
from tests.helpers.tiny_tasks import random_batches, tiny_task

SIZE, COUNT = (16, 16), 8


def arrays():
    draw = np.random.default_rng(0)
    result = {f"{role}_pose": draw.uniform(0, 1, (COUNT, *SIZE, 18)) for role in ("source", "target")}
    for role in ("source", "target"):
        result[f"{role}_image"] = draw.integers(0, 256, (COUNT, *SIZE, 3), np.uint8)
    return result


def dataset(*left_out):
    kept = {name: value for name, value in arrays().items() if name not in left_out}
    return tf.data.Dataset.from_tensor_slices(kept).batch(4)


def training_model(**settings):
    keras.utils.set_random_seed(3)
    generator = gfla_tf.PoseGenerator.from_preset("pose_quickstart", image_size=SIZE, **TINY_NETWORK)
    judge = gfla_tf.ResidualDiscriminator.from_preset(
        "pose_quickstart", image_size=SIZE, depth=1, base_channels=4
    )
    return gfla_tf.GFLA(generator, judge, **settings)


@pytest.fixture(scope="module")
def trained():
    model = training_model()
    model.compile("adam", features=None)
    history = model.fit(dataset(), epochs=3, validation_data=dataset(), verbose=0).history
    return model, history


def test_fit_lowers_the_losses_and_reports_those_of_held_out_data(trained):
    _, history = trained
    assert {"l1", "adversarial", "regularization", "discriminator_loss", "val_l1"} <= history.keys()
    assert history["l1"][-1] < history["l1"][0] and history["val_l1"][-1] < history["val_l1"][0]


def test_evaluate_and_predict_are_those_of_the_generator(trained):
    model, _ = trained
    outputs = model.predict(dataset("target_image"), verbose=0)
    assert outputs.keys() == model.generator.output.keys() and outputs["generated"].shape == (COUNT, *SIZE, 3)
    given = arrays()
    l1 = np.abs(outputs["generated"] - (given.pop("target_image") / 127.5 - 1)).mean()
    assert model.evaluate(dataset(), return_dict=True, verbose=0)["l1"] == pytest.approx(l1, rel=1e-4)
    from_arrays = model.predict(given, batch_size=4, verbose=0)
    np.testing.assert_allclose(from_arrays["generated"], outputs["generated"], atol=1e-5)


def test_a_training_model_is_saved_whole(trained, tmp_path):
    model, _ = trained
    model.save(tmp_path / "training.keras")
    again = keras.saving.load_model(tmp_path / "training.keras")
    for name in ("generator", "discriminator"):
        mine, theirs = (getattr(x, name).get_weights() for x in (model, again))
        assert all(map(np.array_equal, mine, theirs))
    with pytest.raises(GflaError, match="fit needs losses: call compile"):
        again.fit(dataset())


def test_stage_flow_trains_the_flow_estimator_alone_and_frozen_parts_stay():
    model = training_model(frozen=("source_encoder",))
    before = {part.name: part.get_weights() for part in model.generator.layers}

    def changed():
        return {
            part.name
            for part in model.generator.layers
            if not all(map(np.array_equal, part.get_weights(), before[part.name]))
        }

    model.compile(stage="flow", features=None)
    assert "adversarial" not in model.fit(dataset(), verbose=0).history
    assert changed() == {"flow_estimator"}
    model.compile(features=None)
    model.fit(dataset(), verbose=0)
    assert changed() == {"flow_estimator", "target_net"}


def test_the_defaults_are_the_published_ones():
    model = training_model()
    model.compile(features="vgg19", feature_weights="random:0")
    weights = {
        "l1": 5,
        "adversarial": 2,
        "correctness": 5,
        "regularization": 0.0025,
        "content": 0.5,
        "style": 500,
    }
    assert {name: x for name, x in model._objective.weights.items() if x} == weights
    assert float(model.optimizer.learning_rate) == pytest.approx(1e-4) and model.optimizer.beta_1 == 0


@pytest.mark.parametrize("task", ["pose", "dance", "face", "view", "motion"])
def test_a_step_is_the_step_of_a_run(task, tmp_path):
    """The same losses of the same batch as those of the trainer that a run makes."""
    config = tiny_task(
        tmp_path, task, "full.adversarial=0", "full.style=0", "full.content=0", "full.correctness=0"
    )
    run = Run(config, tmp_path / "run")
    batch = next(iter(random_batches(task)))
    expected = run._trainer("full", config.full).train_step(batch)
    again = Run(config, tmp_path / "run")
    model = gfla_tf.GFLA(again.generator)
    losses = {term: getattr(config.full, term) for term in run.task.terms}
    model.compile(
        losses=losses,
        features=None,
        person_weight=config.full.person_weight,
        batch_size=config.batch_size,
        clip_norm=1.0,
    )
    logs = model.train_step(batch)
    assert logs.keys() == expected.keys()
    for name, value in expected.items():
        assert float(logs[name]) == pytest.approx(float(value), rel=1e-4), name


@pytest.mark.parametrize(
    ("use", "says"),
    [
        (lambda m: m.fit(dataset("target_pose")), "Batches lack target_pose: they have source_image"),
        (lambda m: m.fit(dataset("target_image")), "Batches hold no target: add target_image"),
        (
            lambda m: m.fit(dataset().map(lambda batch: batch["source_image"])),
            "must be dicts of named arrays",
        ),
        (lambda m: m.compile(stage="last"), "no stage 'last': choose flow or full"),
        (lambda m: m.compile(losses={"l2": 1}), "no loss 'l2' here: choose among l1"),
        (lambda m: m.compile(losses={"style": 1}, features=None), "style compares features: name a network"),
    ],
)
def test_what_cannot_be_is_one_sentence(trained, use, says):
    with pytest.raises(GflaError, match=says):
        use(trained[0])
