"""The judgement of `make quickstart`: figures of made-up results that are known beforehand, their table and their picture."""

import numpy as np
import pytest

from demo.quickstart import GOALS, SHOWN, picture, report, scores
from gfla_tf import visualization

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
    result = {name: limit for name, (limit, _) in GOALS.items()}  # a limit itself is within
    if unmet:
        result[unmet] += 0.001 if GOALS[unmet][1] == "<=" else -0.001
    header, *lines = report(result).splitlines()
    assert header.split()[-2:] == ["measured", "goal"] and len(lines) == len(GOALS)
    for line, (name, (limit, sense)) in zip(lines, GOALS.items(), strict=True):
        verdict = "NO" if name == unmet else "yes"
        assert line.split()[-4:] == [f"{result[name]:.3f}", sense, f"{limit:.2f}", verdict]


def test_the_picture_has_a_row_per_person_with_what_was_given_and_made(samples, monkeypatch):
    rows = []
    draw = visualization.labelled_grid
    monkeypatch.setattr(
        visualization,
        "labelled_grid",
        lambda given, **settings: rows.extend(given) or draw(given, **settings),
    )
    generated, ablation = image(samples, "target"), image(samples, "source")
    drawn = picture(samples, outputs(generated, FLOW), {"generated": ablation}, "Title")
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
        # One scale for both: the same motion has the same colour.
        assert np.array_equal(shown["true flow"][10, 8], shown["flow_1"][5, 4])
