"""Rooms: walls, floors and what stands in them."""

import numpy as np

from gfla_tf.synthetic.bodies import palette
from gfla_tf.synthetic.bodies.noise import noise
from gfla_tf.synthetic.bodies.stage_set import StageSet
from gfla_tf.synthetic.bodies.textures import SIZE, draw_cloth, draw_sheet

_WOOD = np.array(
    [[0.5, 0.36, 0.24], [0.62, 0.47, 0.32], [0.34, 0.24, 0.17], [0.72, 0.6, 0.46], [0.56, 0.5, 0.44]],
    np.float32,
)


def draw_room(rng):
    """A random `StageSet` with a floor at height 0, for a person at the origin."""
    stage = StageSet()
    depth = -rng.uniform(5, 28)
    left, right = -rng.uniform(10, 30), rng.uniform(10, 30)
    top, front = 26.0, 60.0
    stage.plane((left, 0, front), (right - left, 0, 0), (0, 0, depth - front), stage.texture(_floor(rng)),
                ((right - left) / 8, (front - depth) / 8), (16, 24))  # fmt: skip
    paint = palette.wall(rng)
    wall = stage.texture(_wall(rng, paint))
    repeat = ((right - left) / 16, top / 16)
    stage.plane((left, 0, depth), (right - left, 0, 0), (0, top, 0), wall, repeat)
    shade = stage.plain(paint * rng.uniform(0.85, 1.0)) if rng.random() < 0.5 else wall
    stage.plane((left, 0, front), (0, 0, depth - front), (0, top, 0), shade, (4, repeat[1]))
    stage.plane((right, 0, depth), (0, 0, front - depth), (0, top, 0), shade, (4, repeat[1]))
    if rng.random() < 0.75:
        board = stage.plain(np.clip(paint * rng.uniform(0.6, 1.2), 0, 0.95))
        stage.box(((left + right) / 2, 0.5, depth), ((right - left) / 2, 0.5, 0.12), board)
    _furnish(stage, rng, left, right, depth)
    return stage


def _wall(rng, paint):
    image = paint * (1 + np.float32(0.015) * noise((SIZE, SIZE), 64, rng)[..., None])
    kind = rng.choice(["plain", "stripes", "bricks", "paper", "tiles"], p=[0.66, 0.08, 0.1, 0.1, 0.06])
    y, x = np.mgrid[0:SIZE, 0:SIZE].astype(np.float32) * np.float32(16 / SIZE)
    if kind == "stripes":
        image = image * (1 - 0.08 * (np.floor(x / rng.uniform(0.8, 2)) % 2))[..., None]
    elif kind == "bricks":
        row = np.floor(y / 0.8)
        tone = np.sin(row * 12.9 + np.floor(x / 2 + (row % 2) / 2) * 78.2)
        mortar = ((y % 0.8) < 0.1) | (((x + (row % 2)) % 2) < 0.1)
        brick = np.float32([0.58, 0.33, 0.26]) if rng.random() < 0.5 else paint
        image = np.where(
            mortar[..., None], np.float32([0.7, 0.67, 0.63]), brick * (1 + 0.12 * tone)[..., None]
        )
    elif kind == "paper":
        image = draw_sheet(
            rng, 16, 16, draw_cloth(rng, {"flowers": 1, "dots": 1, "gingham": 0.5}, palette.wall, 1.5)
        ).image
        image = 0.6 * paint + 0.4 * image
    elif kind == "tiles":
        image = image * (1 - 0.15 * (((x % 2) < 0.08) | ((y % 2) < 0.08)))[..., None]
    return image


def _floor(rng):
    kind = rng.choice(["wood", "tiles", "carpet", "concrete"], p=[0.45, 0.2, 0.22, 0.13])
    y, x = np.mgrid[0:SIZE, 0:SIZE].astype(np.float32) * np.float32(8 / SIZE)
    color = _WOOD[rng.integers(len(_WOOD))] * rng.uniform(0.8, 1.2)
    if kind == "wood":
        plank = np.floor(x / 1.0)
        tone = 1 + 0.10 * np.sin(plank * 12.99 + np.floor(y / 4 + plank * 0.37) * 78.2)
        tone = tone * (1 + 0.03 * noise((SIZE, SIZE), 8, rng)) - 0.25 * (
            ((x % 1) < 0.05) | (((y + plank * 1.5) % 4) < 0.05)
        )
    elif kind == "tiles":
        color = palette.wall(rng) * rng.uniform(0.6, 1.0)
        checker = 0.2 * ((np.floor(x / 4) + np.floor(y / 4)) % 2) if rng.random() < 0.3 else 0
        tone = 1 - 0.2 * (((x % 4) < 0.08) | ((y % 4) < 0.08)) - checker + 0.02 * noise((SIZE, SIZE), 24, rng)
    elif kind == "carpet":
        color = palette.thing(rng) * 0.7 + 0.15
        tone = 1 + 0.05 * noise((SIZE, SIZE), 1, rng) + 0.03 * noise((SIZE, SIZE), 24, rng)
    else:
        color = np.float32([0.5, 0.49, 0.47]) * rng.uniform(0.7, 1.3)
        tone = 1 + 0.04 * noise((SIZE, SIZE), 3, rng) + 0.05 * noise((SIZE, SIZE), 64, rng)
    return color * np.asarray(tone, np.float32)[..., None]


