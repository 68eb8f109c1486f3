"""Textures of cloth: stripes, checks, dots, prints, denim and knit, drawn to scale on a sheet of a given size."""

import dataclasses

import numpy as np

from gfla_tf.synthetic.bodies import palette
from gfla_tf.synthetic.bodies.noise import noise

SIZE = 256


@dataclasses.dataclass(frozen=True)
class Cloth:
    """How a garment's cloth looks.

    Attributes:
        kind: a key of `PATTERNS`.
        colors: three.
        period, duty, phase: of what repeats: decimeters, share of the second color, shift.
        grain: strength of the yarn's own texture.
    """

    kind: str
    colors: tuple
    period: float
    duty: float
    phase: float
    grain: float


def draw_cloth(rng, kinds, color=palette.cloth, period=None):
    """A random `Cloth`.

    Args:
        rng: numpy Generator.
        kinds: {kind: weight}.
        color: function of rng that draws the main color.
        period: decimeters, by default random.
    """
    names, weights = list(kinds), np.array(list(kinds.values()), float)
    kind = str(rng.choice(names, p=weights / weights.sum()))
    main = palette.denim(rng) if kind == "denim" else color(rng)
    second = palette.shifted(rng, main, 0.25) if rng.random() < 0.3 else palette.contrasting(rng, main)
    third = palette.contrasting(rng, main, 0.3)
    # Large and small repeats are equally rare.
    period = period or float(np.exp(rng.uniform(np.log(0.22), np.log(1.5))))
    grain = rng.choice([0.004, 0.009, 0.018], p=[0.45, 0.4, 0.15])
    return Cloth(
        kind, (main, second, third), period, rng.uniform(0.25, 0.65), rng.uniform(0, 1), float(grain)
    )


class Sheet:
    """A piece of cloth being drawn: `image` (256, 256, 3), which covers so many decimeters; x, y are those of its pixels."""

    def __init__(self, width, height, cloth):
        y, x = np.mgrid[0:SIZE, 0:SIZE].astype(np.float32)
        self.x, self.y = x * np.float32(width / SIZE), y * np.float32(height / SIZE)
        self.width, self.height, self.cloth = width, height, cloth
        self.image = np.broadcast_to(cloth.colors[0], (SIZE, SIZE, 3)).astype(np.float32).copy()
        self.period_x = width / max(1, round(width / cloth.period))  # whole periods around the body

    def soft(self, distance):
        """1 inside, where a distance in decimeters is positive; its edge is as wide as a pixel."""
        sharpness = np.float32(SIZE / self.width * 0.7)
        return np.clip(distance * sharpness + np.float32(0.5), 0, 1)[..., None]

    def paint(self, cover, color):
        """Lays a color over the sheet with a cover (256, 256, 1) in [0, 1]."""
        self.image += cover * (np.float32(color) - self.image)


def _stripes(sheet, rng):
    cloth, p = sheet.cloth, sheet.cloth.period
    sheet.paint(sheet.soft(p * cloth.duty / 2 - np.abs((sheet.y + cloth.phase) % p - p / 2)), cloth.colors[1])


def _double_stripes(sheet, rng):
    cloth, p = sheet.cloth, sheet.cloth.period * 1.8
    at = np.abs((sheet.y + cloth.phase) % p - p / 2)
    sheet.paint(sheet.soft(p * 0.3 - at) * (1 - sheet.soft(p * 0.2 - at)), cloth.colors[1])
    sheet.paint(sheet.soft(p * 0.12 - at), cloth.colors[2])


def _upright_stripes(sheet, rng):
    p = sheet.period_x
    sheet.paint(
        sheet.soft(p * sheet.cloth.duty / 2 - np.abs((sheet.x + p / 2) % p - p / 2)), sheet.cloth.colors[1]
    )


def _pinstripes(sheet, rng):
    n = max(1, round(sheet.width / 0.28))
    p = sheet.width / n
    sheet.paint(0.7 * sheet.soft(0.025 - np.abs(sheet.x % p - p / 2)), sheet.cloth.colors[1])


def _checks(sheet, rng):
    cloth = sheet.cloth
    for at, p in ((sheet.x, sheet.period_x), (sheet.y, cloth.period)):
        sheet.paint(0.5 * sheet.soft(p * 0.25 - np.abs(at % p - p / 2)), cloth.colors[1])
        sheet.paint(0.7 * sheet.soft(p * 0.04 - np.abs((at + p / 2) % p - p / 2)), cloth.colors[2])


