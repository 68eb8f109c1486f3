"""Pictures: colors of flow, skeletons, grids that hold every cell, loss curves."""

import subprocess
import sys

import cv2
import numpy as np
import pytest
from matplotlib.axes import Axes

from gfla_tf.errors import GflaError
from gfla_tf.keypoints.poses import heat_maps
from gfla_tf.pictures import drawing as visualization
from gfla_tf.pictures.curves import loss_curves
from gfla_tf.pictures.drawing import (
    JOINT_COLORS,
    draw_skeleton,
    flow_to_color,
    labeled_grid,
    mask_to_gray,
    pose_picture,
    skeleton_from_heat_maps,
    to_uint8,
    training_grid,
    write_png,
)


def keypoints(size=64):
    rng = np.random.default_rng(3)
    return np.concatenate([rng.integers(4, size - 4, (18, 2)), np.ones((18, 1))], -1).astype(np.float32)


def hue(color):
    return float(cv2.cvtColor(np.float32(color).reshape(1, 1, 3) / 255, cv2.COLOR_RGB2HSV)[0, 0, 0])


def test_it_needs_neither_tensorflow_nor_keras():
    heavy = "{'tensorflow', 'keras', 'matplotlib'}"
    code = f"import sys, gfla_tf.pictures.drawing; assert not {heavy} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_images_run_from_minus_one_to_one_and_are_rounded():
    image = np.array([-1.0, 0.0, 1.0, -3.0, 3.0, np.nan, np.inf], np.float32)
    assert to_uint8(image).tolist() == [0, 128, 255, 0, 255, 0, 255]
    every = np.arange(256, dtype=np.uint8)
    np.testing.assert_array_equal(to_uint8(every / 127.5 - 1.0), every)
    assert to_uint8(every) is every


def test_the_hue_of_a_flow_is_its_direction_and_the_saturation_its_length():
    right_down_left_up = np.float32([[(3, 0), (0, 3), (-3, 0), (0, -3)]])
    colors = flow_to_color(right_down_left_up)[0]
    assert [hue(color) for color in colors] == pytest.approx([0, 90, 180, 270], abs=1)
    flow = np.float32([[(0, 0), (1, 0), (2, 0), (4, 0)]])
    np.testing.assert_allclose(flow_to_color(flow)[0, :, 1], [255, 191, 128, 0], atol=1)
    np.testing.assert_allclose(flow_to_color(flow, max_norm=2.0)[0, :, 1], [255, 128, 0, 0], atol=1)


def test_flows_that_are_zero_infinite_or_nan_have_colors():
    assert (flow_to_color(np.zeros((2, 3, 2))) == 255).all()
    flow = np.float32([[(np.nan, 0), (np.inf, 1), (2, 0)]])
    assert flow_to_color(flow)[0].tolist() == [[0, 0, 0], [0, 0, 0], [255, 0, 0]]


def test_masks_are_gray_with_or_without_a_channel():
    mask = np.float32([[0.0, 0.5, 1.0, np.nan]])
    np.testing.assert_array_equal(mask_to_gray(mask), mask_to_gray(mask[..., None]))
    assert mask_to_gray(mask)[0, :, 2].tolist() == [0, 128, 255, 0]