def _wood(rng):
    tone = 1 + 0.05 * np.sin(np.arange(64, dtype=np.float32) * rng.uniform(0.3, 0.9))[:, None]
    return (
        _WOOD[rng.integers(len(_WOOD))]
        * rng.uniform(0.7, 1.3)
        * (tone * (1 + 0.05 * noise((64, 64), 3, rng)))[..., None]
    )


def _cupboard(rng):
    if rng.random() < 0.4:
        return np.broadcast_to(palette.wall(rng) * rng.uniform(0.7, 1.0), (16, 16, 3))
    return _wood(rng)


def books(rng, rows=4):
    """A shelf seen from the front."""
    image = np.full((128, 128, 3), 0.12, np.float32)
    height = 128 // rows
    for row in range(rows):
        x = rng.integers(0, 8)
        while x < 124:
            width = int(rng.integers(3, 9))
            tall = int(height * rng.uniform(0.6, 0.9))
            if rng.random() < 0.88:
                image[(row + 1) * height - 4 - tall : (row + 1) * height - 4, x : x + width] = palette.thing(
                    rng
                )
                image[(row + 1) * height - 4 - tall : (row + 1) * height - 4, x] *= 0.7
            x += width
        image[(row + 1) * height - 4 : (row + 1) * height] = _WOOD[1] * 0.9
    return image


def poster(rng):
    """A picture in a frame: shapes and tones such as photographs and prints have."""
    y, x = np.mgrid[0:64, 0:64].astype(np.float32) / 64
    a, b, c = palette.thing(rng), palette.thing(rng), palette.thing(rng)
    image = a * (1 - y[..., None]) + b * y[..., None]
    for _ in range(rng.integers(1, 6)):
        at, radius = rng.uniform(0, 1, 2), rng.uniform(0.08, 0.35)
        inside = (
            np.hypot(x - at[0], y - at[1]) < radius
            if rng.random() < 0.5
            else (np.abs(x - at[0]) < radius) & (np.abs(y - at[1]) < radius / 2)
        )
        image = np.where(inside[..., None], palette.thing(rng), image)
    image = image + np.float32(0.06) * noise((64, 64), 8, rng)[..., None]
    border = (np.minimum(np.minimum(x, 1 - x), np.minimum(y, 1 - y)) < 0.06)[..., None]
    return np.where(border, c * 0.4 if rng.random() < 0.5 else np.float32(0.93), image)


def _window(rng):
    y, x = np.mgrid[0:64, 0:64].astype(np.float32) / 64
    sky = np.float32([0.86, 0.91, 0.97]) * (1 - 0.15 * y[..., None])
    green = y > 0.6 + 0.08 * np.sin(x * 9 + rng.uniform(0, 6))
    image = np.where(green[..., None], np.float32([0.35, 0.42, 0.28]) * rng.uniform(0.7, 1.5), sky)
    bars = (np.minimum(np.minimum(x, 1 - x), np.minimum(y, 1 - y)) < 0.05) | (np.abs(x - 0.5) < 0.02)
    return np.where(bars[..., None], np.float32(0.93), image)


