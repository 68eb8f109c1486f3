"""Judging pictures by protocols: the same bytes each time, another filter another figure, kills that cost nothing."""

import json

import numpy as np
import pytest
from PIL import Image

from gfla_tf.cli.evaluate import main
from gfla_tf.errors import GflaError
from gfla_tf.evaluation import judge as judging
from gfla_tf.evaluation.pictures import match
from gfla_tf.evaluation.protocols import PROTOCOLS, find_protocol
from gfla_tf.evaluation.scores import FILM_SCORES
from gfla_tf.keypoints.pose_files import write_openpose
from gfla_tf.metrics.bootstrap import interval
from tests.helpers.own_pictures import figure

CHEAP = ["l1", "mae", "psnr", "ssim", "ssim_256", "masked_l1", "masked_ssim"]


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Ten true pictures with poses, and generated ones, the k-th the noisier the larger k is."""
    folder = tmp_path_factory.mktemp("pictures")
    for name in ("generated", "truth"):
        (folder / name).mkdir()
    noise = np.random.default_rng(0).normal(size=(96, 64, 3))
    for number in range(10):
        picture, keypoints, _ = figure(number)
        noisy = np.clip(picture + 5 * (number + 1) * noise, 0, 255).astype(np.uint8)
        Image.fromarray(picture).save(folder / f"truth/{number}.png")
        write_openpose(folder / f"truth/{number}.json", keypoints)
        Image.fromarray(noisy).save(folder / f"generated/source{number}_2_{number}_vis.png")
    return folder


def evaluate(folders, output, *options, scores=CHEAP):
    main(
        [
            str(folders / "generated"),
            "--truth",
            str(folders / "truth"),
            "--output",
            str(output),
            "--scores",
            *scores,
            *options,
        ]
    )
    return [json.loads(line) for line in (output / "results.jsonl").read_text().splitlines()]


def files_of(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_scores_come_with_intervals_counts_digests_and_versions(folders, tmp_path):
    results = {row["score"]: row for row in evaluate(folders, tmp_path)}
    assert list(results) == CHEAP
    for row in results.values():
        assert row["protocol"] == "gfla" and row["counted"] == 10 and row["low"] < row["value"] < row["high"]
        assert row["origin"]["pairs"] == 10 and len(row["origin"]["generated"]) == 64
        assert {"gfla_tf", "numpy", "scikit-image"} <= row["origin"]["versions"].keys()
    assert results["l1"]["value"] > 0 and results["ssim"]["value"] < 1
    assert results["masked_l1"]["value"] != results["l1"]["value"]
    table = (tmp_path / "results.md").read_text()
    assert "| ssim ↑ |" in table and "gfla" in table
    assert (tmp_path / "best_and_worst.png").is_file()


def test_the_same_evaluation_twice_gives_the_same_bytes(folders, tmp_path):
    for name in ("first", "second"):
        evaluate(folders, tmp_path / name)
    assert files_of(tmp_path / "first") == files_of(tmp_path / "second")
    evaluate(folders, tmp_path / "second")
    assert files_of(tmp_path / "first") == files_of(tmp_path / "second")


def test_a_kill_after_any_pair_costs_nothing(folders, tmp_path, monkeypatch):
    evaluate(folders, tmp_path / "whole")
    expected = files_of(tmp_path / "whole")
    lines = expected["pairs_gfla.jsonl"].splitlines(keepends=True)
    scored = []
    scorer = judging.PairScorer.__call__
    monkeypatch.setattr(
        judging.PairScorer,
        "__call__",
        lambda self, *args: (scored.append(len(args[0])), scorer(self, *args))[1],
    )
    for content, again in {
        b"".join(lines[:9]): 2,  # the first batch is there
        b"".join(lines[:7]): 10,  # not all of it is
        b"".join(lines[:9]) + lines[9][:20]: 2,  # a line is cut off
        lines[0][:10]: 10,
    }.items():
        output = tmp_path / f"killed{len(content)}"
        output.mkdir()
        (output / "pairs_gfla.jsonl").write_bytes(content)
        scored.clear()
        evaluate(folders, output)
        assert files_of(output) == expected and sum(scored) == again


def test_lines_of_another_evaluation_are_not_gone_on_with(folders, tmp_path, capsys):
    evaluate(folders, tmp_path)
    with pytest.raises(SystemExit):
        evaluate(folders, tmp_path, scores=["l1"])
    assert "holds another evaluation" in capsys.readouterr().err


def test_another_resize_filter_gives_another_figure_and_says_so(folders, tmp_path):
    plain = evaluate(folders, tmp_path / "plain", "--protocol", "cfld", scores=["l1", "ssim"])
    other = evaluate(
        folders, tmp_path / "other", "--protocol", "cfld", "--resize", "pillow_lanczos", scores=["l1", "ssim"]
    )
    assert all(abs(a["value"] - b["value"]) > 1e-5 for a, b in zip(plain, other))
    assert {row["protocol"] for row in other} == {"cfld, but resized by pillow_lanczos"}
    assert other[0]["origin"]["protocol"]["resize"] == "pillow_lanczos"
    assert "cfld, but resized by pillow_lanczos" in (tmp_path / "other/results.md").read_text()


def test_two_protocols_on_the_same_pictures_differ_and_the_table_shows_by_how_much(folders, tmp_path):
    rows = evaluate(folders, tmp_path, "--protocol", "gfla", "pidm", scores=["ssim"])
    gfla, pidm = (row["value"] for row in rows)
    assert abs(gfla - pidm) > 1e-3
    table = (tmp_path / "results.md").read_text()
    assert "| differ by |" in table and f"{abs(gfla - pidm):.4g} |" in table


def test_the_best_and_the_worst_are_those(folders, tmp_path):
    evaluate(folders, tmp_path, scores=["l1"])
    rows = [json.loads(line) for line in (tmp_path / "pairs_gfla.jsonl").read_text().splitlines()[1:]]
    assert [row["name"] for row in sorted(rows, key=lambda row: row["l1"])] == [
        f"source{n}_2_{n}_vis" for n in range(10)
    ]


def test_lpips_and_the_distances_on_vgg16_are_named_so(folders, tmp_path):
    rows = evaluate(folders, tmp_path, scores=["lpips", "masked_lpips", "frechet_vgg16", "kernel_vgg16"])
    results = {row["score"]: row for row in rows}
    assert results["lpips"]["value"] > results["masked_lpips"]["value"] > 0
    assert results["frechet_vgg16"]["value"] > 0 and "low" not in results["frechet_vgg16"]
    assert "fid" not in results
    weights = results["lpips"]["origin"]["weights"]
    assert set(weights) == {"LPIPS alexnet", "VGG16"} and all(
        len(digest) == 64 for digest in weights.values()
    )
    assert "takes the training set" in (tmp_path / "results.md").read_text()


def test_pictures_match_by_the_published_names_or_by_their_own(folders, tmp_path):
    pairs, without = match(folders / "generated", folders / "truth")
    assert [pair.truth.name for pair in pairs] == [f"{n}.png" for n in range(10)] and not without
    (tmp_path / "truth").mkdir()
    for name in ("truth/id02_2_side.png", "id02_1_front_2_id02_2_side_vis.jpg"):
        Image.new("RGB", (8, 8)).save(tmp_path / name)
    pairs, _ = match(tmp_path, tmp_path / "truth")
    assert [pair.truth.name for pair in pairs] == ["id02_2_side.png"]
    (tmp_path / "id02_1_front_2_id02_2_side_vis.jpg").unlink()
    Image.new("RGB", (8, 8)).save(tmp_path / "3.jpg")
    Image.new("RGB", (8, 8)).save(tmp_path / "unknown.jpg")
    pairs, without = match(tmp_path, folders / "truth")
    assert [pair.name for pair in pairs] == ["3"] and without == ["unknown.jpg"]
    (tmp_path / "3.jpg").unlink()
    with pytest.raises(GflaError, match=r"No picture in .* has a true one in"):
        match(tmp_path, folders / "truth")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--protocol", "mine"], "There is no protocol 'mine': choose one of gfla, cfld, pidm, nted"),
        (["--resize", "best"], "There is no resize filter 'best'"),
        (["--truth", "nowhere"], "The folder nowhere is missing"),
        (["--scores", "fid"], "need the weights of Inception: name their file with --inception"),
        (["--scores", "beauty"], "There is no score 'beauty'"),
    ],
)
def test_mistakes_are_told(folders, tmp_path, capsys, options, sentence):
    with pytest.raises(SystemExit):
        main(
            [
                str(folders / "generated"),
                "--truth",
                str(folders / "truth"),
                "--output",
                str(tmp_path / "out"),
                *options,
            ]
        )
    assert sentence in capsys.readouterr().err


def test_every_protocol_is_known_by_its_name():
    for name, protocol in PROTOCOLS.items():
        assert find_protocol(name) is protocol and protocol.name == name
        assert find_protocol(name, protocol.resize) is protocol  # no other filter, no other name


def test_an_interval_holds_the_mean_and_narrows_with_more_pictures():
    draw = np.random.default_rng(0)
    few, many = (interval(draw.normal(5, 1, count)) for count in (20, 2000))
    assert few[1] < 5 < few[2] and few[2] - few[1] > 5 * (many[2] - many[1])
    assert interval([2.0, 2.0]) == (2.0, 2.0, 2.0)


@pytest.fixture
def films(tmp_path):
    """Six true frames of a textured square that moves by two pixels a frame, and a generated film that flickers."""
    draw = np.random.default_rng(0)
    ground, square = (draw.integers(0, 255, (*size, 3)).astype(np.uint8) for size in ((64, 96), (24, 24)))
    ground = np.asarray(Image.fromarray(ground[::8, ::8]).resize((96, 64), Image.Resampling.BICUBIC))
    square = np.asarray(Image.fromarray(square[::6, ::6]).resize((24, 24), Image.Resampling.BICUBIC))
    for name in ("truth", "same", "flickers"):
        (tmp_path / name).mkdir()
    for number in range(6):
        frame = ground.copy()
        frame[20:44, 10 + 2 * number : 34 + 2 * number] = square
        flicker = np.clip(frame.astype(int) + 20 * (number % 2), 0, 255).astype(np.uint8)
        for name, picture in (("truth", frame), ("same", frame), ("flickers", flicker)):
            Image.fromarray(picture).save(tmp_path / name / f"{number:03d}.png")
    return tmp_path


def test_a_film_that_flickers_has_a_larger_warping_error_than_the_true_one(films):
    found = {}
    for name in ("same", "flickers"):
        options = [
            "--truth",
            str(films / "truth"),
            "--output",
            str(films / f"{name}_scores"),
            "--film",
            "--scores",
            *FILM_SCORES,
        ]
        main([str(films / name), *options])
        lines = (films / f"{name}_scores/results.jsonl").read_text().splitlines()
        found[name] = {row["score"]: row for row in map(json.loads, lines)}
    assert found["same"]["warping_error"]["value"] == found["same"]["true_warping_error"]["value"] < 0.02
    assert found["same"]["warping_error"]["counted"] == 5  # the first frame has none before it
    flickers = found["flickers"]["warping_error"]["value"]
    assert flickers == pytest.approx(20 / 255, abs=0.025)


def test_a_film_of_one_frame_and_a_film_that_is_a_network_are_told(films, capsys):
    for number in range(1, 6):
        (films / f"same/{number:03d}.png").unlink()
    for what, sentence in (
        (films / "same", "A film of one frame"),
        ("tests/fixtures/tiny_pose.tflite", "is a network, and --film"),
    ):
        with pytest.raises(SystemExit):
            main(
                [
                    str(what),
                    "--truth",
                    str(films / "truth"),
                    "--output",
                    str(films / "scores"),
                    "--film",
                    "--scores",
                    "warping_error",
                ]
            )
        assert sentence in capsys.readouterr().err
