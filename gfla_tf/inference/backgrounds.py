"""What is seen behind a generated person: the photo without its person, the same blurred, a color or another picture.

It stands still, and the person is cut out of what the network drew: by the network's own outline ("alpha"), or where it has
none by the one that the pose networks see. So nothing behind the person flickers, and no trace of the photo's own pose is left.
"""

import cv2
import numpy as np
from PIL import ImageColor

from gfla_tf.data.bleeding import bled
from gfla_tf.errors import GflaError
from gfla_tf.inference.completion import completed
from gfla_tf.inference.detectors.blazepose import MARGIN, PeopleFinder
from gfla_tf.inference.detectors.network_files import read_pose_networks
from gfla_tf.inference.detectors.regions import around
from gfla_tf.inference.photos import to_float
from gfla_tf.io.pictures import read_picture
from gfla_tf.keypoints.poses import JOINTS

BLUR = 0.06  # standard deviation, by the picture's height
# Probabilities above which a pixel is the person's, and below which it is not. With these the pictures of real and synthetic
# people are nearest to the true ones, by LPIPS within the person and by LPIPS with a band of 9 pixels around it.
SURE, UNSURE = 0.25, 0.1
HEAD = 0.35, 0.65  # of the way from neck to nose: how far above the nose the head's middle is, and its radius
INNER = 0.5  # of the photo's person, above which a pixel has its color
SEEN = 0.15  # of the photo's person, above which a pixel is filled
AROUND = 0.05  # of the picture's height: how far around the photo's person it is filled, too


class Background:
    """A function from a generated frame to the frame before another background.

    Args:
        choice: "keep", "blur", a color as CSS has it ("#20a040", "white"), or the path of a picture.
        photo: uint8 (H, W, 3), the source.
        outline: (H, W), the probability that a pixel of it shows its person.
        finder: `PeopleFinder`, which finds the person's outline in frames without one of the network's own; None if all have.

    Attributes:
        behind: uint8 (H, W, 3), what is seen behind the person.
        source: uint8 (H, W, 3), the photo as the network is to be given it, see `gfla_tf.data.bleeding.bled`.

    Raises:
        GflaError: the choice is none of these.
    """

    def __init__(self, choice, photo, outline, finder=None):
        self._finder = finder
        size = photo.shape[:2]
        if str(choice) in ("keep", "blur"):
            behind = completed(photo, widened(outline > SEEN, round(AROUND * size[0])))
            if str(choice) == "blur":
                behind = cv2.GaussianBlur(behind, (0, 0), BLUR * size[0])
        else:
            behind = filling(_picture(choice), size)
        self.behind = behind
        self.source = photo if finder else bled(photo, outline > INNER)

    def __call__(self, frame, outline, keypoints):
        """uint8 (H, W, 3) of a uint8 frame, the network's outline (H, W, 1) or None, and the keypoints (n, 3) drawn from."""
        if outline is None:
            present = keypoints[keypoints[:, 2] > 0, :2]
            if not len(present):
                return frame
            outline = self._finder.outline(frame, region_of(present))[..., None]
        person = np.clip((outline - UNSURE) / (SURE - UNSURE), 0, 1)
        return np.rint(self.behind + person * (frame.astype(np.float32) - self.behind)).astype(np.uint8)


def background_of(choice, model, subject, image, keypoints, pose_model=None):
    """The `Background` for a network and its source, or None where frames stay as they are drawn.

    Args:
        choice: as for `Background`; "keep" leaves frames alone that a network without an outline of its own draws.
        model: `TFLiteModel`.
        subject, image, keypoints: of the source, as `read_subject` gives them.
        pose_model: the detector's networks, as for `read_pose_networks`.

    Raises:
        GflaError: the subject is no person, or the choice is none.
    """
    own = "alpha" in model.outputs
    if str(choice) == "keep" and not own:
        return None
    if not hasattr(subject, "joints"):
        raise GflaError("--background is for people: leave it out for faces.")
    if own:
        maps = subject.maps(keypoints, image)[None]
        outline = model(source_image=to_float(image)[None], source_pose=maps, target_pose=maps)["alpha"][0]
        return Background(choice, image, with_head(outline[..., 0], keypoints))
    finder = PeopleFinder(read_pose_networks(pose_model))
    outline = finder.outline(image, region_of(keypoints[keypoints[:, 2] > 0, :2]))
    return Background(choice, image, outline, finder)


def with_head(outline, keypoints):
    """An outline (H, W) of a person with 1 around the head, whose hair and hats networks miss; joints (18, 3) are ours."""
    nose, neck = keypoints[JOINTS.index("nose")], keypoints[JOINTS.index("neck")]
    if min(nose[2], neck[2]) <= 0:
        return outline
    way = nose[:2] - neck[:2]
    x, y = nose[:2] + HEAD[0] * way
    rows, columns = np.ogrid[: outline.shape[0], : outline.shape[1]]
    inside = (columns - x) ** 2 + (rows - y) ** 2 <= HEAD[1] ** 2 * (way @ way)
    return np.where(inside, 1, outline)


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


def widened(mask, reach):
    """A bool mask (H, W) grown by `reach` pixels to all sides."""
    y, x = np.ogrid[-reach : reach + 1, -reach : reach + 1]
    return cv2.dilate(mask.astype(np.uint8), (x**2 + y**2 <= reach**2).astype(np.uint8)) > 0


def _picture(choice):
    """uint8 (h, w, 3) of a color, one pixel of it, or of a picture's path."""
    try:
        values = ImageColor.getrgb(str(choice))[:3]
        return np.clip(values, 0, 255).astype(np.uint8)[None, None]  # as browsers do
    except ValueError:
        pass
    try:
        return read_picture(choice)
    except GflaError as error:
        raise GflaError(
            f"--background is {choice}: it must be keep, blur, a color such as #20a040, or a picture ({error})"
        ) from error
