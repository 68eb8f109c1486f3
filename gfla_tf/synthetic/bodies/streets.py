"""Streets and parks: houses, cars, trees, walls and poles under a sky."""

import numpy as np

from gfla_tf.synthetic.bodies import palette
from gfla_tf.synthetic.bodies.noise import noise
from gfla_tf.synthetic.bodies.stage_set import StageSet
from gfla_tf.synthetic.bodies.textures import SIZE

_GROUNDS = np.array(
    [[0.45, 0.44, 0.43], [0.36, 0.42, 0.25], [0.6, 0.55, 0.46], [0.3, 0.31, 0.33], [0.62, 0.6, 0.57]],
    np.float32,
)


def draw_street(rng):
    """A random `StageSet` with the ground at height 0, for a person at the origin."""
    stage = StageSet()
    kind = int(rng.integers(len(_GROUNDS)))
    stage.plane(
        (-160, 0, 70), (320, 0, 0), (0, 0, -370), stage.texture(_ground(rng, kind)), (40, 46), (20, 40)
    )
    if rng.random() < 0.5 and kind != 1:  # a curb and the road behind it
        at = -rng.uniform(8, 40)
        stage.box((0, 0.3, at), (160, 0.3, 0.8), stage.plain([0.62, 0.61, 0.59]))
        stage.plane(
            (-160, 0.05, at), (320, 0, 0), (0, 0, -70), stage.texture(_ground(rng, 3)), (40, 9), (20, 8)
        )
    park = rng.random() < 0.4
    for _ in range(rng.integers(4, 9) if not park else rng.integers(0, 3)):
        _house(stage, rng)
    for _ in range(rng.integers(1, 5) if not park else rng.integers(5, 12)):
        _tree(stage, rng)
    if not park:
        for _ in range(rng.integers(0, 4)):
            _car(stage, rng)
    for _ in range(rng.integers(0, 5)):
        _pole(stage, rng)
    if rng.random() < 0.4:
        _low_wall(stage, rng)
    return stage


def sky(rng, size):
    """(H, W, 3) linear color."""
    height, width = size
    y = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    top = np.float32([0.42, 0.58, 0.82]) if rng.random() < 0.6 else np.float32([0.75, 0.78, 0.82])
    image = top * (1 - 0.6 * y) + np.float32([0.85, 0.89, 0.94]) * 0.6 * y
    clouds = (
        np.clip(noise((512, 512), 64, rng)[:height, :width] * 0.5, 0, 0.6)
        if max(size) <= 512
        else np.zeros(size)
    )
    return (image + clouds[..., None] * (np.float32(0.95) - image)) ** np.float32(2.2) * np.float32(
        rng.uniform(0.8, 1.15)
    )


def _ground(rng, kind):
    y, x = np.mgrid[0:SIZE, 0:SIZE].astype(np.float32) * np.float32(8 / SIZE)
    tone = 1 + 0.05 * noise((SIZE, SIZE), 1, rng) + 0.06 * noise((SIZE, SIZE), 24, rng)
    if kind in (0, 4):  # paving
        step = rng.choice([1.0, 2.0, 4.0])
        row = np.floor(y / step)
        tone = tone - 0.15 * (((x + (row % 2) * step / 2) % step < 0.07) | (y % step < 0.07))
    elif kind == 1:
        tone = tone + 0.12 * noise((SIZE, SIZE), 3, rng)
    return _GROUNDS[kind] * rng.uniform(0.8, 1.2) * tone[..., None]


def _facade(rng):
    """One window with the wall around it; repeated over a house."""
    wall = (
        palette.wall(rng) * rng.uniform(0.6, 1.0) if rng.random() < 0.75 else np.float32([0.55, 0.32, 0.25])
    )
    image = np.broadcast_to(wall, (48, 48, 3)) * (1 + np.float32(0.03) * noise((48, 48), 3, rng)[..., None])
    top, left = rng.integers(6, 14), rng.integers(8, 16)
    glass = np.float32([0.16, 0.19, 0.23]) if rng.random() < 0.7 else np.float32([0.5, 0.58, 0.66])
    image[top - 2 : 40, left - 2 : 50 - left] = np.clip(wall * rng.uniform(0.7, 1.35), 0, 0.95)
    image[top:38, left : 48 - left] = glass * (
        1 + np.float32(0.25) * noise((48, 48), 8, rng)[top:38, left : 48 - left, None]
    )
    image[top:38, 23:25] = np.clip(wall * 1.1, 0, 0.95)
    return image


