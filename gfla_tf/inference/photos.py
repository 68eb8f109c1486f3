"""Photographs and the crop of a person: from a photo of any size to a network's input.

The rule, also in `docs/poses.md`: the box around the joints that were found, grown by `MARGINS` times its longer
side (hair, hands and feet lie outside the joints), then widened about its center to the proportions of the
network's input. Beyond the photo lies one color, the median of its border. The crop is resized by area, so shrinking does
not alias. Positions are pixel indices: a joint at x lands at (x + 0.5 - left) * width / crop_width - 0.5.
"""

from typing import NamedTuple

import cv2
import numpy as np

from gfla_tf.errors import GflaError

# To the left and right, above, below. Hair above the eyes takes more than feet below the ankles. The joints of a
# standing person then take 0.77 of the height, as they do in the synthetic people that networks are trained on.
MARGINS = 0.15, 0.18, 0.12
# Of the 68 points of a face, which end at the brows. The head then lies as in the synthetic faces.
FACE_MARGINS = 0.6, 0.85, 0.4
MIN_JOINTS = 4  # fewer do not say where a person is


class Box(NamedTuple):
    """A crop in whole pixels of a photo; it may reach beyond it."""

    left: int
    top: int
    width: int
    height: int


def to_float(image):
    """uint8 image as the networks take it: float32 in [-1, 1]."""
    return image.astype(np.float32) / 127.5 - 1


def inside_photo(keypoints, image_size):
    """Keypoints (joints, 3) of which those outside a photo of `image_size` (height, width) are missing."""
    height, width = image_size
    x, y = keypoints[:, 0], keypoints[:, 1]
    inside = (x >= -0.5) & (x < width - 0.5) & (y >= -0.5) & (y < height - 0.5)
    return np.where(inside[:, None], keypoints, 0).astype(np.float32)


def person_box(keypoints, size, origin, margins=MARGINS):
    """The crop of a person, or of a face, with the proportions of `size`, by the rule above.

    Args:
        keypoints: (joints, 3).
        size: (height, width) of the network's input.
        origin: the file that the joints are of, for the error.
        margins: as `MARGINS`.

    Raises:
        GflaError: fewer than `MIN_JOINTS` joints are present.
    """
    positions = keypoints[keypoints[:, 2] > 0, :2].astype(np.float64)
    if len(positions) < MIN_JOINTS:
        raise GflaError(
            f"{origin} shows {len(positions)} joints, too few to frame a person: {MIN_JOINTS} are needed."
        )
    return box_around(positions.min(0), positions.max(0), size, margins)


def box_around(low, high, size, margins=MARGINS):
    """The crop, by the rule above, of joints between the corners `low` and `high`, each (x, y)."""
    low, high = with_margins(low, high, margins)
    width, height = np.maximum(high - low, 8)
    model_height, model_width = size
    scale = max(width / model_width, height / model_height)
    width, height = round(scale * model_width), round(scale * model_height)
    left, top = np.rint((low + high + 1) / 2 - (width / 2, height / 2)).astype(int)
    return Box(int(left), int(top), width, height)


def with_margins(low, high, margins=MARGINS):
    """The corners of joints between `low` and `high`, each (x, y), with the margins around them."""
    sides, above, below = np.array(margins) * (high - low).max()
    return low - np.array([sides, above]), high + np.array([sides, below])


def crop(image, box, size):
    """The box of a photo at `size` (height, width), uint8 (h, w, 3); beyond the photo, the color of its border."""
    height, width = image.shape[:2]
    left, top = max(box.left, 0), max(box.top, 0)
    right, bottom = min(box.left + box.width, width), min(box.top + box.height, height)
    inside = image[top:bottom, left:right]
    beyond = top - box.top, box.top + box.height - bottom, left - box.left, box.left + box.width - right
    padded = inside
    if any(beyond):
        padded = cv2.copyMakeBorder(inside, *beyond, cv2.BORDER_CONSTANT, value=border_color(image))
    enlarges = box.height < size[0]
    return cv2.resize(
        padded, (size[1], size[0]), interpolation=cv2.INTER_LINEAR if enlarges else cv2.INTER_AREA
    )


def crop_rule(subject):
    """The crop of a subject as a model's description tells apps, see docs/phone.md; `Person`, `Dancer` or `Face`."""
    sides, above, below = subject.margins
    return {
        "margins": {"sides": sides, "above": above, "below": below},
        "margins_of": "the longer side of the box around the joints that were found",
        "least_joints": MIN_JOINTS,
        "then": "widened about its center to the proportions of image_size",
        "beyond_the_picture": "the median color of the picture's border",
        "joints": "(x + 0.5 - left) * image_width / crop_width - 0.5",
    }


def border_color(image):
    """The median color of the outermost pixels of a picture (H, W, 3), three whole numbers."""
    border = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
    return [int(value) for value in np.median(border, axis=0)]


def half_figure_box(box, keypoints, joints, image_size):
    """The crop of a photo that ends above the knees: moved up, so that it ends where the photo does.

    Args:
        box: of `person_box`.
        keypoints: (n, 3) of the person in the photo.
        joints: n names.
        image_size: (height, width) of the photo.

    Returns:
        `Box`: the same one where a knee or an ankle is seen, or where the photo continues below.
    """
    legs = [point[2] > 0 for name, point in zip(joints, keypoints) if name.endswith(("knee", "ankle"))]
    below = box.top + box.height - image_size[0]
    return box if any(legs) or below <= 0 else box._replace(top=box.top - below)


def crop_keypoints(keypoints, box, size):
    """Keypoints (joints, 3) of a photo in pixels of its crop."""
    scale = np.array([size[1] / box.width, size[0] / box.height])
    moved = np.array(keypoints, np.float32)
    moved[:, :2] = (moved[:, :2] + 0.5 - (box.left, box.top)) * scale - 0.5
    moved[moved[:, 2] <= 0] = 0
    return moved
