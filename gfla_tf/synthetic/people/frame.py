"""One rendered frame: picture, joints, and the surface behind every pixel."""

import dataclasses

import numpy as np

from gfla_tf.synthetic.people import raycast
from gfla_tf.synthetic.people.body import Body
from gfla_tf.synthetic.people.texture import colors

# Samples per pixel and axis. Sample 2 p lies on the center of pixel p, so one ray cast gives both the picture and the
# geometry at pixel centers.
SAMPLES = 2


@dataclasses.dataclass(frozen=True)
class Frame:
    """A person in one pose.

    Attributes:
        image: (H, W, 3) uint8 RGB.
        keypoints: (18, 3) float32 x, y in pixels, multiples of 1/64, and confidence: 1, or 0 outside the image.
        person: (H, W) bool, pixels whose center shows the person.
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
    color = colors(appearance, parts, point)
    color *= light.shade(raycast.normals(rows, parts, point, body))

    image = background.copy()
    box, cover = smoothed(np.minimum(color, 1), row, column, height, width)
    image[box] = cover[..., :3] + image[box] * (1 - cover[..., 3:])

    points = np.zeros((height, width, 3), np.float32)
    center = np.nonzero(((row | column) & 1) == 0)[0]
    points[row[center] // SAMPLES, column[center] // SAMPLES] = point[:, center].T
    part_samples, part = part, part[::SAMPLES, ::SAMPLES].copy()
    return Frame(
        image=np.round(np.clip(image, 0, 1) * 255).astype(np.uint8),
        keypoints=_keypoints(joints, height, width),
        person=part != raycast.NOBODY,
        part=part, point=points, part_samples=part_samples, depth=depth, to_image=to_image, from_image=from_image, body=body,
    )  # fmt: skip


def smoothed(color, row, column, height, width):
    """Pixels from samples: each is a tent of 3 x 3 samples around its center.

    Args:
        color: (3, n) of the samples on the person, at (n,) `row` and `column`.
        height, width: of the image.

    Returns:
        The slices of the image around the person, and there (h, w, 4): color times coverage, and coverage.
    """
    y0, x0 = int(row.min()) // SAMPLES, int(column.min()) // SAMPLES
    y1, x1 = min(int(row.max()) // SAMPLES + 2, height), min(int(column.max()) // SAMPLES + 2, width)
    # One more row and column of samples before the first pixel's own.
    samples = np.zeros((SAMPLES * (y1 - y0) + 1, SAMPLES * (x1 - x0) + 1, 4), np.float32)
    at = (row - (SAMPLES * y0 - 1)) * samples.shape[1] + (column - (SAMPLES * x0 - 1))
    flat = samples.reshape(-1, 4)
    flat[at, :3] = color.T
    flat[at, 3] = 1
    if y0 == 0:
        samples[0] = samples[1]
    if x0 == 0:
        samples[:, 0] = samples[:, 1]
    rows = samples[0:-1:2] + 2 * samples[1::2] + samples[2::2]
    pixels = (rows[:, 0:-1:2] + 2 * rows[:, 1::2] + rows[:, 2::2]) * np.float32(1 / 16)
    return (slice(y0, y1), slice(x0, x1)), pixels


def _keypoints(joints, height, width):
    xy = np.round(joints * 64) / 64
    inside = ((xy >= -0.5) & (xy <= (width - 0.5, height - 0.5))).all(axis=1)
    return np.concatenate([xy, inside[:, None]], axis=1).astype(np.float32)
