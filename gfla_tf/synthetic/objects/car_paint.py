"""The looks of a car: liveries, lights, doors, windows and wheels, painted onto its solids."""

import dataclasses

import numpy as np

from gfla_tf.synthetic.objects.paint import across_and_along, blended, draw_contrast, over
from gfla_tf.synthetic.people.texture import PATTERNS, SHAPES, turns

LIVERIES = {
    "plain": 4, "two_tone": 1.5, "racing": 2, "band": 2, "checkered": 1.2, "number": 1.8, "halves": 1, "dots": 0.8,
    "diagonal": 1, "vertical": 0.8, "checks": 0.8, "wedge": 1.2,
}  # fmt: skip
DARK, GLASS, SKY = (0.09, 0.09, 0.10), np.array((0.10, 0.13, 0.17)), np.array((0.45, 0.53, 0.60))


@dataclasses.dataclass(frozen=True)
class Livery:
    """Two colors and what chooses between them; `place` and `size` in meters have a meaning of their own for each kind."""

    kind: str
    first: np.ndarray
    second: np.ndarray
    place: float
    size: float
    phase: float
    shape: str

    def __call__(self, point, normal):
        """(3, n) colors of places on the car."""
        if self.kind == "plain":
            share = np.zeros(point.shape[1], np.float32)
        else:
            share = _LIVERIES[self.kind](self, point, normal)
        return blended(self.first, self.second, share)


def draw_livery(draws, color, shape):
    kind = draws.weighted(LIVERIES)
    place, size = {
        "two_tone": (shape.belt - draws.uniform(0.0, 0.3), 0),
        "racing": (draws.pick((0.0, 0.22)), draws.uniform(0.14, 0.22)),
        "band": (shape.belt - draws.uniform(0.15, 0.3), draws.uniform(0.09, 0.16)),
        "checkered": (shape.belt - draws.uniform(0.15, 0.25), draws.uniform(0.12, 0.18)),
        "number": ((shape.roof[0] + shape.roof[1]) / 2 * draws.uniform(0.3, 1.0), draws.uniform(0.26, 0.34)),
        "halves": (draws.uniform(-0.2, 0.2) * shape.length, 0),
        "wedge": (draws.uniform(-0.15, 0.3) * shape.length, 0),
    }.get(kind, (0.0, draws.uniform(0.5, 0.9)))
    names = ("disc", "ring", "star", "heart", "bars", "cross")
    return Livery(kind, color, draw_contrast(draws, color), place, size, draws.uniform(), draws.pick(names))


def _soft(distance):
    """0 to 1 as a signed distance in meters goes from -2 cm to 2 cm: edges soft enough for small images."""
    return np.clip(distance * np.float32(25) + np.float32(0.5), 0, 1)


def _number(livery, point, normal):
    """A print on both doors and one on the bonnet."""
    a, b = across_and_along(point, normal)
    scale = np.float32(1 / livery.size)
    shape = SHAPES[livery.shape]
    side = shape((a - np.float32(livery.place)) * scale, (np.float32(livery.phase * 0.1 + 0.62) - b) * scale)
    ahead = shape(a * scale, (np.float32(livery.place + 1.55) - b) * scale)
    return np.where(np.abs(normal[0]) > 0.7, side, ahead & (normal[1] > 0.6))


def _overall(pattern):
    def share(livery, point, normal):
        a, b = across_and_along(point, normal)
        scale, phase = np.float32(1 / livery.size), np.float32(livery.phase)
        return PATTERNS[pattern](a * scale + phase, b * scale + phase)

    return share


def _checkered(livery, point, normal):
    a, b = across_and_along(point, normal)
    inside = (np.abs(b - np.float32(livery.place)) < livery.size) & (np.abs(normal[1]) < 0.6)
    scale = np.float32(0.5 / livery.size)
    return inside * PATTERNS["checks"](a * scale, (b - np.float32(livery.place)) * scale * np.float32(1.25))


_LIVERIES = {
    "two_tone": lambda livery, p, n: _soft(np.float32(livery.place) - p[1]),
    "racing": lambda livery, p, n: (
        _soft(np.float32(livery.size) - np.abs(np.abs(p[0]) - np.float32(livery.place)))
        * (np.abs(n[0]) < 0.6)
    ),
    "band": lambda livery, p, n: _soft(np.float32(livery.size) - np.abs(p[1] - np.float32(livery.place))),
    "checkered": _checkered,
    "number": _number,
    "halves": lambda livery, p, n: _soft(p[2] - np.float32(livery.place)),
    "wedge": lambda livery, p, n: _soft(p[2] - np.float32(livery.place) + (p[1] - 0.7) * np.float32(1.3)),
    "dots": _overall("dots"),
    "diagonal": _overall("diagonal"),
    "vertical": _overall("vertical"),
    "checks": _overall("checks"),
}


