"""One rendered frame: picture, joints, and the surface behind every pixel."""

import dataclasses

import numpy as np

from gfla_tf.data.synthetic import raycast
from gfla_tf.data.synthetic.body import Body
from gfla_tf.data.synthetic.texture import colours

# Samples per pixel and axis. Sample 2 p lies on the centre of pixel p, so one ray cast gives both the picture and the
# geometry at pixel centres.
SAMPLES = 2


@dataclasses.dataclass(frozen=True)
class Frame:
    """A person in one pose.

    Attributes:
        image: (H, W, 3) uint8 RGB.
        keypoints: (18, 3) float32 x, y in pixels, multiples of 1/64, and confidence: 1, or 0 outside the image.
        person: (H, W) bool, pixels whose centre shows the person.
        part: (H, W) int8 number of the body part seen, -1 on the background.
        point: (H, W, 3) float32 the surface point seen, in that part's own coordinates, which move with the body.
        part_samples, depth: (2H, 2W) int8 and float32, part and distance in pixels of what is seen at (column / 2, row / 2).
        to_image, from_image: (parts, 3, 4) float64 maps of the parts' coordinates to (x, y, depth) in pixels and back.
        body: Body.
    """

    image: np.ndarray
    keypoints: np.ndarray
    person: np.ndarray
    part: np.ndarray
    point: np.ndarray
    part_samples: np.ndarray
    depth: np.ndarray
    to_image: np.ndarray
    from_image: np.ndarray
    body: Body


def render(body, appearance, light, background, to_image, joints):
    """The Frame of a posed body before a background.

    Args:
        body, appearance, light: of one identity.
        background: (H, W, 3) float32 in [0, 1].
        to_image, joints: as camera.project returns them.
    """
    height, width = background.shape[:2]
    size = (SAMPLES * height, SAMPLES * width)
    from_image = raycast.inverse_maps(to_image)
    part, depth = raycast.cast(to_image, from_image, body, size, 1 / SAMPLES)

    seen = np.nonzero(part.ravel() != raycast.NOBODY)[0]
    row, column = np.divmod(seen, size[1])
    parts = part.ravel()[seen]
    rows = raycast.gather(from_image, parts)
    x, y = (a.astype(np.float32) * np.float32(1 / SAMPLES) for a in (column, row))
    point = raycast.surface(rows, x, y, depth.ravel()[seen])
    colour = colours(appearance, parts, point)
    colour *= light.shade(raycast.normals(rows, parts, point, body))

    samples = np.zeros((*size, 4), np.float32)  # colour times coverage, coverage
    samples.reshape(-1, 4)[seen, :3] = np.minimum(colour, 1).T
    samples.reshape(-1, 4)[seen, 3] = 1
    pixels = _smoothed(samples)
    image = pixels[..., :3] + background * (1 - pixels[..., 3:])

    points = np.zeros((height, width, 3), np.float32)
    centre = np.nonzero(((row | column) & 1) == 0)[0]
    points[row[centre] // SAMPLES, column[centre] // SAMPLES] = point[:, centre].T
    part_samples, part = part, part[::SAMPLES, ::SAMPLES].copy()
    return Frame(
        image=np.round(np.clip(image, 0, 1) * 255).astype(np.uint8),
        keypoints=_keypoints(joints, height, width),
        person=part != raycast.NOBODY,
        part=part, point=points, part_samples=part_samples, depth=depth, to_image=to_image, from_image=from_image, body=body,
    )  # fmt: skip


def _smoothed(samples):
    """(H, W, C) from (2H, 2W, C): each pixel is a tent of 3 x 3 samples around its centre."""
    padded = np.empty((samples.shape[0] + 1, samples.shape[1], samples.shape[2]), np.float32)
    padded[1:], padded[0] = samples, samples[0]
    rows = padded[0:-1:2] + 2 * padded[1::2] + padded[2::2]
    padded = np.concatenate([rows[:, :1], rows], axis=1)
    return (padded[:, 0:-1:2] + 2 * padded[:, 1::2] + padded[:, 2::2]) * np.float32(1 / 16)


def _keypoints(joints, height, width):
    xy = np.round(joints * 64) / 64
    inside = ((xy >= -0.5) & (xy <= (width - 0.5, height - 0.5))).all(axis=1)
    return np.concatenate([xy, inside[:, None]], axis=1).astype(np.float32)
