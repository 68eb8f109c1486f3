"""Scenes: camera, light and what is behind a person, drawn once and shared by all pictures of a person."""

import dataclasses

import cv2
import numpy as np

from gfla_tf.synthetic.bodies import palette
from gfla_tf.synthetic.bodies.camera import Camera, Light, draw_camera, draw_light
from gfla_tf.synthetic.bodies.rooms import draw_room
from gfla_tf.synthetic.bodies.streets import draw_street, sky
from gfla_tf.synthetic.bodies.vectors import unit

SHADOW_SIZE = 224
_KINDS = {"room": 0.5, "street": 0.28, "studio": 0.22}


@dataclasses.dataclass(frozen=True)
class Scene:
    """Attributes:
    camera, light: see there.
    background: (H, W, 3) float32 linear color.
    to_light: (3, 4) float32, the world to the shadow map's pixels and depth.
    shadow_x, shadow_y: (H, W) float32, where the floor behind each pixel lies in the shadow map.
    shadow_on: (H, W) float32, 1 on the floor; near: the same, fading away from the feet.
    """

    camera: Camera
    light: Light
    background: np.ndarray
    to_light: np.ndarray
    shadow_x: np.ndarray
    shadow_y: np.ndarray
    shadow_on: np.ndarray
    near: np.ndarray


def draw_scene(rng, size, person_height, camera=None, shadows=(8.5, 26.0)):
    """A random `Scene` for pictures of a size (height, width) of a person who stands at the origin.

    Args:
        camera: by default a random one.
        shadows: the middle and the extent, in decimeters, of the heights that cast shadows.
    """
    camera, light = camera or draw_camera(rng, size, person_height), draw_light(rng)
    kind = str(rng.choice(list(_KINDS), p=list(_KINDS.values())))
    background = {"room": _room, "street": _street, "studio": _studio}[kind](rng, camera, light)
    rays = camera.rays()
    distance = np.where(rays[..., 1] < -1e-3, -camera.eye[1] / np.minimum(rays[..., 1], -1e-3), 1e4)
    floor = camera.eye + rays * distance[..., None]
    on_floor = (distance < 9e3).astype(np.float32) if kind != "studio" else np.ones(size, np.float32)
    to_light = _shadow_camera(light, *shadows)
    at = floor.astype(np.float32) @ to_light[:, :3].T + to_light[:, 3]
    near = np.exp(-((floor[..., 0] / 2.4) ** 2) - (floor[..., 2] / 1.8) ** 2) * on_floor
    return Scene(camera, light, background.astype(np.float32), to_light, np.ascontiguousarray(at[..., 0] - 0.5),
                 np.ascontiguousarray(at[..., 1] - 0.5), on_floor, near.astype(np.float32))  # fmt: skip


def _shadow_camera(light, height, extent):
    """Depth grows towards the light, as 1 / z does towards a camera: 1 + height / 100."""
    toward = light.direction
    x = unit(np.cross([0, 1, 0.01], toward))
    y = np.cross(toward, x)
    scale, middle, half = SHADOW_SIZE / extent, np.array([0, height, 0]), SHADOW_SIZE / 2
    return np.array([
        [*(x * scale), half - x @ middle * scale],
        [*(-y * scale), half + y @ middle * scale],
        [*(toward / 100), 1 - toward @ middle / 100],
    ], np.float32)  # fmt: skip


def _drawn(stage, behind, rng, camera, light, blur):
    """A stage set before what is `behind` it, out of focus by a share of the picture's height."""
    deviation = rng.uniform(*blur) * camera.size[0] / 256
    drawn = stage.render(camera, light, 1 if deviation > 0.9 else 2)
    image = drawn[..., :3] * np.float32(light.exposure) + (1 - drawn[..., 3:]) * behind
    return cv2.GaussianBlur(image, (0, 0), deviation) if deviation > 0.25 else image


def _room(rng, camera, light):
    return _drawn(draw_room(rng), np.float32(0.5), rng, camera, light, (0.0, 1.6))


def _street(rng, camera, light):
    return _drawn(draw_street(rng), sky(rng, camera.size), rng, camera, light, (0.2, 3.0))


def _studio(rng, camera, light):
    """A cyclorama: the floor's tone runs into the wall's."""
    height, width = camera.size
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) + 0.5
    color = palette.wall(rng) if rng.random() < 0.8 else palette.thing(rng) * 0.7 + 0.15
    floor = np.clip((y / height - 0.72) / 0.25, 0, 1)
    spot = ((x / width - rng.uniform(0.3, 0.7)) / 0.6) ** 2 + ((y / height - 0.35) / 0.5) ** 2
    tone = (1 - rng.uniform(0, 0.2) * floor) * (1 + rng.uniform(0, 0.2) * np.exp(-spot))
    return (color * tone[..., None]) ** np.float32(2.2)
