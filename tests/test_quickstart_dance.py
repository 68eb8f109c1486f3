"""The judgment of the dance quickstart: figures of made-up results that are known beforehand, its sequences and its film."""

import types

import numpy as np
import pytest

from examples.quickstarts import dance
from gfla_tf.keypoints.dance_structure import dance_maps

CLIPS, FRAMES, SIZE = dance.SHOWN, 3, (32, 32)
STEP = 2  # pixels that everything moves to the right in a frame


@pytest.fixture(scope="module")
def samples():
    """Pictures that move to the right; what comes in from the left is not visible before."""
    draw = np.random.default_rng(0)
    pictures = draw.integers(0, 255, (CLIPS, *SIZE, 3), np.uint8)
    images = np.stack([np.roll(pictures, STEP * k, axis=2) for k in range(FRAMES + 1)], axis=1)
    targets = {}
    for source in ("reference", "previous"):
        steps = np.ones(FRAMES, int) if source == "previous" else 1 + np.arange(FRAMES)
        visible = np.arange(SIZE[1]) >= STEP * steps[:, None]
        targets[f"visibility_{source}"] = np.broadcast_to(visible[:, None], (CLIPS, FRAMES, *SIZE))
        flow = np.stack([-STEP * steps, 0 * steps], axis=-1).astype(np.float16)
        targets[f"flow_{source}"] = np.broadcast_to(flow[:, None, None], (CLIPS, FRAMES, *SIZE, 2))
    keypoints = np.concatenate(
        [draw.uniform(4, 28, (CLIPS, FRAMES + 1, 17, 2)), np.ones((CLIPS, FRAMES + 1, 17, 1))], -1
    )
    persons = np.zeros((CLIPS, FRAMES + 1, *SIZE), bool)
    persons[..., 8:24, 8:24] = True
    return {"images": images, "keypoints": keypoints.astype(np.float32), "persons": persons, **targets}


def outputs(samples, generated, share=1.0):
    """Frames, and flows at level 1 that are `share` of the true ones."""
    flows = {
        f"flow_{source}_1": share * samples[f"flow_{source}"][:, :, ::2, ::2].astype(np.float32) / 2
        for source in ("reference", "previous")
    }
    return {"generated": generated, **flows, "flow_reference_2": np.full((CLIPS, FRAMES, 8, 8, 2), 50.0)}


def videos(samples):
    images = samples["images"].astype(np.float32) / 127.5 - 1
    return images[:, 1:], np.repeat(images[:, :1], FRAMES, axis=1)


def test_a_perfect_network_has_no_error_and_the_ratios_0(samples):
    true, still = videos(samples)
    result = dance.scores(samples, outputs(samples, true), {"frame_by_frame": {"generated": still}})
    assert result["ssim"]["generated"] == result["ssim"]["true"] == pytest.approx(1)
    assert result["ssim_above_frame_by_frame"] == result["ssim_above_repeating"] > 0.3
    assert result["warping_error"]["generated"] == result["warping_error_of_frame_by_frame"] == 0
    assert result["person_l1_of_repeating"] == result["flow_error_of_zero_flow"] == 0
    assert result["previous_zero_flow_error_pixels"] == pytest.approx(STEP)
    assert STEP < result["reference_zero_flow_error_pixels"] < STEP * FRAMES


def test_the_baseline_itself_gains_nothing(samples):
    _, still = videos(samples)
    result = dance.scores(samples, outputs(samples, still, 0.0), {"frame_by_frame": {"generated": still}})
    assert result["ssim_above_frame_by_frame"] == 0
    assert result["warping_error_of_frame_by_frame"] == result["person_l1_of_repeating"] == 1
    assert result["flow_error_of_zero_flow"] == 1


def test_flicker_is_measured_along_the_motion(samples):
    true, _ = videos(samples)
    flicker = 0.1 * (np.arange(FRAMES) % 2)[:, None, None, None]
    baseline = {"generated": true + 0.3 + 2 * flicker}
    result = dance.scores(samples, outputs(samples, true + flicker), {"frame_by_frame": baseline})
    assert result["warping_error"]["generated"] == pytest.approx(0.1, rel=1e-3)
    assert result["warping_error_of_frame_by_frame"] == pytest.approx(0.5, rel=1e-3)


def test_every_goal_is_a_figure(samples):
    true, still = videos(samples)
    result = dance.scores(samples, outputs(samples, true), {"frame_by_frame": {"generated": still}})
    assert set(dance.GOALS) <= set(result)


class Recurrent:
    """A network that adds a tenth to the previous frame and gives the structure's sum for a flow."""

    description = types.MappingProxyType({"heat_map_sigma": 3.0, "limb_sigma": 1.0})
    inputs = ("previous_image",)

    def __call__(self, previous_image, target_structure, **state):
        return {"generated": previous_image + 0.1, "sum": target_structure.sum((1, 2, 3))}


class Framewise:
    description, inputs = Recurrent.description, ("source_image",)

    def __call__(self, source_image, source_pose, target_pose):
        return {"generated": source_image, "sum": (target_pose - source_pose).sum((1, 2, 3))}


def test_frames_follow_one_another_or_the_reference_alone(samples):
    _, still = videos(samples)
    maps = dance_maps(samples["keypoints"], SIZE, 3.0, 1.0).sum((2, 3, 4))
    drawn = dance.generate(Recurrent(), samples)
    np.testing.assert_allclose(drawn["generated"][:, 2], still[:, 2] + 0.3, atol=1e-5)
    np.testing.assert_allclose(drawn["sum"], maps[:, 1:], rtol=1e-4)
    drawn = dance.generate(Framewise(), samples)
    np.testing.assert_array_equal(drawn["generated"], still)
    np.testing.assert_allclose(drawn["sum"], maps[:, 1:] - maps[:, :1], atol=0.5)


def test_the_film_has_a_picture_for_each_frame(samples):
    true, still = videos(samples)
    film = dance.picture(samples, {"generated": true}, {"frame_by_frame": {"generated": still}}, "title")
    assert len(film) == FRAMES and len({frame.shape for frame in film}) == 1
    assert all(frame.dtype == np.uint8 for frame in film)
    assert (film[0] != film[1]).any()
