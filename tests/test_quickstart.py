"""`make quickstart`: what it trains and leaves behind, and the judgment of poses, whose figures are known beforehand."""

import json
import types
from pathlib import Path

import numpy as np
import pytest

import gfla_tf.litert.runner
from examples import quickstart
from examples.quickstart import report
from examples.quickstarts import pose
from examples.quickstarts.pose import GOALS, SHOWN, picture
from gfla_tf.pictures import drawing as visualization
from gfla_tf.training import runs

REPOSITORY = Path(__file__).parents[1]

COUNT, HEIGHT, WIDTH = SHOWN + 1, 32, 24
DIFFERENCE = 0.4  # between source and target on the person, of images in [-1, 1]; elsewhere it is twice that
FLOW = (3.0, -2.0)  # pixels of the image, wherever it is visible


@pytest.fixture
def samples():
    rng = np.random.default_rng(0)
    person = np.zeros((COUNT, HEIGHT, WIDTH), bool)
    person[:, 8:24, 6:18] = True
    target = rng.integers(0, 100, (COUNT, HEIGHT, WIDTH, 3), np.uint8)
    source = target + np.where(person, 51, 102).astype(np.uint8)[..., None]
    visibility = person.copy()
    visibility[:, :, 12:] = False
    flow = np.where(visibility[..., None], np.float32(FLOW), np.float32(1e3))
    keypoints = np.concatenate([rng.uniform(4, 20, (COUNT, 18, 2)), np.ones((COUNT, 18, 1))], -1)
    return {
        "source_image": source,
        "target_image": target,
        "source_keypoints": keypoints.astype(np.float32),
        "target_keypoints": keypoints.astype(np.float32),
        "target_person": person,
        "flow": flow,
        "visibility": visibility,
    }


def scores(samples, outputs, ablation):
    return pose.scores(samples, outputs, {"no_attention": ablation})


def image(samples, role):
    return samples[f"{role}_image"].astype(np.float32) / 127.5 - 1


def outputs(generated, flow):
    """What a network with attention at levels 2 and 1 gives; only its finest flow is `flow`, in pixels of the image."""
    result = {"generated": generated}
    for level, values in ((2, (50.0, 50.0)), (1, np.float32(flow) / 2)):
        size = (COUNT, HEIGHT >> level, WIDTH >> level)
        result[f"flow_{level}"] = np.full((*size, 2), values, np.float32)
        result[f"mask_{level}"] = np.full((*size, 1), 0.5, np.float32)
    return result


def test_a_perfect_generator_has_no_error_and_the_ratios_0(samples):
    copied = {"generated": image(samples, "source")}
    result = scores(samples, outputs(image(samples, "target"), FLOW), copied)
    assert result["flow_error_pixels"] == result["flow_error_of_zero_flow"] == 0
    assert result["zero_flow_error_pixels"] == pytest.approx(np.hypot(*FLOW))
    assert result["person_l1"]["generated"] == result["person_l1_of_copying"] == 0
    assert result["person_l1_of_no_attention"] == 0
    assert result["person_l1"]["copied"] == result["person_l1"]["no attention"] == pytest.approx(DIFFERENCE)
    assert result["ssim"]["generated"] == pytest.approx(1)
    assert result["ssim_above_copying"] == pytest.approx(1 - result["ssim"]["copied"])
    assert result["ssim"]["copied"] == result["ssim"]["no attention"] < 0.9


def test_copying_the_source_with_no_flow_has_the_ratios_1_and_gains_nothing(samples):
    target, source = image(samples, "target"), image(samples, "source")
    result = scores(samples, outputs(source, (0, 0)), {"generated": 2 * target - source})
    assert result["flow_error_of_zero_flow"] == 1 and result["person_l1_of_copying"] == 1
    assert result["person_l1_of_no_attention"] == pytest.approx(1)
    assert result["ssim_above_copying"] == 0


