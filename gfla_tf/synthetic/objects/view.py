"""One rendered view: the picture and the surface behind every pixel."""

import dataclasses

import numpy as np

from gfla_tf.synthetic.objects import raycast
from gfla_tf.synthetic.objects.camera import Camera

# Samples per pixel and axis; sample 2 p lies on the center of pixel p, as in synthetic/frame.py.
SAMPLES = 2


@dataclasses.dataclass(frozen=True)
class View:
    """An object seen from one side before white.

    Attributes:
        image: (H, W, 3) uint8 RGB.
        mask: (H, W) bool, pixels whose center shows the object.
        solid: (H, W) int8 number of the solid seen, -1 on the background.
        point, normal: (H, W, 3) float32 the surface point seen, in the object's axes and meters, and the unit normal of the
            face that it lies on; 0 on the background.
        camera: Camera.
    """

    image: np.ndarray
    mask: np.ndarray
    solid: np.ndarray
    point: np.ndarray
    normal: np.ndarray
    camera: Camera


def render(solids, light, camera, image_size):
    """The View of solids from a camera; `light` is a `Light` of scene.py in the object's axes."""
    height, width = image_size
    size = (SAMPLES * height, SAMPLES * width)
    solid, inverse = raycast.cast(solids, camera, size, 1 / SAMPLES)
    row, column = np.nonzero(solid != raycast.NOTHING)
    seen = solid[row, column]
    x, y = (a.astype(np.float32) * np.float32(1 / SAMPLES) for a in (column, row))
    point = raycast.points(camera, x, y, inverse[row, column])
    color, normal = np.empty_like(point), np.empty_like(point)
    for number in np.unique(seen):
        here = np.nonzero(seen == number)[0]
        normal[:, here], rounded = raycast.normals(solids[number], point[:, here])
        color[:, here] = solids[number].paint(point[:, here], normal[:, here]) * light.shade(rounded)

    samples = np.ones((*size, 3), np.float32)
    samples[row, column] = np.minimum(color, 1).T
    center = ((row | column) & 1) == 0
    surface = np.zeros((2, height, width, 3), np.float32)
    at = row[center] // SAMPLES, column[center] // SAMPLES
    for values, of_samples in zip(surface, (point, normal), strict=True):
        values[at] = of_samples[:, center].T
    solid = solid[::SAMPLES, ::SAMPLES].copy()
    image = np.round(_smoothed(samples) * 255).astype(np.uint8)
    return View(image, solid != raycast.NOTHING, solid, *surface, camera)


def _smoothed(samples):
    """Pixels from samples: each is a tent of 3 x 3 samples around its center."""
    before = np.concatenate([samples[:1], samples[1:-1:2]])
    rows = before + 2 * samples[::2] + samples[1::2]
    before = np.concatenate([rows[:, :1], rows[:, 1:-1:2]], axis=1)
    return (before + 2 * rows[:, ::2] + rows[:, 1::2]) * np.float32(1 / 16)
