"""The networks that come with the package: there, small, as described, and better than doing nothing."""

import json

import numpy as np
import pytest

import gfla_tf
from benchmarks.held_out_people import HeldOutPeople, texture
from benchmarks.pretrained import with_figures
from benchmarks.real_people.networks import network_of
from gfla_tf.errors import GflaError
from gfla_tf.inference.models import PRETRAINED, load_model
from gfla_tf.inference.photos import to_float
from gfla_tf.keypoints.poses import pose_maps
from gfla_tf.metrics.end_point_error import end_point_error
from gfla_tf.metrics.image import l1, psnr

NAMES = sorted(folder.name for folder in PRETRAINED.iterdir() if folder.is_dir())


@pytest.fixture(scope="module")
def people():
    return HeldOutPeople((256, 192), 12)


def test_they_are_small_and_have_a_card():
    assert "people_256" in NAMES
    assert sum(path.stat().st_size for path in PRETRAINED.rglob("*") if path.is_file()) < 40e6
    for name in NAMES:
        assert (PRETRAINED / name / f"{name}.tflite").stat().st_size < 8e6
        card = (PRETRAINED / name / "README.md").read_text()
        assert "Apache-2.0" in card and "## Data" in card and "## Limits" in card
        assert json.loads((PRETRAINED / name / "config.json").read_text())["network"] == "PeopleGenerator"


@pytest.mark.parametrize("name", NAMES)
def test_half_precision_on_litert_is_what_keras_draws(name):
    generator, model = (
        gfla_tf.PeopleGenerator.from_preset(name),
        network_of(PRETRAINED / name / f"{name}.tflite"),
    )
    (pair,) = HeldOutPeople(model.size, 1).pairs
    settings = [generator.card["data"][key] for key in ("heat_map_sigma", "limb_sigma", "pose_stride")]
    maps = [
        pose_maps(points, model.size, *settings)[None]
        for points in (pair.source_keypoints, pair.target_keypoints)
    ]
    inputs = {"source_image": to_float(pair.source)[None], "source_pose": maps[0], "target_pose": maps[1]}
    drawn = np.array(generator(inputs, training=False)["generated"])[0]
    assert psnr(float(np.square(model(pair)["generated"] - drawn).mean())) >= 36


def test_people_whom_it_has_never_seen_are_drawn_better_than_copied_and_keep_their_texture(people):
    network = network_of(PRETRAINED / "people_256" / "people_256.tflite")
    outputs = [network(pair) for pair in people.pairs]
    truth = np.stack([to_float(pair.target) for pair in people.pairs])
    copied = np.stack([to_float(pair.source) for pair in people.pairs])
    inside = np.stack([pair.person for pair in people.pairs])
    drawn = np.stack([output["generated"] for output in outputs])
    assert l1(drawn, truth, inside) < 0.6 * l1(copied, truth, inside)
    flow, seen = (np.stack([sample[name] for sample in people.samples]) for name in ("flow", "visibility"))
    found = np.stack([output["flow_0"] for output in outputs])
    assert end_point_error(found, flow, seen) < 0.4 * end_point_error(np.zeros_like(flow), flow, seen)
    shares = [
        texture(a, b, where & s) for a, b, where, s in zip(drawn, truth, inside, seen) if (where & s).any()
    ]
    assert np.median([share for share, _ in shares]) > 0.3 and np.median([match for _, match in shares]) > 0.1


def test_commands_take_it_where_no_model_is_named():
    assert (
        load_model(None, "pose").path
        == load_model(None).path
        == PRETRAINED / "people_256" / "people_256.tflite"
    )


def test_new_figures_take_the_rows_of_the_card():
    card = """# people_256

By `python -m benchmarks.held_out_people`:

| | | 95 % |
|---|---|---|
| L1 on the person / copying | 0.498 | 0.462 to 0.534 |
| women (54) | 0.535 | 0.488 to 0.589 |

By `python -m benchmarks.real_people`:

| L1 on the person / copying | 0.523 | 0.491 to 0.557 |
"""
    held = {"l1 / copying": (0.25, 0.125, 0.5), "lpips / copying, women (60)": (0.5, 0.25, 0.75)}
    changed = with_figures(card, held, {"l1 / copying": (0.375, 0.25, 0.5)})
    assert [line for line in changed.splitlines() if "0." in line] == [
        "| L1 on the person / copying | 0.250 | 0.125 to 0.500 |",
        "| women (60) | 0.500 | 0.250 to 0.750 |",
        "| L1 on the person / copying | 0.375 | 0.250 to 0.500 |",
    ]
    assert with_figures(card) == card
    with pytest.raises(GflaError, match="women"):
        with_figures(card, {"l1 / copying": (0.25, 0.125, 0.5)})