def test_half_the_way_has_half_the_error(samples):
    target, source = image(samples, "target"), image(samples, "source")
    quarter = {"generated": 0.75 * target + 0.25 * source}
    result = scores(samples, outputs((target + source) / 2, np.divide(FLOW, 2)), quarter)
    assert result["flow_error_of_zero_flow"] == pytest.approx(0.5)
    assert result["person_l1_of_copying"] == pytest.approx(0.5, abs=1e-5)
    assert result["person_l1_of_no_attention"] == pytest.approx(2, abs=1e-5)
    assert 0 < result["ssim_above_copying"] < 1 - result["ssim"]["copied"]


@pytest.mark.parametrize("unmet", [None, *GOALS])
def test_the_table_says_of_each_goal_whether_it_is_met(unmet):
    result = {name: limit for name, (limit, _, _) in GOALS.items()}  # a limit itself is within
    if unmet:
        result[unmet] += 0.001 if GOALS[unmet][1] == "<=" else -0.001
    header, *lines = report(pose, result).splitlines()
    assert header.split()[-2:] == ["measured", "goal"] and tuple(lines[len(GOALS) :]) == pose.NOTES
    for line, (name, (limit, sense, title)) in zip(lines, GOALS.items()):
        assert line.startswith(title)
        verdict = "NO" if name == unmet else "yes"
        assert line.split()[-4:] == [f"{result[name]:.3f}", sense, f"{limit:.2f}", verdict]


def test_the_picture_has_a_row_per_person_with_what_was_given_and_made(samples, monkeypatch):
    rows = []
    draw = visualization.labeled_grid
    monkeypatch.setattr(
        visualization,
        "labeled_grid",
        lambda given, **settings: rows.extend(given) or draw(given, **settings),
    )
    generated, ablation = image(samples, "target"), image(samples, "source")
    drawn = picture(samples, outputs(generated, FLOW), {"no_attention": {"generated": ablation}}, "Title")
    assert drawn.dtype == np.uint8 and drawn.shape[0] > 192 * SHOWN and drawn.shape[2] == 3
    assert len(rows) == SHOWN
    for i, row in enumerate(rows):
        shown = dict(row)
        assert list(shown) == [
            "source", "target pose", "generated (LiteRT)", "target", "no attention", "true flow", "flow_1", "mask_1",
        ]  # fmt: skip
        assert np.array_equal(shown["source"], samples["source_image"][i])
        assert np.array_equal(shown["target"], samples["target_image"][i])
        assert np.array_equal(shown["generated (LiteRT)"], samples["target_image"][i])
        assert np.array_equal(shown["no attention"], samples["source_image"][i])
        assert (shown["target pose"] != 32).any() and shown["flow_1"].shape == (16, 12, 3)
        # One scale for both: the same motion has the same color.
        assert np.array_equal(shown["true flow"][10, 8], shown["flow_1"][5, 4])


# === From the command to the files ===


@pytest.fixture
def trained(monkeypatch, tmp_path):
    """Stands in for training, conversion and running: what was trained, by name."""
    configs = {}

    class Run:
        def __init__(self, config, directory):
            self.config, self.directory = config, directory

        def train(self):
            self.directory.mkdir(parents=True)
            configs[self.config.name] = self.config

    monkeypatch.setattr(runs, "Run", Run)
    monkeypatch.setattr(quickstart, "_convert", lambda directory: directory.name)
    monkeypatch.setattr(gfla_tf.litert.runner, "TFLiteModel", lambda path: path)
    monkeypatch.chdir(REPOSITORY)
    return configs


def toy(drawn):
    """A quickstart whose figures are the lengths of the names of its runs."""
    return types.SimpleNamespace(
        CONFIG=pose.CONFIG,
        BASELINES={"small": ("full.steps=1", "flow.steps=0"), "blind": ("full.l1=0",)},
        UNSEEN="toys",
        NOTES=("A note.",),
        GOALS={"length": (3.0, "<=", "its length")},
        held_out=lambda run: {"of": run.config.name},
        generate=lambda model, samples: {"made by": model, "for": samples["of"]},
        scores=lambda samples, outputs, baselines: {
            "length": len(outputs["made by"]),
            "others": {name: made["made by"] for name, made in baselines.items()},
        },
        picture=lambda samples, outputs, baselines, title: drawn,
    )