def _gingham(sheet, rng):
    cloth, q = sheet.cloth, min(sheet.cloth.period, 0.6)
    p = sheet.width / max(1, round(sheet.width / q))
    for at, period in ((sheet.x, p), (sheet.y, q)):
        sheet.paint(0.5 * sheet.soft(period * 0.25 - np.abs(at % period - period / 2)), cloth.colors[1])


def _dots(sheet, rng):
    cloth, p, q = sheet.cloth, min(sheet.cloth.period, 0.9), sheet.period_x
    q = sheet.width / max(1, round(sheet.width / p))
    x = (sheet.x + (np.floor(sheet.y / p) % 2) * q / 2) % q - q / 2
    sheet.paint(sheet.soft(p * cloth.duty * 0.42 - np.hypot(x, sheet.y % p - p / 2)), cloth.colors[1])


def _blotches(sheet, rng):
    for color, threshold in ((sheet.cloth.colors[1], 1), (sheet.cloth.colors[2], 4)):
        sheet.paint(np.clip(noise((SIZE, SIZE), 8, rng) * 4 - threshold, 0, 1)[..., None], color)


def _flowers(sheet, rng):
    cloth = sheet.cloth
    for color, count in ((palette.thing(rng), 90), (cloth.colors[1], 60), (cloth.colors[2], 40)):
        at = rng.uniform(0, 1, (count, 2)) * (sheet.width, sheet.height)
        radius = rng.uniform(0.1, 0.26, count) * min(1.4, 0.6 + cloth.period)
        cover = np.zeros((SIZE, SIZE), np.float32)
        for (x, y), r in zip(at, radius):
            box = _pixels(y, 1.3 * r, sheet.height), _pixels(x, 1.3 * r, sheet.width)
            dx, dy = sheet.x[box] - x, sheet.y[box] - y
            petals = r * (0.75 + 0.3 * np.cos(5 * np.arctan2(dy, dx) + 40 * r))
            cover[box] = np.maximum(cover[box], sheet.soft(petals - np.hypot(dx, dy))[..., 0])
        sheet.paint(cover[..., None], color)


def _pixels(at, reach, extent):
    """The pixels within a reach of a place, in a sheet of an extent in decimeters."""
    return slice(max(0, int((at - reach) / extent * SIZE)), int((at + reach) / extent * SIZE) + 2)


def _blocks(sheet, rng):
    sheet.paint(sheet.soft(sheet.y - sheet.cloth.phase - sheet.height * 0.35), sheet.cloth.colors[1])


def _denim(sheet, rng):
    fade = noise((SIZE, SIZE), 64, rng) * 0.015 + noise((SIZE, SIZE), 24, rng) * 0.02
    twill = 0.02 * np.sin((sheet.x + sheet.y) * (2 * np.pi / 0.09)) + noise((SIZE, SIZE), 1, rng) * 0.025
    sheet.image += (fade + twill)[..., None]


def _knit(sheet, rng):
    ribs = np.sin(sheet.x * (2 * np.pi / 0.16)) * (0.7 + 0.3 * np.sin(sheet.y * (2 * np.pi / 0.12)))
    sheet.image *= (1 + 0.10 * ribs)[..., None]


def _cables(sheet, rng):
    _knit(sheet, rng)
    p = sheet.width / max(1, round(sheet.width / 1.1))
    twist = np.abs((sheet.x % p) - p / 2 + 0.16 * np.sin(sheet.y * (2 * np.pi / 0.7)))
    sheet.image *= 1 - 0.22 * sheet.soft(0.05 - np.abs(twist - 0.16))


def _plain(sheet, rng):
    pass


PATTERNS = {
    "plain": _plain, "stripes": _stripes, "double stripes": _double_stripes, "upright stripes": _upright_stripes,
    "pinstripes": _pinstripes, "checks": _checks, "gingham": _gingham, "dots": _dots, "blotches": _blotches,
    "flowers": _flowers, "blocks": _blocks, "denim": _denim, "knit": _knit, "cables": _cables,
}  # fmt: skip


def draw_sheet(rng, width, height, cloth):
    """A `Sheet` of so many decimeters of a cloth; `rng` places what is random about it."""
    sheet = Sheet(width, height, cloth)
    PATTERNS[cloth.kind](sheet, rng)
    yarn = noise((SIZE, SIZE), 1, rng) * np.float32(cloth.grain)
    sheet.image += (yarn + noise((SIZE, SIZE), 24, rng) * np.float32(0.006))[..., None]
    return sheet
