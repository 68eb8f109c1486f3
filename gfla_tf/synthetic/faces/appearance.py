"""What one identity looks like: skin, hair, make-up, beard, glasses, hat and clothes."""

import colorsys
import dataclasses

import numpy as np

from gfla_tf.synthetic.people.appearance import HAIRS, SKINS

HAIR_CUTS = {
    True: {"long": 3, "bob": 2, "bun": 1.3, "tail": 1.2, "short": 0.8, "afro": 0.6},
    False: {"short": 4, "buzz": 1.2, "bald": 0.8, "afro": 0.6, "long": 0.4, "bob": 0.3},
}
BEARDS = {"none": 4, "stubble": 1.2, "mustache": 0.8, "goatee": 1, "full": 1.6}
GLASSES = {"none": 8, "round": 1, "square": 1, "dark": 0.5}
EYES = ((0.25, 0.15, 0.08), (0.36, 0.22, 0.10), (0.32, 0.40, 0.22), (0.30, 0.45, 0.60), (0.42, 0.48, 0.50))
# How far hair stands out of the head.
THICKNESS = {
    "bald": 0.0,
    "buzz": 0.025,
    "short": 0.09,
    "afro": 0.34,
    "long": 0.1,
    "bob": 0.13,
    "bun": 0.06,
    "tail": 0.06,
}
COLLARS = {"round": 3, "v": 2, "high": 1.5}
CLOTHES = {"plain": 4, "stripes": 1.5, "bars": 1, "dots": 1}


@dataclasses.dataclass(frozen=True)
class Appearance:
    """Colors are RGB in [0, 1]; lengths in units of the head.

    Attributes:
        cut: a key of `THICKNESS`; hairline: height of the hair above the middle of the forehead; recede: how much higher it
            is at the temples; fringe: length of the hair over the forehead; parting: place of the parting.
        hat: none, beanie, cap or scarf; hat_colors: its own and that of its band or pattern.
        lips, eyeshadow, blush: colors and strengths of make-up; freckles: strength.
        beard: a key of `BEARDS`; glasses: a key of `GLASSES`; rims: color of the glasses.
        age: depth of wrinkles, 0 to 1; phase: of the pattern of hair and freckles.
        collar, clothes, cloth: cut, pattern and two colors of the clothes.
    """

    skin: np.ndarray
    hair: np.ndarray
    brows: np.ndarray
    iris: tuple
    cut: str
    hairline: float
    recede: float
    fringe: float
    parting: float
    hat: str
    hat_colors: tuple
    lips: np.ndarray
    eyeshadow: tuple
    shadow: float
    blush: float
    freckles: float
    beard: str
    glasses: str
    rims: tuple
    age: float
    phase: float
    collar: str
    clothes: str
    cloth: tuple


def draw_appearance(draws, feminine):
    """A random Appearance."""
    skin = np.array(draws.pick(SKINS)) * draws.uniform(0.92, 1.03)
    hair = np.array(draws.pick(HAIRS if skin[0] > 0.6 else HAIRS[:3])) * draws.uniform(0.85, 1.15)
    cut = draws.weighted(HAIR_CUTS[feminine])
    hat = draws.weighted({"none": 8, "beanie": 0.9, "cap": 0.9, "scarf": 0.6 if feminine else 0.0})
    if hat != "none" and cut in ("afro", "bun"):
        cut = "short"
    painted = feminine and draws.chance(0.6)
    lips = skin * (0.86, 0.60, 0.58)
    if painted:
        lips = 0.35 * lips + 0.65 * np.array(
            colorsys.hsv_to_rgb(draws.uniform(0.93, 1.0), 0.75, draws.uniform(0.5, 0.85))
        )
    fringe = draws.uniform(0.1, 0.26) if cut not in ("bald", "buzz", "afro") and draws.chance(0.4) else 0.0
    return Appearance(
        skin=skin,
        hair=hair,
        brows=0.55 * hair + 0.12 * skin,
        iris=draws.pick(EYES if skin[0] > 0.6 else EYES[:2]),
        cut=cut,
        hairline=draws.uniform(0.62, 0.74),
        recede=0.0 if feminine else draws.uniform(0.0, 0.16),
        fringe=fringe,
        parting=draws.uniform(-0.3, 0.3),
        hat=hat,
        hat_colors=(_color(draws), _color(draws)),
        lips=lips,
        eyeshadow=colorsys.hsv_to_rgb(draws.uniform(), draws.uniform(0.2, 0.6), draws.uniform(0.3, 0.6)),
        shadow=draws.uniform(0.3, 0.7) if painted else 0.0,
        blush=draws.uniform(0.2, 0.6) if painted else draws.uniform(0.0, 0.3),
        freckles=draws.uniform(0.3, 0.8) if skin[0] > 0.8 and draws.chance(0.25) else 0.0,
        beard="none" if feminine else draws.weighted(BEARDS),
        glasses=draws.weighted(GLASSES),
        rims=draws.pick(((0.1, 0.1, 0.1), (0.35, 0.2, 0.1), (0.75, 0.65, 0.4), _color(draws))),
        age=draws.uniform(),
        phase=draws.uniform(),
        collar=draws.weighted(COLLARS),
        clothes=draws.weighted(CLOTHES),
        cloth=(_color(draws), _color(draws)),
    )  # fmt: skip


def _color(draws):
    gray = draws.chance(0.35)
    saturation = draws.uniform(0, 0.1) if gray else draws.uniform(0.3, 0.85)
    return colorsys.hsv_to_rgb(draws.uniform(), saturation, draws.uniform(0.15, 0.95))