def _house(stage, rng):
    half = rng.uniform([15, 20, 15], [50, 90, 40])
    center = (rng.uniform(-110, 110), half[1], -rng.uniform(50, 220) - half[2])
    windows = (max(2, round(half[0] / rng.uniform(5, 9))), max(2, round(half[1] / 8)))
    stage.box(center, half, stage.texture(_facade(rng)), rng.choice([0.0, 0.0, 0.2, -0.3]), windows)
    if rng.random() < 0.5:  # a shop on the ground floor
        front = stage.plain(palette.thing(rng))
        stage.box(
            (center[0], 5, center[2] + half[2]), (half[0] * 0.9, 5, 0.6), stage.plain([0.13, 0.14, 0.16])
        )
        stage.box((center[0], 11.5, center[2] + half[2]), (half[0] * 0.9, 1.6, 1.2), front)


def _tree(stage, rng):
    x, z = rng.uniform(-70, 70), -rng.uniform(14, 150)
    tall = rng.uniform(25, 60)
    stage.box(
        (x, tall / 3, z),
        (rng.uniform(0.7, 1.6), tall / 3, 1),
        stage.plain(np.float32([0.25, 0.19, 0.14]) * rng.uniform(0.7, 1.4)),
    )
    green = np.float32([0.27, 0.33, 0.17]) * rng.uniform([0.8, 0.9, 0.8], [1.5, 1.3, 1.3])
    leaves = stage.texture(
        green * (1 + 0.28 * noise((128, 128), 3, rng) + 0.15 * noise((128, 128), 8, rng))[..., None]
    )
    for _ in range(rng.integers(2, 5)):
        offset = rng.normal(0, 1, 3) * (5, 6, 4)
        stage.blob(np.array([x, tall * 0.8, z]) + offset, rng.uniform(6, 13, 3), leaves, 0.25, rng)


def _car(stage, rng):
    x, z, color = rng.uniform(-70, 70), -rng.uniform(16, 70), palette.thing(rng)
    paint, glass = stage.plain(color), stage.plain([0.1, 0.12, 0.14])
    turn = rng.choice([0.0, 0.0, np.pi / 2]) + rng.normal(0, 0.06)
    spin = np.array([np.cos(turn), 0, -np.sin(turn)])
    stage.box((x, 5.5, z), (21, 3.2, 8.5), paint, turn)
    stage.box((x, 10.4, z), (12, 2.4, 7.6), glass, turn)
    stage.box((x, 12.9, z), (11, 0.3, 7.4), paint, turn)
    for sign in (-1, 1):
        at = np.array([x, 3.0, z]) + spin * (13 * sign)
        stage.blob(
            at,
            (3.1, 3.1, 8.8) if abs(np.sin(turn)) < 0.5 else (8.8, 3.1, 3.1),
            stage.plain([0.06, 0.06, 0.06]),
            0.0,
            rng,
        )


def _pole(stage, rng):
    x, z = rng.uniform(-40, 40), -rng.uniform(6, 60)
    tall = rng.uniform(10, 35)
    stage.box((x, tall, z), (0.35, tall, 0.35), stage.plain(np.full(3, rng.uniform(0.1, 0.6))))
    if rng.random() < 0.6:
        stage.box(
            (x, rng.uniform(18, 26), z + 0.5),
            (rng.uniform(2, 4), rng.uniform(2, 3.5), 0.2),
            stage.plain(palette.thing(rng)),
        )


def _low_wall(stage, rng):
    z, tall = -rng.uniform(6, 30), rng.uniform(3, 14)
    if rng.random() < 0.5:
        hedge = np.float32([0.22, 0.31, 0.14]) * (1 + 0.28 * noise((128, 128), 3, rng))[..., None]
        stage.box(
            (rng.uniform(-20, 20), tall / 2, z),
            (rng.uniform(30, 90), tall / 2, 3),
            stage.texture(hedge),
            0.0,
            (8, 1),
        )
    else:
        x = np.arange(64)
        boards = palette.wall(rng) * rng.uniform(0.4, 0.9) * (1 - 0.45 * (x % 8 < 1))[None, :, None]
        stage.box(
            (0, tall / 2, z),
            (150, tall / 2, 0.3),
            stage.texture(np.broadcast_to(boards, (8, 64, 3))),
            rng.normal(0, 0.1),
            (20, 1),
        )
