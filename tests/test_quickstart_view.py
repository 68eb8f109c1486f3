"""The judgment of the view quickstart: figures of made-up results that are known beforehand, its picture and its turn."""

import types

import numpy as np
import pytest

from examples.quickstarts import view
from gfla_tf.keypoints.views import view_codes

SIZE, OBJECTS = (16, 16), 6
SOURCE = 3  # the azimuth's number of all sources
DIFFERENCE = 0.4  # between source and target, of images in [-1, 1], except from where the source was taken
FLOW = (3.0, -2.0)


@pytest.fixture(scope="module")
def samples():
    """Sources that are darker than all their targets but one."""
    count = 18 * OBJECTS
    target = np.random.default_rng(0).integers(100, 255, (count, *SIZE, 3), np.uint8)
    azimuth = np.tile(np.arange(18), OBJECTS)
    source = target - np.where(azimuth == SOURCE, 0, 51).astype(np.uint8)[:, None, None, None]
    mask = np.zeros((count, *SIZE), bool)
    mask[:, 4:12] = True
    return {
        "source_image": source, "target_image": target,
        "source_view": np.repeat(view_codes(SOURCE, 1)[None], count, axis=0), "target_view": view_codes(azimuth, 1),
        "target_mask": mask, "visibility": mask, "flow": np.where(mask[..., None], np.float32(FLOW), np.float32(0)),
    }  # fmt: skip


def image(samples, role):
    return samples[f"{role}_image"].astype(np.float32) / 127.5 - 1


def outputs(generated, flow):
    values = np.broadcast_to(np.float32(flow) / 2, (len(generated), 8, 8, 2))
    return {"generated": generated, "flow_1": values, "flow_2": 50 * values[:, ::2, ::2]}


def scores(samples, generated, flow, warped):
    return view.scores(samples, outputs(generated, flow), {"appearance_flow": {"generated": warped}})


def test_a_perfect_generator_has_no_error_and_the_ratios_0(samples):
    target, source = image(samples, "target"), image(samples, "source")
    result = scores(samples, target, FLOW, source)
    assert result["l1"]["generated"] == result["l1_of_copying"] == result["l1_of_appearance_flow"] == 0
    assert result["flow_error_of_zero_flow"] == 0
    assert result["zero_flow_error_pixels"] == pytest.approx(np.hypot(*FLOW))
    # The view that the source was taken from does not count: copying would be right there.
    assert result["l1"]["copied"] == result["object_l1"]["appearance flow"] == pytest.approx(DIFFERENCE)
    assert result["ssim"]["generated"] == pytest.approx(1) and result["ssim_above_copying"] > 0


def test_copying_the_source_with_no_flow_has_the_ratios_1_and_gains_nothing(samples):
    target, source = image(samples, "target"), image(samples, "source")
    result = scores(samples, source, (0, 0), (target + source) / 2)
    assert result["flow_error_of_zero_flow"] == result["l1_of_copying"] == 1
    assert result["l1_of_appearance_flow"] == pytest.approx(2)
    assert result["ssim_above_copying"] == 0 and result["ssim_above_appearance_flow"] < 0


def test_pairs_are_of_held_out_objects_from_all_azimuths_at_the_elevation_of_the_source(monkeypatch):
    monkeypatch.setattr(view, "HELD_OUT", 2)
    run = types.SimpleNamespace(
        config=types.SimpleNamespace(data=types.SimpleNamespace(dataset="synthetic_chairs")),
        generator=types.SimpleNamespace(image_size=(32, 32)),
    )
    samples = view.held_out(run)
    assert samples["target_image"].shape == (36, 32, 32, 3)
    for identity in range(2):
        codes = samples["target_view"][18 * identity : 18 * identity + 18]
        np.testing.assert_array_equal(codes[:, :18], np.eye(18))
        source = samples["source_view"][18 * identity : 18 * identity + 18]
        assert (source == source[0]).all() and (source[:, 18:] == codes[:, 18:]).all()
        copied = int(source[0, :18].argmax()) + 18 * identity
        np.testing.assert_array_equal(samples["target_image"][copied], samples["source_image"][copied])
        assert not samples["flow"][copied].any()


def test_the_network_sees_each_pair_once(samples):
    def model(**inputs):
        assert {name: value.shape for name, value in inputs.items()} == {
            "source_image": (1, *SIZE, 3), "source_view": (1, 21), "target_view": (1, 21),
        }  # fmt: skip
        return {"generated": inputs["source_image"], "seen": inputs["target_view"]}

    made = view.generate(model, samples)
    np.testing.assert_allclose(made["generated"], image(samples, "source"))
    np.testing.assert_array_equal(made["seen"], samples["target_view"])


def test_the_picture_and_the_turn_show_everything(samples):
    target, source = image(samples, "target"), image(samples, "source")
    still, turn = view.picture(
        samples, outputs(target, FLOW), {"appearance_flow": {"generated": source}}, "title"
    )
    assert still.dtype == np.uint8 and still.ndim == 3
    assert len(turn) == 36 and len({frame.shape for frame in turn}) == 1
    assert len({frame.tobytes() for frame in turn}) == 18
