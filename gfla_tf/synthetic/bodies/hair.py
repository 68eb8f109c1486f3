"""Hair: a cap raised from the scalp, and curtains, buns and tails that hang from it."""

import dataclasses

import numpy as np

from gfla_tf.synthetic.bodies import native
from gfla_tf.synthetic.bodies.pieces import grid, piece, unwrapped
from gfla_tf.synthetic.bodies.skin_map import skin_map
from gfla_tf.synthetic.bodies.template import template

_STYLES = ("bald", "buzz", "short", "curly", "bob", "long", "bun", "tail")
_OF_WOMEN = (0.0, 0.01, 0.11, 0.09, 0.22, 0.32, 0.11, 0.14)
_OF_MEN = (0.06, 0.15, 0.56, 0.1, 0.05, 0.04, 0.03, 0.01)
_COLORS = ("0f0b0a", "1f140d", "3a2416", "6b4526", "b08b52", "d2b47c", "733015", "99958f", "d9d7d2")
_COMMON = np.array([3.2, 3.0, 2.5, 1.5, 0.9, 0.5, 0.4, 0.15, 0.08])


@dataclasses.dataclass(frozen=True)
class Hair:
    """style: of `_STYLES`; color: sRGB; recession: decimeters that the hairline lies back; full: thickness, 0 to 1."""

    style: str
    color: np.ndarray
    recession: float
    full: float


def draw_hair(rng, shape):
    """Random `Hair` for a `Shape`: color and hairline go with age, sex and ancestry."""
    style = str(rng.choice(_STYLES, p=_OF_WOMEN if shape.female else _OF_MEN))
    weights = _COMMON.copy()
    if shape.ancestry[2] < 0.5:
        weights[3:7] *= 0.1
    weights[7:] *= 1 + 25 * shape.age**2
    code = _COLORS[rng.choice(len(_COLORS), p=weights / weights.sum())]
    color = np.array([int(code[i : i + 2], 16) for i in (0, 2, 4)], np.float32) / np.float32(255)
    recession = 0.0 if shape.female else max(0.0, rng.normal(0.25 * shape.age, 0.12))
    return Hair(
        style,
        (color * np.float32(rng.uniform(0.85, 1.2))).astype(np.float32),
        float(recession),
        rng.uniform(0, 1),
    )


def above_hairline(points, recession=0.0):
    """(...,) signed distance in decimeters to the hairline on the base's head, positive in the hair."""
    x, z = np.abs(points[..., 0]), points[..., 2]
    line = np.interp(z, [-1.0, -0.3, 0.05, 0.32, 0.5, 0.62, 0.85, 1.1, 1.35],
                     [6.45, 6.5, 6.75, 6.95, 7.25, 7.55, 7.88, 8.0, 8.05])  # fmt: skip
    line = line + 0.16 * np.clip(x - 0.3, 0, 0.3) * (z > 0.75)
    return (
        points[..., 1] - line - recession * np.clip((z - 0.55) / 0.4, 0, 1) * (0.5 + np.clip(x / 0.5, 0, 1))
    )


def grow(hair, shape, rng):
    """Pieces of a `Hair` on a `Shape`."""
    if hair.style == "bald":
        return []
    pieces = [_cap(hair, shape, rng)]
    head = _HeadMap(shape)
    if hair.style in ("bob", "long"):
        pieces.append(_curtain(hair, head, rng))
    elif hair.style == "bun":
        pieces.append(_bun(head, rng))
    elif hair.style == "tail":
        pieces.append(_tail(head, rng))
    return pieces


def head_triangles():
    """Triangles of the body's upper head, on which caps sit."""
    base, body = template().vertices, template().triangles["body"]
    inside = (base[:, 1] > 6.2) & (np.abs(base[:, 0]) < 1.2)
    return body[inside[body].all(axis=1)]


def _waves(points, rng, frequency, count):
    return (
        sum(np.sin(points @ rng.normal(0, frequency, 3) + rng.uniform(0, 6.3)) for _ in range(count)) / count
    )


def _cap(hair, shape, rng):
    base, own = template().vertices, shape.vertices
    keep = above_hairline(base, hair.recession) - 0.9 * skin_map().ear
    keep = keep + 0.05 * _waves(base, rng, 7, 2) + 0.05 * _waves(base, rng, 18, 3) - 0.05
    thickness = {
        "buzz": 0.025,
        "short": 0.07 + 0.15 * hair.full,
        "curly": 0.2 + 0.35 * hair.full,
        "bob": 0.15,
        "long": 0.12,
    }
    thickness = thickness.get(hair.style, 0.07)
    top = np.clip((base[:, 1] - 7.3) / 1.0, 0, 1)
    more = {"short": 0.3 + rng.uniform(0, 1.1), "curly": 0.7}.get(hair.style, 0.4)
    rough = {"curly": 0.55}.get(hair.style, 0.25) * _waves(base, rng, 9 if hair.style == "curly" else 5, 5)
    lift = thickness * np.clip(keep / 0.4, 0.1, 1) * (0.75 + more * top) * (1 + 1.4 * rough)
    surface = (own + native.normals(own, template().triangles["body"]) * lift[:, None]).astype(np.float32)
    triangles = head_triangles()
    away = base - np.array([0, 7.5, 0.25], np.float32)
    angle = unwrapped(np.arctan2(away[:, 0], -away[:, 2])[triangles])
    uv = np.stack([angle / (2 * np.pi) * 3 + 0.5, away[:, 1][triangles] / 3], axis=-1)
    return piece(surface, triangles, uv, keep, "hair", True)


