"""The 16 maps of a face, on points made by hand."""

import cv2
import numpy as np
import pytest

from gfla_tf.keypoints.face_structure import (
    CURVES,
    DISTANCES,
    EDGES,
    FACE_CHANNELS,
    LABEL,
    SCALE,
    face_maps,
    face_structure,
    structure_picture,
)

SIZE = 90, 100


def square_face():
    """68 points on straight lines: a jaw from (20, 30) down to y = 70 and up to (80, 30), everything else on rows and columns."""
    points = np.zeros((68, 2), np.float32)
    points[:5] = [(20, y) for y in (30, 40, 50, 60, 70)]
    points[5:12] = [(x, 70) for x in (30, 40, 45, 50, 55, 60, 70)]
    points[12:17] = [(80, y) for y in (70, 60, 50, 40, 30)]
    points[17:22] = [(x, 34) for x in (28, 32, 36, 40, 44)]
    points[22:27] = [(x, 34) for x in (56, 60, 64, 68, 72)]
    points[27:31] = [(50, y) for y in (38, 42, 46, 50)]
    points[31:36] = [(x, 54) for x in (46, 48, 50, 52, 54)]
    points[36:42] = [(30, 40), (34, 38), (38, 38), (42, 40), (38, 42), (34, 42)]
    points[42:48] = [(58, 40), (62, 38), (66, 38), (70, 40), (66, 42), (62, 42)]
    points[48:60] = [(38, 62), (42, 59), (46, 59), (50, 59), (54, 59), (58, 59), (62, 62),
                     (58, 65), (54, 65), (50, 65), (46, 65), (42, 65)]  # fmt: skip
    points[60:68] = [(40, 62), (45, 61), (50, 61), (55, 61), (60, 62), (55, 63), (50, 63), (45, 63)]
    return points


@pytest.fixture(scope="module")
def maps():
    return face_maps(square_face(), SIZE)


def test_there_are_a_drawing_14_distances_and_labels(maps):
    assert FACE_CHANNELS == 16 and len(CURVES) == 14
    assert maps.shape == (*SIZE, 16) and maps.dtype == np.uint8
    assert set(np.unique(maps[..., EDGES])) == {0, 1}
    assert set(np.unique(maps[..., LABEL])) == set(range(7))


def test_every_point_but_the_upper_ridge_lies_on_a_curve():
    drawn = {index for curve in CURVES for index in curve}
    assert set(range(68)) - drawn == {27, 29, 30}
    assert drawn - set(range(68)) == set(range(68, 83))


def test_a_distance_map_is_the_city_block_distance_to_its_curve(maps):
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    brow = np.maximum(np.maximum(28 - x, x - 44), 0) + np.abs(y - 34)
    np.testing.assert_array_equal(maps[..., 2], brow)
    lower_nose = np.maximum(np.maximum(46 - x, x - 54), 0) + np.abs(y - 54)
    np.testing.assert_array_equal(maps[..., 5], lower_nose)


def test_the_drawing_is_where_some_distance_is_zero(maps):
    np.testing.assert_array_equal(maps[..., EDGES] == 1, (maps[..., DISTANCES] == 0).any(axis=-1))


def test_the_face_is_closed_over_the_forehead_by_the_mirrored_jaw(maps):
    assert maps[50, 20, EDGES] == maps[70, 50, EDGES] == 1
    top = round(30 - (70 - 30) * 2 / 3)
    assert maps[top, 50, EDGES] == 1 and maps[top, 50, 1] == 0
    assert maps[top + 2, 50, LABEL] == 1 and maps[top - 2, 50, LABEL] == 0


def test_labels_name_the_parts_inside_out(maps):
    for (x, y), label in {
        (50, 68): 1,
        (36, 34): 2,
        (64, 34): 2,
        (50, 52): 3,
        (36, 40): 4,
        (64, 40): 4,
        (50, 60): 5,
        (50, 64): 5,
        (50, 62): 6,
        (5, 5): 0,
    }.items():
        assert maps[y, x, LABEL] == label, (x, y)


def test_edges_of_the_picture_are_drawn_outside_the_face_only(maps):
    image = np.zeros((*SIZE, 3), np.uint8)
    cv2.rectangle(image, (84, 10), (98, 80), (255, 255, 255), -1)  # beside the face
    cv2.rectangle(image, (30, 45), (40, 52), (255, 255, 255), -1)  # on it
    with_edges = face_maps(square_face(), SIZE, image)
    added = (with_edges[..., EDGES] == 1) & (maps[..., EDGES] == 0)
    assert added[:, 82:].sum() > 50
    assert not added[:, :81].any()
    np.testing.assert_array_equal(with_edges[..., 1:], maps[..., 1:])


def test_distances_are_clipped_and_a_face_out_of_the_picture_is_far_away():
    large = face_maps(square_face(), (300, 300))
    assert large[..., DISTANCES].max() == 255 and large[299, 299, 2] == 255
    gone = face_maps(square_face() + 1000, SIZE)
    assert not gone[..., [EDGES, LABEL]].any() and (gone[..., DISTANCES] == 255).all()


def test_the_networks_see_it_scaled_to_at_most_one(maps):
    structure = face_structure(square_face(), SIZE)
    assert structure.dtype == np.float32 and structure.min() == 0 and structure.max() == 1
    np.testing.assert_allclose(structure[..., DISTANCES] * 255, maps[..., DISTANCES] / 3, rtol=1e-6)
    np.testing.assert_allclose(structure[..., LABEL] * 6, maps[..., LABEL], rtol=1e-6)
    np.testing.assert_array_equal(structure, maps * SCALE)


def test_the_picture_of_a_structure_is_its_drawing(maps):
    for structure in (maps, maps * SCALE):
        picture = structure_picture(structure)
        assert picture.shape == (*SIZE, 3) and picture.dtype == np.uint8
        np.testing.assert_array_equal(picture[..., 0] == 0, maps[..., EDGES] == 1)
