"""What is seen behind a generated person: what the network drew, a blurred room, a color or another picture."""

import cv2
import numpy as np
from PIL import ImageColor

from gfla_tf.errors import GflaError
from gfla_tf.inference.detectors.blazepose import MARGIN
from gfla_tf.inference.detectors.regions import around
from gfla_tf.io.pictures import read_picture

BLUR = 0.06  # standard deviation, by the picture's height
SURE, UNSURE = 0.7, 0.3  # probabilities above which a pixel is the person's, and below which it is not


class Background:
    """A function from a generated frame and its keypoints to the frame before another background.

    Args:
        choice: "blur", a color as CSS has it ("#20a040", "white"), or the path of a picture.
        finder: `gfla_tf.inference.detectors.blazepose.PeopleFinder`, which tells the person from what is around it.

    Raises:
        GflaError: the choice is neither.
    """

    def __init__(self, choice, finder):
        self._finder, self._picture, self._blurred = finder, None, choice == "blur"
        if not self._blurred:
            self._picture = _color(choice)
        if not self._blurred and self._picture is None:
            try:
                self._picture = read_picture(choice)
            except GflaError as error:
                raise GflaError(
                    f"--background is {choice}: it must be keep, blur, a color such as #20a040, or a picture ({error})"
                ) from error

    def __call__(self, frame, keypoints):
        """uint8 (H, W, 3) of a uint8 frame and the keypoints (n, 3) that it was drawn from."""
        present = keypoints[keypoints[:, 2] > 0, :2]
        if not len(present):
            return frame
        outline = self._finder.outline(frame, region_of(present))
        person = np.clip((outline - UNSURE) / (SURE - UNSURE), 0, 1)[..., None]
        behind = _blurred(frame, person) if self._blurred else filling(self._picture, frame.shape[:2])
        return np.rint(person * frame + (1 - person) * behind).astype(np.uint8)


def region_of(places):
    """The square around joints (n, 2), in pixels, that the network of points is to be shown."""
    center = (places.min(axis=0) + places.max(axis=0)) / 2
    radius = max(float(np.hypot(*(places - center).T).max()), 4.0)
    return around(center + 0.5, center + 0.5 - (0, radius), MARGIN)


def filling(picture, size):
    """The middle of a picture, scaled so that it fills `size` (height, width)."""
    height, width = size
    scale = max(height / picture.shape[0], width / picture.shape[1])
    scaled = cv2.resize(
        picture,
        (max(width, round(picture.shape[1] * scale)), max(height, round(picture.shape[0] * scale))),
        interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR,
    )
    top, left = (scaled.shape[0] - height) // 2, (scaled.shape[1] - width) // 2
    return scaled[top : top + height, left : left + width]


def _blurred(frame, person):
    """The frame without the person, blurred: what is near it is not tinted by it."""
    sigma = BLUR * frame.shape[0]
    room = (1 - person).astype(np.float32)
    share = cv2.GaussianBlur(room, (0, 0), sigma)[..., None]
    return cv2.GaussianBlur(frame * room, (0, 0), sigma) / np.maximum(share, 1e-3)


def _color(text):
    """(1, 1, 3) uint8 of a color, or None if it is none."""
    try:
        values = ImageColor.getrgb(str(text))[:3]
    except ValueError:
        return None
    return np.clip(values, 0, 255).astype(np.uint8)[None, None]  # as browsers do
