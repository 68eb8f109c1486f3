"""Background and light of one identity: calm, and the same in all its frames."""

import colorsys
import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class Light:
    """towards: unit vector to the light in image axes (x right, y down, depth away); ambient in [0, 1]; RGB tint."""

    towards: np.ndarray
    ambient: float
    tint: np.ndarray

    def shade(self, normal):
        """(3, n) factor on the colors of surfaces with (3, n) normals: ambient + Lambert, darker towards outlines."""
        a, b, c = self.towards.tolist()
        facing = normal[0] * a + normal[1] * b + normal[2] * c
        # A light of some size still reaches surfaces that turn a little away from it.
        lambert = np.maximum(facing * np.float32(1 / 1.3) + np.float32(0.3 / 1.3), 0)
        outline = np.float32(0.80) - np.float32(0.20) * normal[2]
        return (
            (np.float32(self.ambient) + np.float32(1.1 - self.ambient) * lambert)
            * outline
            * self.tint[:, None]
        )


def draw_light(draws):
    towards = np.array([draws.uniform(-0.8, 0.8), draws.uniform(-0.9, -0.2), -1.0])
    towards /= np.sqrt(towards @ towards)
    warm = draws.uniform(-0.04, 0.04)
    tint = np.array([1 + warm, 1, 1 - warm], np.float32)
    return Light(towards.astype(np.float32), draws.uniform(0.5, 0.72), tint)


def draw_background(draws, image_size):
    """(H, W, 3) float32 RGB in [0, 1]: plain, a gradient, soft blobs, or a wall with a floor."""
    height, width = image_size
    y = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    x = np.linspace(-0.5, 0.5, width, dtype=np.float32)[None, :, None] * np.float32(width / height)
    first, second, third = (_calm_color(draws) for _ in range(3))
    kind = draws.weighted({"plain": 2, "gradient": 3, "blobs": 2, "room": 3})
    if kind == "plain":
        picture = first + 0 * (x + y)
    elif kind == "gradient":
        slant = draws.uniform(-0.7, 0.7)
        share = np.clip(y * np.float32(0.8) + x * np.float32(slant) + np.float32(0.1), 0, 1)
        picture = first + (0.7 * second + 0.3 * first - first) * share
    elif kind == "blobs":
        picture = first + 0 * (x + y)
        for color in (second, third, 0.5 * (first + third)):
            cx, cy, size = draws.uniform(-0.6, 0.6), draws.uniform(0, 1), draws.uniform(0.15, 0.35)
            square = ((x - np.float32(cx)) ** 2 + (y - np.float32(cy)) ** 2) * np.float32(0.6 / size**2)
            near = 1 / (1 + square) ** 2  # no exponential: its last digit differs between processors
            picture = picture + (color - picture) * (near * np.float32(0.6))
    else:
        horizon = draws.uniform(0.68, 0.88)
        floor = np.clip((y - np.float32(horizon)) * np.float32(height) + np.float32(0.5), 0, 1)
        wall = first * (
            np.float32(1.03) - np.float32(0.12) * np.abs(x + np.float32(draws.uniform(-0.3, 0.3)))
        )
        ground = (0.55 * first + 0.45 * second) * (np.float32(0.55) + np.float32(0.35) * y)
        picture = wall + (ground - wall) * floor
    return np.clip(picture, 0, 1)


def _calm_color(draws):
    return np.array(
        colorsys.hsv_to_rgb(draws.uniform(), draws.uniform(0.02, 0.25), draws.uniform(0.45, 0.95)), np.float32
    )