class BodyPaint:
    """The lower body: the livery with lights, grille, plates, doors, sills and the dark of the wheel arches."""

    def __init__(self, shape, livery):
        self.shape, self.livery = shape, livery

    def __call__(self, point, normal):
        s = self.shape
        x, y, z = np.abs(point[0]), point[1], point[2]
        color = self.livery(point, normal)
        side = np.abs(normal[0]) > 0.6
        doors = (s.roof[0] + 0.25 * (s.bonnet - s.roof[0]), s.roof[0] - 1.05, s.roof[0] - 2.0)
        for place in doors[: 2 if s.kind in ("coupe", "pickup") else 3]:
            if place > s.wheels[1]:
                line = (np.abs(z - np.float32(place)) < 0.022) & (y > s.clearance + 0.12)
                color = over(color, (0.05, 0.05, 0.05), np.float32(0.55) * (line & side))
        handle = (np.abs(y - np.float32(s.belt - 0.12)) < 0.025) & side
        for place in doors[1:]:
            color = over(color, (0.1, 0.1, 0.1), handle & (np.abs(z - np.float32(place + 0.14)) < 0.09))
        low = _soft(np.float32(s.clearance + 0.09) - y)
        color = over(color, DARK, low)
        for place in s.wheels:
            away = (z - np.float32(place)) ** 2 + (y - np.float32(s.radius)) ** 2
            color = over(color, DARK, side & (away < (1.16 * s.radius) ** 2))
        return self._ends(color, x, y, z, normal)

    def _ends(self, color, x, y, z, normal):
        s = self.shape
        half = s.width / 2
        ahead, behind = (normal[2] > 0.35) & (normal[1] < 0.75), normal[2] < -0.35
        nose = s.belt * 0.66
        lamp = (np.abs(y - np.float32(nose)) < 0.085) & (z > s.length / 2 - 0.5)
        color = over(color, (0.98, 0.96, 0.85), ahead & lamp & (x > half - 0.48) & (x < half - 0.06))
        grille = (np.abs(y - np.float32(nose - 0.03)) < 0.09) & (x < half - 0.55)
        color = over(color, (0.12, 0.12, 0.13), ahead & grille)
        lamp = np.abs(y - np.float32(s.belt - 0.22)) < 0.1
        color = over(color, (0.78, 0.05, 0.06), behind & lamp & (x > half - 0.36))
        plate = (np.abs(y - np.float32(s.clearance + 0.36)) < 0.06) & (x < 0.26)
        return over(color, (0.93, 0.92, 0.86), (ahead | behind) & plate)


class CabinPaint:
    """The cabin: windows between pillars, under a roof that may have a color of its own."""

    def __init__(self, shape, livery, roof):
        self.shape, self.livery, self.roof = shape, livery, roof

    def __call__(self, point, normal):
        s = self.shape
        x, y, z = np.abs(point[0]), point[1], point[2]
        color = self.livery(point, normal)
        if self.roof is not self.livery.first:
            color = over(color, self.roof, normal[1] > 0.75)
        share = (y - np.float32(s.belt)) * np.float32(1 / (s.height - s.belt))
        inside = (share > 0.10) & (share < 0.86)
        # The slanted edges of the side windows, a pillar's width inside the cabin's outline.
        front = s.bonnet + (s.roof[0] - s.bonnet) * share
        back = s.rear + (s.roof[1] - s.rear) * share
        side = inside & (np.abs(normal[0]) > 0.6) & (z < front - 0.07) & (z > back + 0.08)
        for place in self._pillars():
            side &= np.abs(z - np.float32(place)) > 0.05
        if s.kind == "van" and self.livery.phase < 0.6:  # a delivery van has no windows behind its doors
            side &= z > s.roof[0] - 0.75
        flat = (
            (share < 0.9)
            & (share > 0.06)
            & (x < s.width / 2 - 0.13 - np.float32(0.25) * (y - np.float32(s.belt)))
        )
        ahead = flat & (normal[2] > 0.2)
        behind = flat & (normal[2] < -0.2)
        glass = side | ahead | behind
        reflection = np.clip(share, 0, 1) * np.float32(0.55)
        pane = blended(GLASS, SKY, reflection)
        return np.where(glass, pane, color)

    def _pillars(self):
        s = self.shape
        if s.kind == "bus":
            return [s.roof[0] - 0.9 * n for n in range(1, 7)]
        return [s.roof[0] - 0.9, s.roof[0] - 1.85]


@dataclasses.dataclass(frozen=True)
class WheelPaint:
    """A tire with a rim, symmetric around the axle; axis: along which the axle lies (0 or 2)."""

    radius: float
    height: float
    places: tuple
    color: np.ndarray
    spokes: int
    axis: int

    @classmethod
    def draw(cls, draws, shape, axis=0):
        bright = np.array(
            draws.pick(((0.78, 0.79, 0.8), (0.6, 0.6, 0.62), (0.92, 0.92, 0.92), (0.85, 0.7, 0.3)))
        )
        places, height = (shape.wheels, shape.radius) if axis == 0 else ((0.0,), shape.belt)
        return cls(shape.radius, height, places, bright, draws.pick((0, 0, 5, 6, 8)), axis)

    def __call__(self, point, normal):
        across = point[2] if self.axis == 0 else point[0]
        front, back = np.float32(self.places[0]), np.float32(self.places[-1])
        across = np.where(across > (front + back) / 2, across - front, across - back)
        up = point[1] - np.float32(self.height)
        away = (across * across + up * up) * np.float32(1 / self.radius**2)
        face = np.abs(normal[self.axis]) > 0.7
        rim = face & (away < 0.46)
        if self.spokes:
            phase = turns(across, up) * np.float32(self.spokes)
            gap = np.abs(phase - np.round(phase)) > 0.27
            rim &= ~gap | (away < 0.05) | (away > 0.38)
        color = blended(DARK, (0.2, 0.2, 0.21), face)
        return over(color, self.color, rim)
