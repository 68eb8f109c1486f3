"""What one identity looks like: skin, hair, face and clothes, as materials on the zones of its parts."""

import colorsys
import dataclasses

import numpy as np

SKINS = ((0.98, 0.84, 0.74), (0.93, 0.75, 0.62), (0.85, 0.64, 0.48), (0.72, 0.50, 0.35), (0.54, 0.36, 0.25),
         (0.38, 0.25, 0.18))  # fmt: skip
HAIRS = ((0.10, 0.08, 0.07), (0.22, 0.14, 0.09), (0.38, 0.23, 0.12), (0.58, 0.38, 0.18), (0.82, 0.66, 0.36),
         (0.62, 0.24, 0.12), (0.70, 0.69, 0.68), (0.16, 0.13, 0.16))  # fmt: skip
TOP_PATTERNS = {
    "plain": 6.0, "horizontal": 2.5, "vertical": 1.5, "diagonal": 1.5, "checks": 1.8, "gingham": 1.2, "dots": 1.8,
    "print": 2.0, "logo": 1.0, "halves": 1.2, "sides": 0.8, "sleeves": 1.0,
}  # fmt: skip
BOTTOM_PATTERNS = {
    "plain": 8,
    "vertical": 1,
    "checks": 1.2,
    "gingham": 0.8,
    "dots": 0.8,
    "seam": 1.2,
    "horizontal": 0.8,
}
SKIRT_PATTERNS = {"plain": 3, "vertical": 1.5, "checks": 1.5, "dots": 1.5, "horizontal": 1.5, "diagonal": 1}
SKIN, HAIR, TOP, BOTTOM, SHOES = range(5)


@dataclasses.dataclass(frozen=True)
class Material:
    """Two colors and the pattern that chooses between them (texture.PATTERNS); `period` in meters, `phase` in [0, 1)."""

    pattern: str
    colors: tuple
    period: float = 0.15
    phase: float = 0.0
    shape: str = "disc"


@dataclasses.dataclass(frozen=True)
class Appearance:
    """Materials by number (SKIN, HAIR, TOP, BOTTOM, SHOES), and which zone of which part wears them.

    upper, lower: (parts,) material before and beyond `cut` (parts,), a place along the part's axis in meters.
    repeats: (materials, parts) periods of the pattern around the part; around: (parts,) circumference in meters.
    along: (parts,) length of cloth before the part; torso: (parts,) bool; head: the head's index.
    """

    materials: tuple
    upper: np.ndarray
    lower: np.ndarray
    cut: np.ndarray
    repeats: np.ndarray
    around: np.ndarray
    along: np.ndarray
    torso: np.ndarray
    head: int
    head_size: float
    width: np.ndarray


@dataclasses.dataclass(frozen=True)
class Style:
    """The cut of hair and clothes, on which the body's parts depend.

    hair: a key of HAIR_CUTS; skirt: None or (hem, flare), see body.py; dress: top and skirt in one; sleeve and leg: how
    far the cloth reaches, 1 at the elbow or knee, 2 at the wrist or ankle; loose: width of its ends, 1 on the skin.
    """

    feminine: bool
    hair: str
    skirt: tuple | None
    dress: bool
    sleeve: float
    leg: float
    loose: float

    @property
    def freedom(self):
        """How far the legs can swing, as a share: a narrow long skirt leaves little."""
        return 1.0 if self.skirt is None else 0.55


HAIR_CUTS = {
    True: {"long": 3, "bob": 2, "bun": 1.5, "tail": 2, "short": 0.7, "afro": 0.5},
    False: {"short": 4, "cap": 1, "afro": 0.6, "bald": 0.5, "bob": 0.4},
}


def draw_style(draws):
    feminine = draws.chance(0.5)
    hair = draws.weighted(HAIR_CUTS[feminine])
    skirt, dress = None, False
    if feminine and draws.chance(0.5):
        skirt = (draws.uniform(0.42, 0.8), draws.uniform(1.5, 2.1))
        dress = draws.chance(0.6)
    sleeve = draws.weighted({-1.0: 1, draws.uniform(0.45, 0.7): 3, 1.15: 0.7, 2.1: 3})
    leg = draws.weighted({2.1: 5, 1.6: 0.7, 1.0: 1.2, draws.uniform(0.4, 0.6): 1.6})
    if skirt:
        leg = 0.9 * skirt[0]  # what pokes out of the skirt in a wide stance wears its colors
    loose = draws.uniform(1.0, 1.45) if leg > 2 else 1.0
    return Style(feminine, hair, skirt, dress, sleeve, leg, loose)


