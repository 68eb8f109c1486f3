"""Chairs: a seat, a back, legs of many kinds, and sometimes arms; from a stool to an armchair."""

import dataclasses
import math

import numpy as np

from gfla_tf.synthetic.objects.paint import draw_color, draw_contrast, patterned, plain, printed
from gfla_tf.synthetic.objects.solids import box, extrusion, strut

WOODS = ((0.72, 0.52, 0.32), (0.55, 0.35, 0.18), (0.36, 0.21, 0.12), (0.80, 0.66, 0.46), (0.45, 0.18, 0.10))
METALS = ((0.14, 0.14, 0.15), (0.60, 0.61, 0.63), (0.35, 0.36, 0.38), (0.78, 0.66, 0.34))
LEGS = {"posts": 4, "splayed": 2.5, "pedestal": 1.6, "sled": 1.3, "block": 1.3}
BACKS = {"panel": 3, "slats": 2, "ladder": 2, "frame": 1.5, "none": 0.5}
ARMS = {"none": 3, "rests": 1.5, "walls": 1}
COVERS = {"plain": 3, "horizontal": 1, "vertical": 1.2, "checks": 1, "dots": 1, "diagonal": 0.8, "gingham": 0.8,
          "print": 1.5}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Shape:
    """Measures of one chair in meters: half its width, half its depth, height and thickness of the seat, top of the back, how
    far the back leans, and how thick bars are."""

    half: float
    deep: float
    seat: float
    thick: float
    top: float
    lean: float
    bar: float


def draw_chair(draws):
    """The solids of a random chair, which stands on y = 0 and looks along Z."""
    legs, back, arms = draws.weighted(LEGS), draws.weighted(BACKS), draws.weighted(ARMS)
    if legs == "block":  # an armchair
        back, arms = "panel", "walls" if draws.chance(0.7) else "none"
    low = draws.chance(0.2) or legs == "block"
    half, seat = draws.uniform(0.21, 0.27) + 0.08 * low, draws.uniform(0.42, 0.5) - 0.09 * low
    shape = Shape(
        half=half, deep=half * draws.uniform(0.9, 1.1), seat=seat, thick=draws.uniform(0.04, 0.07) + 0.06 * low,
        top=seat + draws.uniform(0.36, 0.62), lean=draws.uniform(0.02, 0.10) + 0.04 * low, bar=draws.uniform(0.017, 0.028),
    )  # fmt: skip
    frame, cover = _frame_color(draws), draw_color(draws, 0.15, (0.3, 0.9))
    cloth = _cover(draws, cover)
    hard = plain(frame)
    wooden = back in ("slats", "ladder") and draws.chance(0.7)
    seat_paint = hard if wooden and draws.chance(0.4) else cloth(None)
    solids = [
        box((-shape.half, seat - shape.thick, -shape.deep), (shape.half, seat, shape.deep), seat_paint, 0.02)
    ]
    if draws.chance(0.35) and not low:  # a cushion
        inner, cushion = 0.9 * shape.half, plain(draw_contrast(draws, cover))
        solids.append(
            box((-inner, seat, -0.85 * shape.deep), (inner, seat + 0.05, 0.92 * shape.deep), cushion, 0.03)
        )
    solids += _back(draws, shape, back, hard if wooden else cloth(seat + 0.2), hard)
    solids += _legs(draws, shape, legs, hard, cloth(None))
    if arms != "none" and back != "none":
        solids += _arms(draws, shape, arms, hard, cloth(None), legs)
    return tuple(solids)


def _frame_color(draws):
    if draws.chance(0.2):
        return draw_color(draws, 0.1)
    return np.array(draws.pick(WOODS if draws.chance(0.6) else METALS)) * draws.uniform(0.85, 1.1)


def _cover(draws, color):
    """A function that gives the paint, with prints at that height or, on None, without."""
    pattern, second = draws.weighted(COVERS), draw_contrast(draws, color)
    period, phase = draws.uniform(0.14, 0.26), draws.uniform()
    name, size = draws.pick(("disc", "ring", "star", "heart", "cross")), draws.uniform(0.1, 0.15)

    def paint(height):
        if pattern == "plain" or (pattern == "print" and height is None):
            return plain(color)
        if pattern == "print":
            return printed(name, plain(color), second, (0.0, height), size, 2)
        return patterned(pattern, color, second, period, phase)

    return paint


def _leaning(shape, low, high, left, right, paint, thick=0.03, bevel=0.0):
    """A board of the back, from one height to another, that leans as the back does."""
    slope = shape.lean / (shape.top - shape.seat)
    z = [-shape.deep + 0.02 - slope * (y - shape.seat) for y in (low, high)]
    profile = [(z[0], low), (z[0] - thick, low), (z[1] - thick, high), (z[1], high)]
    return extrusion(profile, left, right, paint, bevel)