def test_a_skeleton_has_every_joint_in_its_own_color_and_leaves_the_image_alone():
    image, points = np.full((64, 64, 3), 9, np.uint8), np.array(keypoints())
    points[:, :2] = [(8 + 10 * (joint % 6), 10 + 20 * (joint // 6)) for joint in range(18)]
    picture = draw_skeleton(image, points)
    for joint, (x, y) in enumerate(points[:, :2].astype(int)):
        assert picture[y, x].tolist() == list(JOINT_COLORS[joint])
    assert len(set(JOINT_COLORS)) == 18 and (image == 9).all()


def test_missing_joints_take_their_limbs_with_them():
    points = np.zeros((18, 3), np.float32)
    points[0] = (10, 10, 1)  # the nose alone
    points[1] = (np.nan, 40, 1)
    picture = draw_skeleton(np.zeros((64, 64, 3), np.uint8), points)
    assert picture[10, 10].tolist() == [255, 0, 0]
    assert set(zip(*np.nonzero(picture.any(-1)))) <= {(y, x) for y in range(7, 14) for x in range(7, 14)}


def test_joints_far_outside_the_image_do_no_harm():
    points = keypoints()
    points[4, :2] = 1e12, -1e12
    assert draw_skeleton(np.zeros((64, 64, 3), np.uint8), points, thickness=3).any()


def test_a_skeleton_comes_back_from_its_heat_maps_and_faint_maps_have_no_joint():
    points = keypoints()
    points[5, 2] = 0
    found = skeleton_from_heat_maps(heat_maps(points, (64, 64)))
    present = points[:, 2] > 0
    np.testing.assert_array_equal(found[present], points[present])
    assert found[5, 2] == 0
    assert (skeleton_from_heat_maps(np.full((8, 8, 18), 0.04))[:, 2] == 0).all()


def test_a_pose_of_other_joints_is_drawn_as_its_heat_maps():
    maps = heat_maps(keypoints()[:5], (64, 64), 2.0)
    np.testing.assert_array_equal(pose_picture(maps), mask_to_gray(maps.max(-1)))


def test_a_grid_holds_pictures_of_mixed_sizes_and_kinds_in_their_proportions():
    color = np.zeros((20, 10, 3), np.uint8)
    color[:] = 200, 10, 60
    gray = np.full((300, 150), 5, np.uint8)
    single = np.full((8, 8, 1), 11, np.uint8)
    grid = labeled_grid(
        [[("tall", color), ("a much longer label than that", gray)], [("two\nlines", single)]], 100, "title"
    )
    assert grid.dtype == np.uint8 and grid.shape[2] == 3
    assert (grid == (200, 10, 60)).all(-1).sum() == 100 * 50
    assert (grid == 5).all(-1).sum() == 100 * 50
    assert (grid == 11).all(-1).sum() == 100 * 100
    box = labeled_grid([[("", color)]], cell=(40, 10))  # fits into both: the width decides
    assert (box == (200, 10, 60)).all(-1).sum() == 20 * 10


def test_labels_stand_above_their_pictures_and_are_not_cut_off():
    picture = np.full((30, 30, 3), 250, np.uint8)
    grid = labeled_grid([[("a label wider than its picture", picture)]], 30)
    ink = (grid < 120).all(-1)
    rows, columns = np.nonzero(ink)
    assert ink.sum() > 100 and rows.max() < 24
    assert 0 < columns.min() and columns.max() < grid.shape[1] - 1


def test_an_empty_grid_is_refused():
    with pytest.raises(GflaError, match="at least one picture"):
        labeled_grid([[]])


def test_the_training_grid_shows_levels_coarsest_first_and_no_more_rows_than_asked(monkeypatch):
    shown = []
    monkeypatch.setattr(visualization, "labeled_grid", lambda rows, cell: shown.extend(rows))
    rng = np.random.default_rng(0)
    image = rng.uniform(-1, 1, (3, 32, 32, 3)).astype(np.float32)
    pose = heat_maps(np.stack([keypoints(32)] * 3), (32, 32), 2.0)
    batch = {
        "source_image": image,
        "target_image": -image,
        "source_pose": pose,
        "target_pose": pose,
        "other": None,
    }
    outputs = {"generated": image / 2, "attention_2": image, "flow_0": np.ones((3, 32, 32, 2))}
    for level in (2, 3):
        size = 32 >> level
        outputs[f"flow_{level}"] = np.full((3, size, size, 2), [3.0 * level, 4.0 * level])
        outputs[f"mask_{level}"] = np.full((3, size, size, 1), 1.0)
    training_grid(batch, outputs, max_rows=2)
    labels = [label for label, _ in shown[0]]
    assert len(shown) == 2
    assert labels == [
        "source", "source pose", "target pose", "flow_3, max 15.0 px", "mask_3",
        "flow_2, max 10.0 px", "mask_2", "flow_0, max 1.4 px", "generated", "target",  # the flow of pixels has no mask
    ]  # fmt: skip
    np.testing.assert_array_equal(shown[1][0][1], to_uint8(image[1]))
    np.testing.assert_array_equal(shown[1][-1][1], to_uint8(-image[1]))


def test_the_training_grid_is_a_picture_even_of_a_broken_network():
    image, pose = np.full((1, 32, 32, 3), np.nan), np.full((1, 32, 32, 18), np.nan)
    batch = {"source_image": image, "target_image": image, "source_pose": pose, "target_pose": pose}
    outputs = {
        "generated": image,
        "flow_3": np.full((1, 4, 4, 2), np.inf),
        "mask_3": np.full((1, 4, 4, 1), np.nan),
    }
    assert training_grid(batch, outputs).shape[2] == 3
    assert training_grid(batch, {}).shape[2] == 3


def test_a_png_keeps_its_colors_and_leaves_no_temporary_file(tmp_path):
    picture = np.random.default_rng(0).integers(0, 255, (9, 7, 3)).astype(np.uint8)
    write_png(tmp_path / "new" / "p.png", picture)
    np.testing.assert_array_equal(cv2.imread(str(tmp_path / "new" / "p.png"))[..., ::-1], picture)
    assert len(list((tmp_path / "new").iterdir())) == 1
    with pytest.raises(GflaError, match=r"Cannot write the picture .*p.png/q.png"):
        write_png(tmp_path / "new" / "p.png" / "q.png", picture)


def test_loss_curves_are_drawn_from_a_csv_with_gaps(tmp_path):
    path = tmp_path / "metrics.csv"
    path.write_text(
        "step,stage,epoch,time,l1,style,sign\n10,flow,0,1.0,5,,-1\n"
        "20,flow,1,2.0,0.5,,nan\n30,all,2,3.0,0.05,,1\n"
    )
    loss_curves(path, tmp_path / "curves.png")
    picture = cv2.imread(str(tmp_path / "curves.png"))
    assert picture.shape[1] > picture.shape[0] > 200 and picture.std() > 10
    assert sorted(p.name for p in tmp_path.iterdir()) == ["curves.png", "metrics.csv"]
    with pytest.raises(
        GflaError, match=r"Cannot write the loss curves .*metrics\.csv/curves\.png: File exists"
    ):
        loss_curves(path, path / "curves.png")


def test_steps_of_loss_curves_go_on_from_stage_to_stage(tmp_path, monkeypatch):
    drawn, plot = [], Axes.plot

    def spy(axes, x, y, **style):
        drawn.append((style["label"], [*x], [*y]))
        return plot(axes, x, y, **style)

    monkeypatch.setattr(Axes, "plot", spy)
    path = tmp_path / "metrics.csv"
    path.write_text(
        "step,stage,epoch,time,loss,l1\n10,flow,0,1,5,\n15,flow,1,2,4,\n10,full,0,3,3,7\n20,full,1,4,2,6\n"
    )
    loss_curves(path, tmp_path / "curves.png")
    assert drawn == [
        ("flow", [10, 15], [5, 4]), ("full", [25, 35], [3, 2]), ("flow", [], []), ("full", [25, 35], [7, 6]),
    ]  # fmt: skip


@pytest.mark.parametrize("text", [None, "", "step,l1\n", "a,b\n1,2\n", "step,l1\nx,1\n"])
def test_loss_curves_of_no_metrics_say_so(tmp_path, text):
    if text is not None:
        (tmp_path / "m.csv").write_text(text)
    with pytest.raises(GflaError, match=r"m.csv is not a metrics CSV with rows"):
        loss_curves(tmp_path / "m.csv", tmp_path / "curves.png")