def draw_appearance(draws, style, body):
    """A random Appearance for a body that was made for `style`."""
    skin = np.array(draws.pick(SKINS)) * draws.uniform(0.93, 1.04)
    hair = np.array(draws.pick(HAIRS)) * draws.uniform(0.85, 1.15)
    top = _garment(draws, TOP_PATTERNS if not style.dress else {**SKIRT_PATTERNS, "horizontal": 2.5})
    bottom = top if style.dress else _garment(draws, SKIRT_PATTERNS if style.skirt else BOTTOM_PATTERNS)
    shoe = draws.pick(
        ((0.12, 0.11, 0.11), (0.93, 0.93, 0.92), (0.35, 0.2, 0.12), _color(draws), _color(draws))
    )
    materials = (
        Material("plain", (tuple(skin), tuple(skin))),
        Material("plain", (tuple(hair), tuple(hair * 0.8))),
        top, bottom, Material("plain", (shoe, shoe)),
    )  # fmt: skip
    zones = _zones(draws, style, body)
    upper, lower, cut = (np.array(column) for column in zip(*(zones[p.name] for p in body.parts)))
    width = np.array([p.stretch for p in body.parts])
    around = 2 * np.pi * body.radii.mean(axis=1) * width.mean(axis=1)
    torso = np.array([p.name in ("chest", "belly", "pelvis", "skirt") for p in body.parts])
    trunk = [body.index[name] for name in ("chest", "belly", "pelvis")]
    around[trunk] = around[trunk[0]]  # one count of stripes from the collar to the hem
    for group in (("upper_arm", "forearm"), ("thigh", "shin", "calf")):  # and along each limb
        limb = [i for i, p in enumerate(body.parts) if p.name.endswith(group)]
        around[limb] = around[limb].mean()
    periods = np.array([m.period for m in materials])
    repeats = np.maximum(2, np.round(around / periods[:, None]))
    along = np.array([p.along for p in body.parts])
    f = np.float32
    return Appearance(
        materials, upper.astype(np.int8), lower.astype(np.int8), cut.astype(f), repeats.astype(f), around.astype(f),
        along.astype(f), torso, body.index["head"], float(body.radii[body.index["head"], 0]), width.astype(f),
    )  # fmt: skip


def _color(draws, value=(0.3, 0.95)):
    gray = draws.chance(0.25)
    saturation = draws.uniform(0, 0.08) if gray else draws.uniform(0.4, 0.9)
    return colorsys.hsv_to_rgb(draws.uniform(), saturation, draws.uniform(*value))


def _garment(draws, patterns):
    first = _color(draws)
    second = first
    for _ in range(12):  # the pattern must be seen: colors far enough apart
        second = (
            _color(draws, (0.15, 1.0))
            if draws.chance(0.6)
            else draws.pick(((0.95, 0.95, 0.93), (0.1, 0.1, 0.12)))
        )
        if np.abs(np.subtract(first, second)).sum() > 0.9:
            break
    # 0.2 m is ten pixels when a person of average height fills 96 pixels: stripes that half that size still shows.
    return Material(draws.weighted(patterns), (first, second), draws.uniform(0.2, 0.3), draws.uniform(),
                    draws.pick(("disc", "ring", "star", "heart", "bars", "cross")))  # fmt: skip


def _zones(draws, style, body):
    """{part name: (material before the cut, material beyond it, cut)}."""
    h = body.height
    length = {p.name: float(n) for p, n in zip(body.parts, body.lengths)}
    hem = draws.uniform(0.0, 0.06) * h
    neckline = draws.uniform(-0.045, -0.02) * h
    head = SHOES if style.hair == "cap" else HAIR  # a cap goes with the shoes
    zones = {
        "neck": (SKIN, SKIN, 0), "head": (SKIN, SKIN, 0), "nose": (SKIN, SKIN, 0),
        "hair": (head, head, 0), "visor": (head, head, 0), "tail": (HAIR, HAIR, 0),
        "long_hair": (HAIR, HAIR, 0), "bun": (HAIR, HAIR, 0),
        "chest": (SKIN, TOP, neckline), "belly": (TOP, TOP, 0), "pelvis": (TOP, BOTTOM, hem - 0.01 * h),
        "skirt": (BOTTOM, BOTTOM, 0),
    }  # fmt: skip
    arm, reach = style.sleeve, style.leg
    collar = draws.uniform(0.004, 0.022) * h
    for side in ("right", "left"):
        fore, shin = length[f"{side}_forearm"], length[f"{side}_shin"]
        zones[f"{side}_shoulder"] = (SKIN, TOP, collar)
        zones[f"{side}_upper_arm"] = (TOP, SKIN, length[f"{side}_upper_arm"] * arm if arm < 1 else 9)
        zones[f"{side}_forearm"] = (TOP, SKIN, fore * (arm - 1) if arm > 1 else -9)
        zones[f"{side}_hand"] = (SKIN, SKIN, 0)
        zones[f"{side}_thigh"] = (BOTTOM, SKIN, length[f"{side}_thigh"] * reach if reach < 1 else 9)
        cut = shin * (reach - 1) if reach > 1 else -9
        zones[f"{side}_shin"] = (BOTTOM, SKIN, cut)
        zones[f"{side}_calf"] = (BOTTOM, SKIN, cut - 0.05 / 0.24 * shin)
        zones[f"{side}_foot"] = (SHOES, SHOES, 0)
    return zones
