"""Training that starts from weights, of whatever kind, for images of another size, with frozen parts."""

import numpy as np
import pytest
import torch

from gfla_tf.errors import GflaError
from gfla_tf.models.checkpoint_import import state_dict
from gfla_tf.models.preset_folder import save_preset
from gfla_tf.models.weight_files import save_weights_atomically
from gfla_tf.training.config import save_config
from gfla_tf.training.config_file import load_config
from gfla_tf.training.load import initialize
from gfla_tf.training.networks import build_models
from gfla_tf.training.runs import Run
from gfla_tf.training.tasks import pose
from tests.helpers.rule_weights import fill
from tests.helpers.tiny_run import render_here, tiny_config

NO_FEATURES = ["full.correctness=0", "full.content=0", "full.style=0"]
KINDS = ("run", "weights", "preset", "keras", "pth")


@pytest.fixture(scope="module")
def origins(folder):
    """{kind: path} of the same weights, kept in every way."""
    config = tiny_config(folder, "name=first")
    generator = fill(build_models(config)[0])
    run = folder / "runs" / "first"
    save_weights_atomically(generator, run / "generator.weights.h5")
    save_config(config, run / "config.yaml")
    save_preset(generator, folder / "preset")
    generator.save(folder / "first.keras")
    torch.save({name: torch.tensor(x) for name, x in state_dict(generator).items()}, folder / "first.pth")
    weights = run / "generator.weights.h5"
    paths = (run, weights, folder / "preset", folder / "first.keras", folder / "first.pth")
    return dict(zip(KINDS, paths, strict=True)), generator.get_weights()


def run_from(folder, origin, *overrides, name="second"):
    return Run(tiny_config(folder, f"name={name}", f"init_from={origin}", *overrides), folder / "runs" / name)


def same(weights, others):
    return len(weights) == len(others) and all(map(np.array_equal, weights, others))


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_begins_with_the_weights_of_every_kind_of_origin(origins, tmp_path, kind):
    paths, weights = origins
    assert same(run_from(tmp_path, paths[kind]).generator.get_weights(), weights)


@pytest.mark.parametrize("kind", ("run", "weights", "preset", "keras"))
def test_images_may_be_of_another_size(origins, tmp_path, kind):
    paths, weights = origins
    run = run_from(tmp_path, paths[kind], "model.generator.image_size=[48, 32]")
    assert run.generator.image_size == (48, 32) and same(run.generator.get_weights(), weights)


def test_without_a_preset_the_network_that_training_starts_from_and_its_maps_are_taken(origins, tmp_path):
    def taken(*overrides):
        config = load_config("pose_own", ["data.directory=own", *overrides])
        return (
            config.model.preset,
            config.data.pose_stride,
            config.data.heat_map_sigma,
            config.data.limb_sigma,
        )

    assert taken() == taken("init_from=people_256") == ("people_256", 4, 24.0, 6.6667)
    assert taken("init_from=people_128") == ("people_128", 2, 12.0, 3.3333)
    assert taken("init_from=people_128", "data.limb_sigma=null", "data.heat_map_sigma=9") == (
        "people_128", 2, 9.0, None,
    )  # fmt: skip
    assert taken("init_from=people_128", "model.preset=people_256") == ("people_256", 1, 6.0, None)
    with pytest.raises(GflaError, match="There is no network nowhere"):
        taken("init_from=nowhere")
    paths, weights = origins
    file = tmp_path / "own.yaml"
    file.write_text("data: {dataset: synthetic_people}\nfeatures: {network: none}\n")
    config = load_config(file, [f"init_from={paths['run']}", "flow.correctness=0", *NO_FEATURES])
    assert same(initialized(config), weights)


def initialized(config):
    generator = build_models(config)[0]
    initialize(generator, config.init_from)
    return generator.get_weights()


def test_frozen_parts_stay_and_the_others_learn_with_a_fresh_optimizer(origins, tmp_path, monkeypatch):
    paths, _ = origins
    monkeypatch.setattr(pose, "render_frames", render_here)
    how = "freeze=[source_encoder, flow_estimator]", "flow.steps=0", "full.steps=2"
    run = run_from(tmp_path, paths["run"], *how)
    before = {part.name: part.get_weights() for part in run.generator.layers}
    assert int(run._trainer("full", run.config.full).generator_optimizer.iterations) == 0
    run.train()
    after = {part.name: part.get_weights() for part in run.generator.layers}
    for part in ("source_encoder", "flow_estimator"):
        assert same(before[part], after[part])
    assert not same(before["target_net"], after["target_net"])
    again = Run(run.config, run.directory)  # what it began with is not read again
    assert not same(again.generator.get_weights(), run.generator.get_weights())
    assert same(again.train().get_weights(), run.generator.get_weights())


def test_weights_of_another_network_are_refused_by_what_differs(origins, tmp_path):
    paths, _ = origins
    with pytest.raises(GflaError, match=r"does not fit the network .attention_units 8 there, 4 here"):
        run_from(tmp_path, paths["run"], "model.generator.attention_units=4")
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("overrides", "says"),
    [
        (["init_from=nowhere"], "There is no network nowhere: name a run"),
        (["init_from=pose_quickstart"], "pose_quickstart comes without weights"),
        (["init_from=nowhere.keras"], "There is no file nowhere.keras"),
        (["init_from=nowhere.pth"], "nowhere.pth does not exist"),
        (["freeze=[head]"], "no such part: choose among .*source_encoder.*target_net"),
        (["freeze=[source_encoder, flow_estimator, target_net]"], "leaves nothing to train"),
        (["freeze=[flow_estimator]"], "nothing to train in stage flow: give flow.steps=0"),
    ],
)
def test_what_cannot_be_is_one_sentence_and_leaves_nothing(tmp_path, overrides, says):
    with pytest.raises(GflaError, match=says):
        Run(tiny_config(tmp_path, *overrides), tmp_path / "runs" / "tiny")
    assert not (tmp_path / "runs").exists()
