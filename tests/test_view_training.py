"""Training of view synthesis: its batches with their true flow, its runs, and the baselines by configuration."""

import numpy as np
import pytest
import yaml
from gfla_tf.export.convert.conversion import convert
from gfla_tf.export.convert.sources import from_run

from gfla_tf.data.pairs import pair_dataset
from gfla_tf.data.view_pairs import view_inputs
from gfla_tf.errors import GflaError
from gfla_tf.keypoints.views import AZIMUTHS, ELEVATIONS, VIEW_CHANNELS, view_codes
from gfla_tf.metrics.end_point_error import end_point_error
from gfla_tf.pictures.drawing import view_picture
from gfla_tf.synthetic.objects import SyntheticObjects
from gfla_tf.synthetic.objects.rendered_views import VIEWS, render_views, views_of
from gfla_tf.training.config_file import load_config
from gfla_tf.training.networks import load_generator
from gfla_tf.training.runs import Run
from gfla_tf.training.tasks import TASKS

SETTINGS = {
    "name": "tiny_view",
    "task": "view",
    "batch_size": 2,
    "steps_per_epoch": 3,
    "checkpoint_every": 3,
    "data": {"identities": 3, "frames": 3},
    "model": {
        "preset": "view_quickstart",
        "generator": {
            "image_size": [32, 32],
            "attention_units": 8,
            "base_channels": 4,
            "max_channels": 8,
            "depth": 2,
            "flow_base_channels": 4,
            "flow_max_channels": 8,
            "flow_depth": 3,
        },
    },
    "features": {"network": "none"},
    "flow": {"steps": 3, "correctness": 0.0, "flow_error": 1.0},
    "full": {
        "steps": 4, "l1": 5.0, "adversarial": 0.0, "correctness": 0.0, "flow_error": 0.5, "content": 0.0, "style": 0.0,
        "person_weight": 2.0,
    },
}  # fmt: skip
APPEARANCE_FLOW = (
    "model.generator.attention=appearance_flow",
    "model.generator.attention_kernels={1: 3, 0: 3}",
)


def config(folder, *overrides):
    path = folder / "tiny_view.yaml"
    path.write_text(yaml.safe_dump(SETTINGS))
    return load_config(path, overrides)


@pytest.fixture(scope="module")
def bank():
    return render_views("cars", (64, 64), "train", 3, 4, 6)


@pytest.fixture(scope="module")
def batch(bank):
    return {name: value.numpy() for name, value in next(iter(pair_dataset(bank, 24, view_inputs))).items()}


def test_a_bank_holds_different_views_of_each_object_as_they_are_rendered(bank):
    objects = SyntheticObjects("cars", (64, 64), "train", 3)
    for identity in range(4):
        places = views_of(3, identity, 6)
        assert len(set(places)) == 6
        for frame, place in enumerate(places):
            view = objects.view(identity, *place)
            np.testing.assert_array_equal(bank.frames["image"][identity, frame], view.image)
            np.testing.assert_array_equal(bank.frames["view"][identity, frame], view_codes(*place))
    assert views_of(3, 0, 6) != views_of(3, 1, 6) != views_of(4, 1, 6)


def test_all_views_of_an_object_are_there_in_the_end():
    places = {(a, e) for a in range(len(AZIMUTHS)) for e in range(len(ELEVATIONS))}
    assert set(views_of(0, 5, VIEWS)) == places and len(places) == VIEWS


def test_batches_hold_what_networks_and_losses_want(batch):
    for role in ("source", "target"):
        assert batch[f"{role}_image"].shape == (24, 64, 64, 3)
        assert batch[f"{role}_image"].min() >= -1 and batch[f"{role}_image"].max() == 1
        assert batch[f"{role}_view"].shape == (24, VIEW_CHANNELS)
    for name, channels in (("target_person", 1), ("flow", 2), ("visibility", 1)):
        assert batch[name].shape == (24, 64, 64, channels) and batch[name].dtype == np.float32
    background = batch["target_person"][..., 0] == 0
    assert not batch["flow"][background].any() and not batch["visibility"][background].any()
    assert (batch["source_view"] != batch["target_view"]).any(axis=1).all()


def test_the_flow_of_batches_is_the_exact_one(batch):
    objects = SyntheticObjects("cars", (64, 64), "train", 3)
    agreeing = []
    for i in range(24):
        codes = (batch[f"{role}_view"][i] for role in ("source", "target"))
        source, target = ((int(c[:18].argmax()), int(c[18:].argmax())) for c in codes)
        pictures = {name: np.rint((batch[name][i] + 1) * 127.5) for name in ("source_image", "target_image")}
        for identity in range(4):
            pair = objects.pair(identity, source, target)
            if all((pair[name] == picture).all() for name, picture in pictures.items()):
                break
        else:
            raise AssertionError("no object of the bank looks like that")
        mask = pair["target_mask"]
        np.testing.assert_array_equal(batch["target_person"][i, ..., 0], mask)
        assert np.abs(batch["flow"][i] - pair["flow"])[mask].max() < 0.1
        agreeing.append((batch["visibility"][i, ..., 0] == pair["visibility"])[mask])
    assert np.concatenate(agreeing).mean() > 0.95


