"""Reading photos, and cropping the person to a network's size."""

import cv2
import numpy as np
import pytest
from PIL import Image

from gfla_tf.errors import GflaError
from gfla_tf.inference.photos import (
    MARGINS,
    Box,
    crop,
    crop_keypoints,
    half_figure_box,
    inside_photo,
    person_box,
)
from gfla_tf.io.pictures import read_picture


def keypoints(*positions):
    joints = np.zeros((18, 3), np.float32)
    joints[: len(positions)] = [(*position, 1) for position in positions]
    return joints


@pytest.mark.parametrize("size", [(256, 256), (128, 64), (64, 96)])
def test_the_crop_has_the_networks_proportions_and_a_margin_around_every_joint(size):
    joints = keypoints((100, 200), (180, 520), (130, 300), (90, 410))
    box = person_box(joints, size, "a.json")
    assert box.width / box.height == pytest.approx(size[1] / size[0], abs=0.01)
    sides, above, below = np.array(MARGINS) * (520 - 200)
    left, top, right, bottom = 90 - sides, 200 - above, 180 + sides, 520 + below
    assert box.left <= left + 1 and box.top <= top + 1
    assert box.left + box.width >= right and box.top + box.height >= bottom
    assert (
        min(box.width - (right - left), box.height - (bottom - top)) < 2
    )  # no more than the proportions ask
    middle = (left + right) / 2, (top + bottom) / 2
    np.testing.assert_allclose((box.left + box.width / 2, box.top + box.height / 2), middle, atol=1.01)


def test_joints_stay_on_their_pixels():
    image = np.zeros((300, 200, 3), np.uint8)
    spots = [(60, 80), (120, 90), (70, 200), (130, 230)]
    for x, y in spots:
        image[y - 3 : y + 4, x - 3 : x + 4] = 255
    joints = keypoints(*spots)
    for size in ((128, 96), (600, 450)):  # shrinks and enlarges
        box = person_box(joints, size, "a.jpg")
        small, moved = crop(image, box, size), crop_keypoints(joints, box, size)
        _, _, _, centers = cv2.connectedComponentsWithStats((small[..., 0] > 64).astype(np.uint8))
        for position in moved[:4, :2]:
            assert np.hypot(*(centers[1:] - position).T).min() < 0.5
        assert (moved[4:] == 0).all()


def test_beyond_the_photo_lies_the_color_of_its_border():
    image = np.random.default_rng(0).integers(0, 256, (40, 30, 3), np.uint8)
    image[:, 0], image[:, -1], image[0] = (200, 10, 20), (200, 10, 20), (200, 10, 20)
    cropped = crop(image, Box(-10, -10, 50, 60), (60, 50))
    np.testing.assert_array_equal(cropped[10:50, 10:40], image)
    assert (cropped[:10] == (200, 10, 20)).all() and (cropped[:, 40:] == (200, 10, 20)).all()


def test_a_half_figure_ends_where_its_photo_ends():
    joints, names = (
        keypoints((5, 5), (15, 5), (5, 35), (15, 35)),
        ("left_hip", "right_hip", "left_knee", "right_ankle"),
    )
    box, size = Box(0, 0, 60, 80), (50, 60)
    assert half_figure_box(box, joints, names, size) == box, "legs are seen"
    joints[2:] = 0
    assert half_figure_box(box, joints, names, size) == Box(0, -30, 60, 80)
    assert half_figure_box(box, joints, names, (90, 60)) == box, "the photo continues below"


def test_shrinking_averages():
    image = (np.indices((400, 400)).sum(0) % 2 * 255).astype(np.uint8)[..., None].repeat(3, -1)
    cropped = crop(image, Box(0, 0, 400, 400), (40, 40))
    assert np.abs(cropped.astype(int) - 127).max() <= 1


def test_joints_outside_the_photo_are_missing():
    joints = inside_photo(keypoints((0, 0), (29, 39), (30, 5), (5, -3)), (40, 30))
    np.testing.assert_array_equal(joints[:4, 2], [1, 1, 0, 0])


def test_too_few_joints_are_refused():
    with pytest.raises(GflaError, match=r"a\.json shows 3 joints"):
        person_box(keypoints((1, 2), (3, 4), (5, 6)), (64, 64), "a.json")


def test_photos_come_upright_as_rgb(tmp_path):
    image = np.zeros((40, 60, 3), np.uint8)
    image[:, :30] = (255, 0, 0)
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: rotate by 90 degrees clockwise
    Image.fromarray(image).save(tmp_path / "a.jpg", exif=exif, quality=95)
    photo = read_picture(tmp_path / "a.jpg")
    assert photo.shape == (60, 40, 3) and photo.dtype == np.uint8
    assert photo[10, 20, 0] > 200 and photo[10, 20, 2] < 50 and photo[50, 20].max() < 50
    Image.fromarray(image).convert("L").save(tmp_path / "gray.png")
    assert read_picture(tmp_path / "gray.png").shape == (40, 60, 3)


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp"])
def test_truncated_photos_are_refused(tmp_path, suffix):
    path = tmp_path / f"photo.{suffix}"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (200, 200, 3), np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[:-20_000])
    with pytest.raises(GflaError, match=r"Cannot read the photo .*truncated"):
        read_picture(path)


def test_what_is_no_photo_is_refused(tmp_path):
    for content in (b"", b"not an image"):
        (tmp_path / "a.jpg").write_bytes(content)
        with pytest.raises(GflaError, match=r"Cannot read the photo .*a\.jpg"):
            read_picture(tmp_path / "a.jpg")
    with pytest.raises(GflaError, match=r"Cannot read the photo .*: No such file"):
        read_picture(tmp_path / "absent.jpg")
    with pytest.raises(GflaError, match="Cannot read the photo"):
        read_picture(tmp_path)