def test_a_quickstart_trains_the_network_and_its_baselines_and_leaves_figures_and_a_picture(
    trained, tmp_path, capsys
):
    drawn = np.random.default_rng(0).integers(0, 255, (32, 32, 3), np.uint8)
    quickstart.quickstart(toy(drawn), ["name=abc", "full.steps=7"], tmp_path)
    assert list(trained) == ["abc", "abc_small", "abc_blind"]
    assert [config.full.steps for config in trained.values()] == [7, 1, 7]
    assert (trained["abc_small"].flow.steps, trained["abc_blind"].full.l1) == (0, 0)
    assert {path.name for path in (tmp_path / "abc").iterdir()} == {"result.json", "result.png"}
    figures = json.loads((tmp_path / "abc" / "result.json").read_text())
    assert figures == {"length": 3, "others": {"small": "abc_small", "blind": "abc_blind"}}
    printed = capsys.readouterr().out.splitlines()
    assert ["on", "toys", "measured", "goal"] in [line.split() for line in printed]
    assert "A note." in printed and printed[-1].startswith(f"picture: {tmp_path / 'abc' / 'result.png'}")


def test_frames_become_a_gif(trained, tmp_path):
    frames = list(np.random.default_rng(0).integers(0, 255, (4, 32, 32, 3), np.uint8))
    quickstart.quickstart(toy(frames), ["name=abc"], tmp_path)
    assert (tmp_path / "abc" / "result.gif").read_bytes().startswith(b"GIF89a")


def test_a_picture_and_frames_become_both(trained, tmp_path):
    frames = list(np.random.default_rng(0).integers(0, 255, (4, 32, 32, 3), np.uint8))
    quickstart.quickstart(toy((frames[0], frames)), ["name=abc"], tmp_path)
    assert {"result.png", "result.gif"} <= {path.name for path in (tmp_path / "abc").iterdir()}


@pytest.mark.parametrize("name", quickstart.names())
def test_every_quickstart_has_what_it_needs_and_trains_what_can_be_trained(name, monkeypatch):
    from gfla_tf.training.config_file import load_config

    task = quickstart.find(name)
    for function in (task.held_out, task.generate, task.scores, task.picture):
        assert callable(function)
    assert task.UNSEEN and all(sense in ("<=", ">=") and title for _, sense, title in task.GOALS.values())
    assert all(len(note) < 130 for note in task.NOTES)
    monkeypatch.chdir(REPOSITORY)
    for changes in ((), *task.BASELINES.values()):
        load_config(task.CONFIG, changes)
    assert load_config(task.CONFIG).name == f"{name}_quickstart"


@pytest.mark.parametrize(
    ("words", "called"),
    [
        ([], ("pose", [])),
        (["pose"], ("pose", [])),
        (["full.steps=3", "name=x"], ("pose", ["full.steps=3", "name=x"])),
        (["pose", "full.steps=3"], ("pose", ["full.steps=3"])),
    ],
)
def test_the_first_word_names_the_task_if_it_is_no_setting(monkeypatch, words, called):
    calls = []
    monkeypatch.setattr(
        quickstart, "quickstart", lambda task, overrides, runs: calls.append((task, overrides))
    )
    quickstart.main(words)
    assert [(task.__name__.rpartition(".")[2], overrides) for task, overrides in calls] == [called]


def test_an_unknown_quickstart_is_named_with_the_known_ones(capsys):
    with pytest.raises(SystemExit) as ended:
        quickstart.main(["dog"])
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("error: There is no quickstart 'dog': choose ")