def test_a_true_flow_of_batches_leads_to_the_same_colors(batch):
    from gfla_tf.ops.sampling import bilinear_sample

    warped = np.asarray(bilinear_sample(batch["source_image"], batch["flow"]))
    seen = batch["visibility"][..., 0] > 0
    error, copied = (
        np.abs(image - batch["target_image"])[seen].mean() for image in (warped, batch["source_image"])
    )
    assert error < 0.4 * copied


@pytest.fixture(scope="module")
def finished(folder):
    run = Run(config(folder), folder / "runs" / "tiny_view")
    run.train()
    return run


def test_a_run_trains_both_stages_and_draws_its_samples(finished):
    names = {path.name for path in finished.directory.iterdir()}
    assert {"flow_estimator.weights.h5", "generator.weights.h5", "curves.png", "metrics.csv"} <= names
    pictures = {path.name for path in (finished.directory / "images").iterdir()}
    assert {"flow_0000003.png", "full_0000004.png"} <= pictures
    header, *rows = (finished.directory / "metrics.csv").read_text().splitlines()
    assert "flow_error" in header and "l1" in header and len(rows) == 3
    generator = load_generator(finished.directory)
    assert generator.view_channels == VIEW_CHANNELS and generator.image_size == (32, 32)


def test_a_run_converts_to_a_model_that_knows_its_views(finished, tmp_path):
    from gfla_tf.litert.runner import TFLiteModel

    model = TFLiteModel(convert(from_run(finished.directory), tmp_path)[-1].path)
    assert model.description["task"] == "view"
    assert tuple(model.description["azimuths"]) == AZIMUTHS
    assert tuple(model.description["elevations"]) == ELEVATIONS


@pytest.mark.parametrize(
    "overrides",
    [pytest.param(APPEARANCE_FLOW, marks=pytest.mark.slow), ("model.generator.attention=none",)],
    ids=["appearance_flow", "none"],
)
def test_the_baselines_train_and_convert_by_configuration(folder, overrides, tmp_path):
    from gfla_tf.inference.turntable import load_view_model, turntable

    run = Run(config(folder, *overrides, "name=baseline"), folder / "runs" / overrides[0][-8:])
    run.train()
    has_flow = (run.directory / "flow_estimator.weights.h5").is_file()
    assert has_flow == ("none" not in overrides[0])
    assert ("flow_error" in (run.directory / "metrics.csv").read_text()) == has_flow
    model = load_view_model(convert(from_run(run.directory), tmp_path)[-1].path)
    view = SyntheticObjects("cars", (32, 32), "test").view(0, 2, 0)
    assert turntable(model, view.image, 2, 0).shape == (18, 32, 32, 3)


def test_a_few_dozen_steps_teach_the_flow(folder):
    settings = (
        "flow.steps=60",
        "flow.learning_rate=3e-3",
        "flow.beta_1=0.5",
        "model.initial_gain=1.0",
        "batch_size=6",
    )
    run = Run(config(folder, *settings, "full.steps=0", "steps_per_epoch=60"), folder / "runs" / "learns")
    data, _ = run.task.load(run.generator)
    batch = next(iter(run.task.dataset(data, 5, 0)))

    def error():
        flow = np.asarray(
            run.flow_network(run.task.objective(run.generator, None, run.config.flow, None).inputs(batch))[
                "flow_1"
            ]
        )
        truth = np.asarray(batch["flow"])[:, ::2, ::2] / 2
        return end_point_error(flow, truth, np.asarray(batch["visibility"])[:, ::2, ::2, 0] > 0)

    before = error()
    run._fit("flow", data, batch, [])
    assert error() < 0.8 * before


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            ("data.dataset=synthetic_people",),
            "synthetic_cars or synthetic_chairs or shapenet or shapenet_car",
        ),
        (("data.frames=55",), "an object has 54 views"),
        (("features.network=people", "features.weights=null"), "looks at poses"),
        (("model.preset=pose_quickstart",), "view_quickstart"),
    ],
)
def test_what_does_not_fit_views_is_one_sentence(folder, overrides, message):
    with pytest.raises(GflaError, match=message) as error:
        Run(config(folder, *overrides, "name=bad"), folder / "runs" / "bad")
    assert "\n" not in str(error.value)


def test_chairs_are_another_dataset(folder):
    task = TASKS["view"](config(folder, "data.dataset=synthetic_chairs"))
    images = task.render((32, 32), "train", 0, 1, 2).frames["image"]
    np.testing.assert_array_equal(
        images[0, 0], SyntheticObjects("chairs", (32, 32)).view(0, *views_of(0, 0, 1)[0]).image
    )


def test_the_picture_of_a_view_has_its_camera_where_it_stands():
    def camera(azimuth, elevation):
        picture = view_picture(view_codes(azimuth, elevation)).astype(int)
        red = (picture[..., 0] > 180) & (picture[..., 1:].max(axis=-1) < 60)
        y, x = np.nonzero(red)
        return x.mean() - 31.5, y.mean() - 31.5

    (x0, y0), (x90, _), (_, y180) = camera(0, 0), camera(4, 0), camera(9, 0)
    assert abs(x0) < 1 and y0 > 20  # in front of the object, which looks down
    assert x90 > 20 and y180 < -20
    assert 10 < camera(0, 2)[1] < y0 - 3  # nearer from above
