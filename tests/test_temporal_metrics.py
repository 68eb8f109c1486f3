"""The warping error of a sequence of frames."""

import numpy as np
import pytest

from gfla_tf.metrics.temporal import warp, warping_error


def test_a_sequence_that_follows_the_flow_has_no_warping_error():
    draw = np.random.default_rng(0)
    flow = np.round(draw.uniform(-3, 3, (4, 8, 8, 2))).astype(np.float32)
    frames = [draw.uniform(-1, 1, (8, 8, 3)).astype(np.float32)]
    for k in range(1, 4):
        frames.append(warp(frames[-1], flow[k]))
    seen = np.ones((4, 8, 8), bool)
    assert warping_error(np.stack(frames), flow, seen) == 0
    flickering = np.stack(frames) + 0.1 * (np.arange(4) % 2)[:, None, None, None]
    assert warping_error(flickering, flow, seen) == pytest.approx(0.1, rel=1e-4)


def test_the_warping_error_looks_at_visible_positions_alone():
    frames = np.zeros((3, 4, 4, 3), np.float32)
    frames[2, :2] = 1
    seen, flow = np.zeros((3, 4, 4), bool), np.zeros((3, 4, 4, 2), np.float32)
    assert np.isnan(warping_error(frames, flow, seen))
    seen[2, 2:] = True
    assert warping_error(frames, flow, seen) == 0
    seen[2, 1] = True
    assert warping_error(frames, flow, seen) == pytest.approx(1 / 3)


def test_warping_looks_up_where_the_flow_points():
    image = np.zeros((5, 6, 3), np.float32)
    image[2, 4] = 1
    flow = np.zeros((5, 6, 2), np.float32)
    flow[1, 3] = 1, 1  # x, y
    flow[4, 4] = 0, -1.5
    expected = np.zeros((5, 6))
    expected[2, 4] = expected[1, 3] = 1
    expected[4, 4] = 0.5
    np.testing.assert_allclose(warp(image, flow)[..., 0], expected, atol=1e-6)
