"""`gfla evaluate` of networks: they draw the held-out pairs of a folder, and are judged by their files."""

import json

import numpy as np
import pytest
from PIL import Image

from gfla_tf.cli.evaluate import main
from gfla_tf.evaluation.drawn import Network, draw_pairs, held_out_pairs
from gfla_tf.keypoints.pose_files import read_pose
from tests.helpers.own_pictures import write_people
from tests.helpers.tiny_tflite import SIZE, write_tiny_tflite


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_tiny_tflite(tmp_path_factory.mktemp("models") / "tiny.tflite", limb_sigma=None)


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    return write_people(tmp_path_factory.mktemp("own"), {"anna": 20}, SIZE)


def test_several_files_are_judged_by_one_command(model, own, tmp_path, capsys):
    other = tmp_path / "tiny_int8.tflite"
    other.write_bytes(model.read_bytes())
    options = [
        "--data",
        str(own),
        "--output",
        str(tmp_path / "scores"),
        "--scores",
        "l1",
        "masked_l1",
        "--protocol",
        "pidm",
    ]
    main([str(model), str(other), *options])
    for name in ("tiny.tflite", "tiny_int8.tflite"):
        rows = [
            json.loads(line)
            for line in (tmp_path / "scores" / name / "results.jsonl").read_text().splitlines()
        ]
        assert [(row["protocol"], row["score"]) for row in rows] == [
            (protocol, score) for protocol in ("pidm", "pidm, source copied") for score in ("l1", "masked_l1")
        ]
        assert rows[0]["value"] != rows[2]["value"]
        assert rows[0]["counted"] == 4 * 3  # the last four of twenty pictures are held out
        assert rows[0]["origin"]["network"]["name"] == name
    assert "tiny_int8.tflite, 12 pictures" in capsys.readouterr().out


def test_what_is_drawn_is_what_the_network_makes_of_the_pair(model, own, tmp_path):
    network = Network(model)
    (name, pair), *_ = held_out_pairs(network, own, None)
    draw_pairs(network, [(name, pair)], tmp_path)
    assert name == "anna-016_2_anna-017"
    drawn = np.asarray(Image.open(tmp_path / f"generated/{name}.png")).astype(int)
    joints = pair["target_keypoints"].round().astype(int)
    inside = [(x, y) for x, y, _ in joints if 0 <= x < SIZE[1] and 0 <= y < SIZE[0]]
    assert len(inside) > 9
    for x, y in inside:  # the network paints the target's joints red
        assert drawn[y, x, 0] > 240 and drawn[y, x, 1] < 15
    assert np.array_equal(np.asarray(Image.open(tmp_path / f"truth/{name}.png")), pair["target_image"])
    assert np.abs(read_pose(tmp_path / f"truth/{name}.json") - pair["target_keypoints"]).max() < 2e-3


def test_pictures_that_are_there_are_not_drawn_again(model, own, tmp_path):
    network, drawn = Network(model), []
    pairs = list(held_out_pairs(network, own, 5))
    assert len(pairs) == 5

    def counting(*inputs):
        drawn.append(1)
        return network(*inputs)

    counting.what = network.what
    draw_pairs(counting, pairs[:3], tmp_path)
    draw_pairs(counting, pairs, tmp_path)
    assert len(drawn) == 5


def test_a_network_without_data_is_told(model, tmp_path, capsys):
    with pytest.raises(SystemExit):
        main([str(model), "--output", str(tmp_path)])
    assert "comes without data: name a folder of pictures with --data" in capsys.readouterr().err
