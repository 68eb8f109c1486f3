"""Cameras and light: what the pictures of one scene share."""

import dataclasses

import numpy as np

from gfla_tf.synthetic.bodies.vectors import unit


@dataclasses.dataclass(frozen=True)
class Camera:
    """A pinhole camera.

    Attributes:
        size: (height, width) in pixels.
        eye: (3,) decimeters; turn: (3, 3), the world to the camera's x, y up, z to the back.
        focal: length in pixels.
    """

    size: tuple
    eye: np.ndarray
    turn: np.ndarray
    focal: float

    @property
    def distance(self):
        return float(self.eye[2])

    def project(self, points):
        """(N, 3) float32: x, y in pixels, of which the first pixel's center is (0.5, 0.5), and 1 / depth."""
        height, width = self.size
        seen = (points - self.eye.astype(np.float32)) @ self.turn.T.astype(np.float32)
        inverse = -1 / np.minimum(seen[:, 2], -1e-3)
        screen = [
            width / 2 + self.focal * seen[:, 0] * inverse,
            height / 2 - self.focal * seen[:, 1] * inverse,
            inverse,
        ]
        return np.ascontiguousarray(np.stack(screen, axis=1), np.float32)

    def rays(self):
        """(H, W, 3) directions through the pixels' centers, of length 1 along the optical axis."""
        height, width = self.size
        y, x = np.mgrid[0:height, 0:width] + 0.5
        local = np.stack(
            [(x - width / 2) / self.focal, (height / 2 - y) / self.focal, -np.ones_like(x)], axis=-1
        )
        return local @ self.turn


def draw_camera(rng, size, person_height):
    """A random `Camera` before a person of a height in decimeters who stands at the origin.

    One in eight shows only a part of the person.
    """
    view = rng.uniform(0.22, 0.65)  # vertical angle of view
    fill, middle = rng.uniform(0.66, 0.88), 0.5
    if rng.random() < 0.12:
        fill, middle = rng.uniform(1.1, 1.9), rng.uniform(0.62, 0.78)
    height, width = size
    fill = min(fill, 0.95 * 2.4 * width / height)  # narrow pictures must hold the arms, too
    distance = person_height / fill / (2 * np.tan(view / 2))
    eye = np.array([0, rng.normal(13, 3.0) if rng.random() < 0.8 else rng.uniform(4, 22), distance])
    target = np.array([rng.normal(0, 0.4), person_height * middle + rng.normal(0, 0.25), 0])
    back = unit(eye - target)
    roll = rng.normal(0, 0.012)
    side = unit(np.cross([np.sin(roll), np.cos(roll), 0], back))
    return Camera(size, eye, np.stack([side, np.cross(back, side), back]), height / 2 / np.tan(view / 2))


@dataclasses.dataclass(frozen=True)
class Light:
    """A sun or lamp, and the sky and ground around; linear colors.

    Attributes:
        direction: (3,) towards the sun.
        sun, sky, ground: (3,) linear RGB.
        exposure: factor of all of it.
        softness: of shadows on the floor, in pixels of a picture 256 high.
    """

    direction: np.ndarray
    sun: np.ndarray
    sky: np.ndarray
    ground: np.ndarray
    exposure: float
    softness: float

    def packed(self, eye):
        """(15,) float32 as the shader wants it."""
        return np.array([*self.direction, *self.sun, *self.sky, *self.ground, *eye], np.float32)


def draw_light(rng):
    """A random `Light`: soft more often than hard, so that a surface keeps its brightness when it turns."""
    azimuth, height = rng.uniform(-1.2, 1.2), rng.uniform(0.45, 1.2)
    direction = np.array([np.sin(azimuth) * np.cos(height), np.sin(height), np.cos(azimuth) * np.cos(height)])
    warm, hard = rng.normal(0, 0.05), rng.beta(1.4, 2.8)
    power, ambient = 0.2 + 0.85 * hard, 0.85 - 0.5 * hard
    sun = power * np.array([1 + warm, 1, 1 - warm])
    sky = ambient * np.array([1 - warm, 1, 1 + warm])
    ground = ambient * rng.uniform(0.55, 0.9) * np.array([1.04, 1, 0.94])
    exposure = 1.12 / (0.72 * power + 0.85 * ambient) * rng.uniform(0.85, 1.12)
    return Light(direction, sun, sky, ground, exposure, rng.uniform(1.5, 4.0) + 6 * (1 - hard))
