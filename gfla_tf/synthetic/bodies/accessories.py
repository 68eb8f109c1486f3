"""Hats, glasses and bags."""

import numpy as np

from gfla_tf.synthetic.bodies import native
from gfla_tf.synthetic.bodies.hair import _HeadMap, follow_head, head_triangles
from gfla_tf.synthetic.bodies.pieces import grid, piece, unwrapped
from gfla_tf.synthetic.bodies.skin_map import skin_map
from gfla_tf.synthetic.bodies.template import template


def accessories(outfit, shape, rng):
    """Pieces of an `Outfit`'s hat, glasses and bag on a `Shape`."""
    pieces = []
    if outfit.hat:
        pieces += _hat(outfit.hat, shape, rng)
    if outfit.glasses:
        pieces += _glasses(outfit.glasses, shape)
    if outfit.bag == "backpack":
        pieces.append(_box(shape, (0, 3.4, -1.75), rng.uniform([1.1, 1.5, 0.5], [1.5, 1.9, 0.8]), "Spine2"))
    elif outfit.bag == "shoulder":
        side = -1.0  # its strap comes down from the left shoulder, see `sheets`
        pieces.append(
            _box(shape, (side * 2.35, 0.1, 0.0), rng.uniform([0.3, 0.7, 0.8], [0.5, 1.1, 1.3]), "Hips")
        )
    return pieces


def _hat(kind, shape, rng):
    base, own = template().vertices, shape.vertices
    line = (
        7.62 + 0.14 * np.clip(base[:, 2], -1, 1)
        if kind != "beanie"
        else 7.3 + 0.3 * np.clip(base[:, 2], -1, 1.2)
    )
    keep = (base[:, 1] - line).astype(np.float32) - 0.9 * skin_map().ear
    thick = 0.2 if kind == "beanie" else 0.22
    top = np.clip((base[:, 1] - 7.6) / 0.8, 0, 1)
    lift = thick * (1 + (0.7 if kind == "beanie" else 0.35) * top)
    surface = (own + native.normals(own, template().triangles["body"]) * lift[:, None]).astype(np.float32)
    triangles = head_triangles()
    away = base - np.array([0, 7.5, 0.25], np.float32)
    uv = np.stack([unwrapped(np.arctan2(away[:, 0], away[:, 2])[triangles]) / (2 * np.pi) + 0.5,
                   (8.7 - base[:, 1][triangles]) / 1.6], axis=-1)  # fmt: skip
    pieces = [piece(surface, triangles, uv, keep, "hat", True)]
    if kind != "beanie":
        pieces.append(_brim(kind, _HeadMap(shape), rng))
    return pieces


def _brim(kind, head, rng):
    """A cap's peak, or a brim all around."""
    rows, columns = 5, 41
    half = 0.95 if kind == "cap" else np.pi
    angle, share = np.meshgrid(np.linspace(-half, half, columns), np.linspace(0, 1, rows))
    width = rng.uniform(0.6, 0.8) if kind == "cap" else rng.uniform(0.4, 0.7)
    reach = width * share * (np.sqrt(np.clip(1 - (angle / half) ** 2, 0, 1)) if kind == "cap" else 1)
    points = np.stack([
        np.sin(angle) * (1.0 + reach * 0.9),
        7.72 + 0.16 * np.cos(angle) - 0.22 * reach - 0.12 * np.abs(np.sin(angle)) * reach,
        np.cos(angle) * (1.22 + reach) + 0.2,
    ], axis=-1).reshape(-1, 3)  # fmt: skip
    triangles = grid(rows, columns)
    uv = np.stack([angle / (2 * np.pi) + 0.5, 0.6 + 0.3 * share], axis=-1).reshape(-1, 2)[triangles]
    return piece(head(points), triangles, uv, np.ones(len(points)), "hat", True, follow_head(points))


def _glasses(kind, shape):
    """Two rings (or dark discs) before the eyes, a bridge and two temples."""
    head, pieces = _HeadMap(shape), []
    n = 15
    x, y = np.meshgrid(np.linspace(-1, 1, n), np.linspace(-1, 1, n))
    radius = (np.abs(x) ** 3 + np.abs(y) ** 3) ** (1 / 3)
    keep = (0.95 - radius).ravel() if kind == "dark" else (0.14 - np.abs(radius - 0.82)).ravel()
    triangles = grid(n, n)
    for sign in (1, -1):
        points = np.stack(
            [0.31 * sign + 0.24 * x, 7.27 + 0.19 * y, 1.56 - 0.16 * np.abs(0.31 * sign + 0.24 * x)], -1
        )
        points = points.reshape(-1, 3)
        uv = np.zeros((len(triangles), 3, 2))
        pieces.append(piece(head(points), triangles, uv, keep, "glasses", True, follow_head(points)))
    bars = [[(-0.09, 7.32, 1.57), (0.09, 7.32, 1.57), (-0.09, 7.27, 1.57), (0.09, 7.27, 1.57)]]
    bars += [
        [(s * 0.53, 7.36, 1.45), (s * 0.83, 7.36, 0.35), (s * 0.53, 7.30, 1.45), (s * 0.83, 7.30, 0.35)]
        for s in (1, -1)
    ]
    for bar in bars:
        points = np.array(bar)
        pieces.append(
            piece(
                head(points),
                grid(2, 2),
                np.zeros((2, 3, 2)),
                np.ones(4),
                "glasses",
                True,
                follow_head(points),
            )
        )
    return pieces


def _box(shape, center, half, bone):
    """A rounded box that is fixed to a bone, its place taken from the person's own skeleton."""
    rows, columns = 13, 25
    turn, down = np.meshgrid(np.linspace(-np.pi, np.pi, columns), np.linspace(0, np.pi, rows))
    ball = np.stack([np.sin(down) * np.sin(turn), np.cos(down), np.sin(down) * np.cos(turn)], axis=-1)
    box = np.sign(ball) * np.abs(ball) ** 0.45
    points = (box * half + center).reshape(-1, 3)
    base = template()
    number = base.bone[bone]
    moved = base.heads(shape.vertices)[number] - base.heads(base.vertices)[number]
    if bone == "Spine2":  # keep clear of the person's own back
        back = shape.vertices[base.tights][
            (np.abs(base.vertices[base.tights, 0]) < 0.8) & (base.vertices[base.tights, 1] > 2.5)
        ]
        moved[2] = back[:, 2].min() - 0.8 * half[2] - center[2]
    weights = np.zeros((len(points), len(base.bones)), np.float32)
    weights[:, number] = 1
    triangles = grid(rows, columns)
    uv = np.stack([turn / (2 * np.pi) + 0.5, down / np.pi], axis=-1).reshape(-1, 2)[triangles]
    return piece(
        (points + moved).astype(np.float32), triangles, uv, np.ones(len(points)), "bag", True, weights
    )