def _furnish(stage, rng, left, right, depth):
    """Things along the walls; some overlap, as in rooms that are lived in."""
    for _ in range(rng.integers(2, 9)):
        x = rng.uniform(left + 2, right - 2)
        kind = rng.choice(["picture", "shelf", "cupboard", "door", "window", "sofa", "table",
                           "plant", "lamp", "curtain", "boxes", "chair"],
                          p=[0.2, 0.1, 0.12, 0.08, 0.08, 0.09, 0.07, 0.08, 0.05, 0.05, 0.04, 0.04])  # fmt: skip
        if kind == "picture":
            half = rng.uniform(0.8, 3.0, 2)
            stage.box(
                (x, rng.uniform(11, 18), depth + 0.1), (half[0], half[1], 0.1), stage.texture(poster(rng))
            )
        elif kind in ("door", "window"):
            tall = kind == "door"
            texture = stage.texture(_cupboard(rng) if tall else _window(rng))
            stage.box(
                (x, 10.2 if tall else 14, depth + 0.05),
                (4.2 if tall else rng.uniform(3, 7), 10.2 if tall else 5.5, 0.15),
                texture,
            )
        elif kind == "curtain":
            folds = palette.wall(rng) * (0.85 + 0.15 * np.sin(np.arange(64) * 0.8))[None, :, None]
            stage.box(
                (x, 12, depth + 0.5),
                (rng.uniform(2, 5), 12, 0.4),
                stage.texture(np.broadcast_to(folds, (8, 64, 3))),
            )
        else:
            _stand(stage, rng, kind, x, depth + rng.uniform(1.5, max(1.6, min(8.0, -depth - 3))))


def _stand(stage, rng, kind, x, z):
    turn = rng.normal(0, 0.15)
    cloth = palette.thing(rng)
    if kind == "shelf":
        half = rng.uniform([3, 7, 1.3], [6, 10.5, 1.8])
        stage.box(
            (x, half[1], z),
            half,
            stage.texture(books(rng, rng.integers(3, 6))),
            turn,
            (rng.integers(1, 3), 1),
        )
    elif kind == "cupboard":
        half = rng.uniform([3, 3, 1.8], [7, 9, 2.6])
        stage.box((x, half[1], z), half, stage.texture(_cupboard(rng)), turn)
        stage.box(
            (x, half[1], z + half[2]), (0.08, half[1] * 0.9, 0.05), stage.plain([0.2, 0.18, 0.16]), turn
        )
        for _ in range(rng.integers(0, 3)):
            stage.box(
                (x + rng.uniform(-2, 2), 2 * half[1] + 0.8, z),
                rng.uniform(0.4, 1.0, 3),
                stage.plain(palette.thing(rng)),
            )
    elif kind in ("sofa", "chair"):
        wide = rng.uniform(6, 10) if kind == "sofa" else 2.6
        fabric = stage.texture(
            draw_sheet(rng, 8, 8, draw_cloth(rng, {"plain": 5, "knit": 1, "stripes": 1}, palette.thing)).image
        )
        stage.box((x, 2.2, z), (wide, 2.2, 3.2), fabric, turn)
        stage.box((x, 4.5, z - 2.6), (wide, 4.0, 0.9), fabric, turn)
        for sign in (-1, 1):
            stage.box((x + sign * wide, 3, z), (0.8, 3, 3.2), fabric, turn)
        stage.blob(
            (x + rng.uniform(-0.6, 0.6) * wide, 5.2, z - 1),
            (1.8, 1.6, 0.8),
            stage.plain(palette.thing(rng)),
            0.08,
            rng,
        )
    elif kind == "table":
        wood = stage.texture(_wood(rng))
        stage.box((x, 7.2, z), (rng.uniform(4, 8), 0.2, 3), wood, turn)
        for dx in (-3.5, 3.5):
            stage.box((x + dx, 3.5, z), (0.25, 3.5, 0.25), wood, turn)
        for _ in range(rng.integers(1, 5)):
            half = rng.uniform(0.3, 1.1, 3)
            stage.box(
                (x + rng.uniform(-3, 3), 7.4 + half[1], z),
                half,
                stage.plain(palette.thing(rng)),
                rng.uniform(0, 3),
            )
    elif kind == "plant":
        stage.box((x, 1.6, z), (1.3, 1.6, 1.3), stage.plain(palette.wall(rng) * 0.8))
        leaves = (
            np.float32([0.2, 0.34, 0.16])
            * (1 + 0.3 * noise((64, 64), 3, rng))[..., None]
            * rng.uniform(0.7, 1.4)
        )
        stage.blob(
            (x, rng.uniform(5, 9), z),
            rng.uniform([1.6, 2.5, 1.6], [3.2, 5, 3]),
            stage.texture(leaves),
            0.3,
            rng,
        )
    elif kind == "lamp":
        stage.box((x, 7, z), (0.12, 7, 0.12), stage.plain([0.15, 0.15, 0.15]))
        stage.box((x, 15, z), (1.4, 1.3, 1.4), stage.plain([0.97, 0.92, 0.8]))
    else:
        for _ in range(rng.integers(2, 6)):
            half = rng.uniform(0.8, 2.5, 3)
            stage.box(
                (x + rng.uniform(-3, 3), half[1], z),
                half,
                stage.plain(cloth if rng.random() < 0.5 else palette.thing(rng)),
                rng.uniform(0, 3),
            )