class _HeadMap:
    """Takes points near the base's head to a person's: the affine map that fits best."""

    def __init__(self, shape):
        base = template().vertices
        head = np.flatnonzero((base[:, 1] > 6.2) & (np.abs(base[:, 0]) < 1.2))[::4]
        points = np.concatenate([base[head], np.ones((len(head), 1))], axis=1)
        self._matrix = np.linalg.lstsq(points, shape.vertices[head], rcond=None)[0]

    def __call__(self, points):
        return (np.concatenate([points, np.ones((len(points), 1))], axis=1) @ self._matrix).astype(np.float32)


def follow_head(points, low=5.2, high=6.4):
    """(N, bones) weights of things on the head: what hangs lower lies on the chest."""
    base = template()
    weights = np.zeros((len(points), len(base.bones)), np.float32)
    share = np.clip((points[:, 1] - low) / (high - low), 0, 1)
    weights[:, base.bone["Head"]], weights[:, base.bone["Spine2"]] = share, 1 - share
    return weights


def _hanging(head, points, uv, rows, columns):
    triangles = grid(rows, columns)
    keep = np.ones(len(points), np.float32)
    return piece(
        head(points), triangles, uv.reshape(-1, 2)[triangles], keep, "hair", True, follow_head(points)
    )


def _curtain(hair, head, rng):
    rows, columns = 18, 37
    length = rng.uniform(0.0, 0.8) if hair.style == "bob" else rng.uniform(1.0, 3.0)
    face = rng.uniform(0.55, 0.8)  # half the opening for the face at the temples, in quarter turns
    wave, phase = rng.uniform(0.0, 0.06), rng.uniform(0, 6.3)
    points = np.zeros((rows, columns, 3))
    for i, share in enumerate(np.linspace(0, 1, rows)):
        polar = min(share / 0.45, 1) * np.pi / 2  # the crown, down to the temples
        down = max(0.0, (share - 0.45) / 0.55)
        opening = np.pi / 2 * face * min(1, share / 0.3) ** 0.7 * (1 + 0.12 * down)
        angle = np.linspace(opening, 2 * np.pi - opening, columns)
        bulge = 0.10 * down - (0.16 * down**2 if hair.style == "bob" else 0.03 * down**2)
        radius = np.sin(polar) * (1 + 0.03 * np.sin(9 * angle + phase) + bulge)
        radius = radius + down * wave * np.sin(18 * down + 3 * np.sin(3 * angle))
        points[i, :, 0] = np.sin(angle) * radius * 0.93
        points[i, :, 2] = np.cos(angle) * radius * (1.12 - 0.12 * down) + 0.22 - 0.1 * down
        ends = down**3 * (0.18 * np.sin(7 * angle + phase) + 0.12 * np.sin(17 * angle))
        points[i, :, 1] = 7.45 + 1.13 * np.cos(polar) - down * (1.0 + length) + ends
    uv = np.stack(np.meshgrid(np.linspace(0, 2.5, columns), np.linspace(0, 1.3, rows)), axis=-1)
    return _hanging(head, points.reshape(-1, 3), uv, rows, columns)


def _bun(head, rng):
    rows, columns = 10, 14
    turn, down = np.meshgrid(np.linspace(0, 2 * np.pi, columns), np.linspace(0, np.pi, rows))
    at = rng.uniform(0.0, 1.1)
    center = np.array([0, 7.55 + 1.02 * np.sin(at), 0.2 - 1.25 * np.cos(at)])
    radius = np.array([0.42, 0.4, 0.4]) * rng.uniform(0.75, 1.1)
    ball = np.stack([np.sin(down) * np.sin(turn), np.cos(down), np.sin(down) * np.cos(turn)], axis=-1)
    points = (ball * (1 + 0.06 * np.sin(5 * turn))[..., None]) * radius + center
    return _hanging(
        head, points.reshape(-1, 3), np.stack([turn / 6.283, down / np.pi], axis=-1), rows, columns
    )


def _tail(head, rng):
    rows, columns = 12, 14
    turn, share = np.meshgrid(np.linspace(0, 2 * np.pi, columns), np.linspace(0, 1, rows))
    length, thick = rng.uniform(1.0, 2.6), rng.uniform(0.18, 0.28)
    radius = np.sin(np.pi * np.clip(share * 0.9 + 0.07, 0, 1)) ** 0.5 * thick
    back = -0.92 - 0.35 * np.sin(np.pi * np.minimum(share * 1.5, 1))
    points = np.stack([radius * np.sin(turn), 7.85 - length * share, radius * np.cos(turn) + back], axis=-1)
    return _hanging(head, points.reshape(-1, 3), np.stack([turn / 6.283, share], axis=-1), rows, columns)
