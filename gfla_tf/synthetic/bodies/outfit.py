"""What a person wears: which garments, how long and how wide, decided before anything is built."""

import dataclasses

import numpy as np

from gfla_tf.synthetic.bodies import palette
from gfla_tf.synthetic.bodies.textures import Cloth, draw_cloth

# Lengths are heights y on the base mesh in decimeters: chin 6.2, shoulders 5.2, waist 1.9, hip joints 0.5, crotch -0.5, knees
# -3.7, ankles -7.4, soles -8.2; those of sleeves are decimeters along the arm: elbow 2.3, wrist 4.6.
SLEEVES = {"none": 0.12, "cap": 0.75, "short": 1.35, "half": 1.8, "three quarters": 3.4, "long": 4.65}
NECKS = {"crew": 0.70, "round": 0.80, "v": 0.78, "scoop": 1.02, "collar": 0.62, "high": 0.0}


@dataclasses.dataclass(frozen=True)
class Top:
    """neck: a key of `NECKS`; sleeve: length; hem: height; ease: distance from the body; buttoned, printed, ribbed."""

    kind: str
    neck: str
    sleeve: float
    hem: float
    ease: float
    buttoned: bool
    printed: bool
    ribbed: bool
    cloth: Cloth


@dataclasses.dataclass(frozen=True)
class Bottom:
    """kind: trousers, skirt or dress; end: height of its lower edge; waist: of its upper; belt: whether there is one."""

    kind: str
    end: float
    waist: float
    ease: float
    flare: float
    belt: bool
    cloth: Cloth


@dataclasses.dataclass(frozen=True)
class Outer:
    """A jacket or coat, open in front by `opening` on either side of the middle."""

    hem: float
    ease: float
    opening: float
    sleeve: float
    cloth: Cloth


@dataclasses.dataclass(frozen=True)
class Shoes:
    """kind: sneaker, leather, boot or bare; top: height of the upper edge; sole: its color; color: of the rest."""

    kind: str
    top: float
    length: float
    color: np.ndarray
    sole: np.ndarray
    laces: bool


@dataclasses.dataclass(frozen=True)
class Outfit:
    """top, outer: None for none; socks: height of their upper edge or None; tights: under a skirt; extras: see `accessories`."""

    top: Top | None
    bottom: Bottom
    outer: Outer | None
    shoes: Shoes
    socks: float | None
    sock_color: np.ndarray
    tights: bool
    hat: str | None
    hat_color: np.ndarray
    glasses: str | None
    bag: str | None
    bag_color: np.ndarray


def draw_outfit(rng, shape):
    """A random `Outfit` for a `Shape`."""
    bottom = _draw_bottom(rng, shape)
    bare = not shape.female and bottom.kind == "trousers" and rng.random() < 0.06
    top = None if bare else _draw_top(rng, shape, bottom)
    outer = _draw_outer(rng, top) if top and bottom.kind != "dress" and rng.random() < 0.24 else None
    shoes = _draw_shoes(rng, shape, bare)
    legs_bare = bottom.end > -6
    socks = None
    if rng.random() < (0.55 if legs_bare else 0.4) and shoes.kind != "bare":
        socks = float(rng.choice([-7.0, -6.6, -5.4], p=[0.5, 0.3, 0.2]))
    sock_color = (
        palette.cloth(rng) if rng.random() < 0.25 else np.full(3, rng.choice([0.06, 0.3, 0.92]), np.float32)
    )
    tights = bottom.kind != "trousers" and rng.random() < 0.35
    hat = str(rng.choice(["cap", "beanie", "brim"], p=[0.55, 0.28, 0.17])) if rng.random() < 0.14 else None
    glasses = str(rng.choice(["clear", "dark"], p=[0.72, 0.28])) if rng.random() < 0.2 else None
    bag = str(rng.choice(["backpack", "shoulder"], p=[0.5, 0.5])) if rng.random() < 0.13 else None
    return Outfit(top, bottom, outer, shoes, socks, sock_color, tights, hat, palette.cloth(rng), glasses, bag,
                  palette.shoes(rng) if rng.random() < 0.5 else palette.cloth(rng))  # fmt: skip


