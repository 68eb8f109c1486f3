"""`gfla evaluate` of networks: they draw the held-out pairs of a folder, and are judged by their files."""

import json

import numpy as np
import pytest
from gfla_tf.export.convert.operations import operation_histogram
from PIL import Image

import gfla_tf
from gfla_tf.cli.evaluate import main
from gfla_tf.errors import GflaError
from gfla_tf.evaluation.drawn import draw_pairs, held_out_pairs
from gfla_tf.evaluation.judge import judge
from gfla_tf.evaluation.network import Network
from gfla_tf.evaluation.protocols import PROTOCOLS
from gfla_tf.evaluation.scores import DRAWN_SCORES
from gfla_tf.keypoints.pose_files import read_pose
from gfla_tf.training.initialization import scale_initial_kernels
from tests.helpers.own_pictures import figure, write_people
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
        network, copied = (
            {row["score"]: row["value"] for row in rows if row["protocol"] == protocol}
            for protocol in ("pidm", "pidm, source copied")
        )
        assert list(copied) == ["l1", "masked_l1"] and copied["l1"] != network["l1"]
        assert network["l1 / copying"] == pytest.approx(
            network["l1"] / copied["l1"], rel=1e-4
        )  # of rounded figures
        assert network.get("l1 / tiny.tflite") == (
            1.0 if name == "tiny_int8.tflite" else None
        )  # the same file
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
    assert not (tmp_path / f"truth/{name}_mask.png").exists()  # of pictures without masks
    assert np.abs(read_pose(tmp_path / f"truth/{name}.json") - pair["target_keypoints"]).max() < 2e-3


def test_pictures_that_are_there_are_not_drawn_again(model, own, tmp_path):
    network, drawn = Network(model), []
    pairs = list(held_out_pairs(network, own, 5))
    assert len(pairs) == 5

    class Counting:
        what = network.what

        def draw_pair(self, *inputs):
            drawn.append(1)
            return network.draw_pair(*inputs)

    draw_pairs(Counting(), pairs[:3], tmp_path)
    draw_pairs(Counting(), pairs, tmp_path)
    assert len(drawn) == 5


def test_only_pairs_of_some_names_are_drawn(model, own):
    network = Network(model)
    names = [name for name, _ in held_out_pairs(network, own, None, "_2_anna-017$")]
    assert names == [f"anna-{number:03d}_2_anna-017" for number in (16, 18, 19)]
    assert len(list(held_out_pairs(network, own, 2, "_2_anna-017$"))) == 2
    for pattern, sentence in (("ben", "No pair is called as"), ("(", "is no regular expression")):
        with pytest.raises(GflaError, match=sentence):
            next(held_out_pairs(network, own, None, pattern))


def test_a_network_without_data_is_told(model, tmp_path, capsys):
    with pytest.raises(SystemExit):
        main([str(model), "--output", str(tmp_path)])
    assert "comes without data: name a folder of pictures with --data" in capsys.readouterr().err


def test_outlines_and_true_flows_give_scores_of_the_person_and_of_the_flow(model, tmp_path):
    network = Network(model)
    source, keypoints, _ = figure(0, SIZE)
    target, wanted, outline = figure(1, SIZE)
    pair = {
        "source_image": source,
        "target_image": target,
        "source_keypoints": keypoints,
        "target_keypoints": wanted,
    }
    pair |= {"target_person": outline, "flow": np.full((*SIZE, 2), 4.0), "visibility": outline}
    draw_pairs(network, [("one", pair)], tmp_path)
    _, flow = network.draw_pair(source, keypoints, wanted)
    judged = judge(
        tmp_path / "generated",
        tmp_path / "truth",
        PROTOCOLS["pidm"],
        tmp_path,
        ["person_l1", "person_lpips", *DRAWN_SCORES],
    )
    (row,) = judged.rows
    assert row["flow_error"] == pytest.approx(np.linalg.norm(flow - 4, axis=-1)[outline].mean(), abs=1e-4)
    assert row["zero_flow_error"] == pytest.approx(np.hypot(4, 4), abs=1e-4)
    assert 0 < row["person_l1"] < 1 and row["person_lpips"] > 0
    # What stands behind the person does not count.
    drawn = np.asarray(Image.open(tmp_path / "generated/one.png"))
    Image.fromarray(np.where(outline[..., None], drawn, 0).astype(np.uint8)).save(
        tmp_path / "generated/one.png"
    )
    again = judge(
        tmp_path / "generated", tmp_path / "truth", PROTOCOLS["nted"], tmp_path, ["person_l1", "l1"]
    ).rows[0]
    assert again["l1"] > 0.2 and again["person_l1"] == pytest.approx(row["person_l1"], abs=0.02)


@pytest.mark.slow
def test_float32_and_true_int8_of_one_network_are_judged_by_one_command(tmp_path, capsys):
    pytest.importorskip("ai_edge_quantizer")
    own = write_people(tmp_path / "own", {"anna": 20}, (64, 64))
    generator = gfla_tf.PoseGenerator(
        image_size=(64, 64), attention_kernels={2: 3, 1: 3}, attention_units=8, base_channels=8, max_channels=16, depth=2,
        flow_base_channels=8, flow_max_channels=16, flow_depth=3,
    )  # fmt: skip
    scale_initial_kernels(generator, 1.0)  # so that it draws more than gray
    draw = np.random.default_rng(0)
    data = [
        {name: draw.uniform(-1, 1, (4, *x.shape[1:])) for name, x in generator.input.items()}
        for _ in range(2)
    ]
    files = gfla_tf.convert(generator, tmp_path, ["float32", "int8"], data, name="net", goals={"int8": 5})
    plain, quantized = (file.path for file in files if file.path.suffix == ".tflite")
    assert (
        "CONV_2D" in operation_histogram(quantized.read_bytes())
        and quantized.stat().st_size < plain.stat().st_size
    )
    main(
        [
            str(plain),
            str(quantized),
            "--data",
            str(own),
            "--output",
            str(tmp_path / "scores"),
            "--scores",
            "l1",
            "psnr",
        ]
    )
    rows = [
        json.loads(line)
        for line in (tmp_path / f"scores/{quantized.name}/results.jsonl").read_text().splitlines()
    ]
    (first, *_) = (tmp_path / f"scores/{plain.name}/results.jsonl").read_text().splitlines()
    assert json.loads(first)["origin"]["generated"] != rows[0]["origin"]["generated"]  # other pictures
    share = next(row for row in rows if row["score"] == f"l1 / {plain.name}")
    assert share["value"] == pytest.approx(1, abs=0.3) and share["low"] <= share["value"] <= share["high"]
    assert f"l1 / {plain.name} ↓" in capsys.readouterr().out