def _back(draws, s, kind, paint, hard):
    if kind == "none":
        return []
    half = s.half * draws.uniform(0.86, 1.0)
    gap = draws.uniform(0.0, 0.14) * (s.top - s.seat)
    if kind == "panel":
        thick = draws.uniform(0.03, 0.07)
        arch = (0, 0, draws.uniform(0, 0.12), 0)  # cut off at the top corners
        sides = [] if gap < 0.03 else [
            _leaning(s, s.seat - 0.03, s.seat + gap + 0.05, x - 0.02, x + 0.02, hard) for x in (-half * 0.7, half * 0.7)
        ]  # fmt: skip
        low = s.seat - s.thick if gap < 0.03 else s.seat + gap
        return [_leaning(s, low, s.top, -half, half, paint, thick, arch), *sides]
    posts = [
        _leaning(s, s.seat - s.thick, s.top, min(x, x - side * 0.045), max(x, x - side * 0.045), hard, 0.035)
        for side in (-1, 1)
        for x in (side * half,)
    ]
    inner = half - 0.045
    if kind == "frame":
        return [*posts, _leaning(s, s.top - 0.06, s.top, -inner, inner, hard),
                _leaning(s, s.seat + 0.12, s.top - 0.06, -inner, inner, paint, 0.02)]  # fmt: skip
    if kind == "ladder":
        count = draws.pick((2, 3, 4))
        step = (s.top - s.seat - 0.1) / count
        rungs = [s.top - n * step for n in range(count)]
        return posts + [_leaning(s, y - 0.5 * step, y, -inner, inner, paint, 0.02) for y in rungs]
    count = draws.pick((3, 4, 5))
    places = np.linspace(-inner, inner, count + 2)[1:-1]
    wide = 0.3 * inner / (count + 1) + 0.008
    rails = [_leaning(s, y - 0.06, y, -inner, inner, hard) for y in (s.top, s.seat + 0.14)]
    return posts + rails + [
        _leaning(s, s.seat + 0.1, s.top - 0.03, x - wide, x + wide, paint, 0.015) for x in places.tolist()
    ]  # fmt: skip


def _legs(draws, s, kind, hard, paint):
    under, x, z = s.seat - s.thick, s.half - s.bar - 0.005, s.deep - s.bar - 0.005
    corners = [(i * x, j * z) for i in (-1, 1) for j in (-1, 1)]
    if kind == "posts":
        legs = [box((a - s.bar, 0, b - s.bar), (a + s.bar, under, b + s.bar), hard) for a, b in corners]
        if draws.chance(0.5):  # a stretcher between the legs of either side
            y = draws.uniform(0.1, 0.24)
            legs += [box((a - 0.012, y, -z), (a + 0.012, y + 0.03, z), hard) for a in (-x, x)]
        return legs
    if kind == "splayed":
        out = draws.uniform(1.05, 1.25)
        return [
            strut((out * a, 0, out * b), (0.8 * a, under, 0.8 * b), (0.6 * s.bar, 1.1 * s.bar), hard, 8)
            for a, b in corners
        ]
    if kind == "pedestal":
        feet = draws.pick((4, 5))
        reach = 1.1 * s.half
        stars = [
            strut((0, 0.07, 0), (reach * math.sin(t), 0.03, reach * math.cos(t)), (0.03, 0.02), hard, 6)
            for t in (2 * math.pi * n / feet for n in range(feet))
        ]
        return [strut((0, 0.05, 0), (0, under, 0), (1.4 * s.bar, 1.1 * s.bar), hard, 10), *stars]
    if kind == "sled":
        rails = [box((a - s.bar, 0, -s.deep), (a + s.bar, 2 * s.bar, s.deep), hard) for a in (-x, x)]
        bars = [box((a - s.bar, 0, b - s.bar), (a + s.bar, under, b + s.bar), hard) for a, b in corners]
        return rails + (bars if draws.chance(0.5) else bars[1::2])
    return [box((-s.half + 0.02, 0.05, -s.deep + 0.01), (s.half - 0.02, under, s.deep - 0.04), paint, 0.02)]


def _arms(draws, s, kind, hard, paint, legs):
    height = s.seat + draws.uniform(0.17, 0.24)
    if kind == "walls":
        foot, thick = (0.05 if legs == "block" else s.seat - s.thick), draws.uniform(0.05, 0.1)
        return [
            box((min(x, x + side * thick), foot, -s.deep), (max(x, x + side * thick), height, s.deep - 0.02), paint, 0.02)
            for side in (-1, 1)
            for x in (side * s.half,)
        ]  # fmt: skip
    front = s.deep * draws.uniform(0.4, 0.9)
    arms = []
    for x in (-s.half, s.half):
        arms.append(box((x - 0.025, height, -s.deep - 0.02), (x + 0.025, height + 0.03, front + 0.02), hard))
        arms.append(box((x - 0.018, s.seat - s.thick, front - 0.03), (x + 0.018, height, front), hard))
    return arms