def _draw_bottom(rng, shape):
    chance = rng.random()
    kind = "trousers"
    if shape.female:
        kind = "dress" if chance < 0.2 else "skirt" if chance < 0.36 else "trousers"
    waist = rng.uniform(1.05, 1.6)
    if kind != "trousers":
        end = float(rng.choice([-1.9, -2.8, -3.8, -5.4, -6.6], p=[0.16, 0.3, 0.28, 0.16, 0.1]))
        kinds = {
            "plain": 4,
            "denim": 1.0,
            "checks": 1.0,
            "dots": 1,
            "flowers": 1.6,
            "blotches": 0.5,
            "stripes": 0.6,
            "knit": 0.5,
        }
        if kind == "dress":
            kinds["denim"] = 0.3
        return Bottom(
            kind, end + rng.normal(0, 0.2), waist, 0.05, rng.uniform(0, 0.1), False, draw_cloth(rng, kinds)
        )
    shorts = rng.random() < 0.24
    if shorts:
        end = float(rng.choice([-3.7, -3.0, -2.3, -1.6], p=[0.3, 0.35, 0.22, 0.13]))
    else:
        end = float(rng.choice([-7.75, -7.45, -7.1, -6.2], p=[0.35, 0.35, 0.2, 0.1]))
    tight = rng.random() < (0.6 if shape.female else 0.25)
    ease = rng.uniform(0.04, 0.12) if tight else rng.uniform(0.14, 0.4)
    kinds = {
        "denim": 4.5,
        "plain": 4.5,
        "checks": 0.25,
        "pinstripes": 0.35,
        "blotches": 0.25,
        "flowers": 0.1,
        "knit": 0.3,
    }
    cloth = draw_cloth(rng, kinds, palette.trousers, rng.uniform(0.3, 0.7))
    return Bottom("trousers", end, waist, ease, rng.uniform(-0.15, 0.3), rng.random() < 0.35, cloth)


_CLOTHS = {
    "shirt": {
        "plain": 4, "upright stripes": 1, "checks": 2, "gingham": 1, "dots": 0.5, "flowers": 0.6, "denim": 0.9, "pinstripes": 0.6,
    },
    "sweater": {"plain": 2, "knit": 3, "cables": 1.2, "stripes": 1.5, "blocks": 0.6, "double stripes": 0.5},
    "tee": {"plain": 6, "stripes": 1.8, "double stripes": 0.5, "blocks": 0.6, "dots": 0.3, "blotches": 0.4, "flowers": 0.4},
}  # fmt: skip


def _draw_top(rng, shape, bottom):
    dress = bottom.kind == "dress"
    kind = str(rng.choice(["tee", "shirt", "sweater", "tank"], p=[0.46, 0.25, 0.2, 0.09]))
    sleeve = {
        "tee": ("cap", "short", "short", "half", "long")
        if shape.female
        else ("short", "short", "half", "long"),
        "shirt": ("short", "three quarters", "long", "long"),
        "sweater": ("three quarters", "long", "long", "long"),
        "tank": ("none",),
    }[kind]
    neck = {
        "tee": ("crew", "round", "round", "v", "scoop") if shape.female else ("crew", "crew", "round", "v"),
        "shirt": ("collar",),
        "sweater": ("crew", "round", "high", "v"),
        "tank": ("round", "scoop", "v"),
    }[kind]
    neck, sleeve = str(rng.choice(neck)), SLEEVES[str(rng.choice(sleeve))] + rng.normal(0, 0.06)
    # Tucked in, ending at the hip, or longer.
    tucked = bottom.kind == "skirt" or rng.random() < (0.3 if kind == "shirt" else 0.16)
    hem = rng.uniform(0.95, 1.2) if tucked else rng.uniform(-0.1, 0.5)
    loose = rng.random() < (0.55 if kind == "sweater" else 0.35)
    ease = rng.uniform(0.2, 0.42) if loose else rng.uniform(0.06, 0.2)
    cloth = bottom.cloth if dress else draw_cloth(rng, _CLOTHS["tee" if kind == "tank" else kind])
    printed = (
        kind != "shirt"
        and cloth.kind in ("plain", "blocks", "stripes")
        and rng.random() < (0.55 if cloth.kind == "plain" else 0.15)
    )
    ribbed = kind in ("tee", "sweater") and rng.random() < 0.6
    printed = printed and not dress
    return Top(kind, neck, float(sleeve), float(hem), float(ease), kind == "shirt", printed, ribbed, cloth)


def _draw_outer(rng, top):
    long = rng.random() < 0.25
    hem = rng.uniform(-4.2, -1.6) if long else rng.uniform(-0.3, 0.5)
    kinds = {"plain": 4.5, "denim": 1.6, "checks": 0.8, "knit": 1.2, "pinstripes": 0.3}
    return Outer(
        float(hem), top.ease + rng.uniform(0.12, 0.2), rng.uniform(0.2, 0.75), 4.65, draw_cloth(rng, kinds)
    )


def _draw_shoes(rng, shape, bare):
    if rng.random() < (0.3 if bare else 0.02):
        return Shoes("bare", -9.0, 0.0, np.zeros(3, np.float32), np.zeros(3, np.float32), False)
    kind = str(rng.choice(["sneaker", "leather", "boot"], p=[0.58, 0.27, 0.15]))
    top = {
        "sneaker": rng.uniform(-7.62, -7.3),
        "leather": rng.uniform(-7.68, -7.5),
        "boot": rng.choice([-6.9, -6.4, -5.2]),
    }[kind]
    color = palette.shoes(rng)
    white = kind == "sneaker" and rng.random() < 0.65
    sole = np.array([0.9, 0.9, 0.87], np.float32) if white else (color * 0.35).astype(np.float32)
    return Shoes(
        kind, float(top), rng.uniform(0.04, 0.2), color, sole, kind == "sneaker" or rng.random() < 0.4
    )
