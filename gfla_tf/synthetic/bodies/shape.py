"""The shapes of bodies: a blend of MakeHuman's morphs over sex, age, ancestry, muscle, weight, height, proportions and faces."""

import dataclasses

import numpy as np

from gfla_tf.synthetic.bodies.template import template

ANCESTRIES = ("african", "asian", "caucasian")


@dataclasses.dataclass(frozen=True)
class Shape:
    """One person's body.

    Attributes:
        vertices: (V, 3) float32 at rest, of the base mesh's topology, in decimeters.
        male: 0 (female) to 1 (male); age: 0 (young) to 1 (old).
        ancestry: (3,) shares of `ANCESTRIES`.
        muscle, weight: 0 to 1.
        height: of the body in decimeters.
    """

    vertices: np.ndarray
    male: float
    age: float
    ancestry: np.ndarray
    muscle: float
    weight: float
    height: float

    @property
    def female(self):
        return self.male < 0.5


def draw_shape(rng):
    """A random adult."""
    female = rng.random() < 0.5
    male = float(np.clip(rng.normal(0.06 if female else 0.94, 0.08), 0, 1))
    age = float(rng.random() ** 2 * 0.9)
    ancestry = rng.dirichlet([0.5] * 3)
    muscle, weight = float(rng.beta(2.4, 2.2)), float(rng.beta(2.0, 2.9))
    moved = np.zeros_like(template().vertices)
    _add_macro(moved, male, age, ancestry, muscle, weight)
    _add_details(moved, rng, female)
    vertices = template().vertices + moved
    height = float(np.ptp(vertices[template().body, 1]))
    return Shape(vertices, male, age, ancestry, muscle, weight, height)


def _levels(value, names):
    """Shares of three levels, the middle one largest at 0.5."""
    shares = (max(0.0, 1 - 2 * value), 1 - abs(2 * value - 1), max(0.0, 2 * value - 1))
    return list(zip(names, shares))


def _add_macro(moved, male, age, ancestry, muscle, weight):
    base = template()
    muscles = _levels(muscle, ("minmuscle", "averagemuscle", "maxmuscle"))
    weights = _levels(weight, ("minweight", "averageweight", "maxweight"))
    for sex, of_sex in (("female", 1 - male), ("male", male)):
        for years, of_age in (("young", 1 - age), ("old", age)):
            share = of_sex * of_age
            for name, of_ancestry in zip(ANCESTRIES, ancestry):
                if share * of_ancestry > 0.01:
                    base.morph(f"macrodetails/{name}-{sex}-{years}", share * of_ancestry, moved)
            for m, of_muscle in muscles:
                for w, of_weight in weights:
                    amount = share * of_muscle * of_weight
                    if amount > 0.01:
                        base.morph(f"macrodetails/universal-{sex}-{years}-{m}-{w}", amount, moved)


# Pairs of opposite morphs and the deviation of how far a person goes towards either.
_OPPOSITES = (
    ("head/head-fat", "decr", "incr", 0.3), ("head/head-scale-vert", "decr", "incr", 0.2),
    ("head/head-scale-horiz", "decr", "incr", 0.2), ("nose/nose-scale-vert", "decr", "incr", 0.3),
    ("nose/nose-scale-horiz", "decr", "incr", 0.3), ("nose/nose-scale-depth", "decr", "incr", 0.3),
    ("nose/nose-hump", "decr", "incr", 0.3), ("nose/nose-point", "down", "up", 0.3),
    ("mouth/mouth-scale-horiz", "decr", "incr", 0.3), ("mouth/mouth-upperlip-height", "decr", "incr", 0.3),
    ("mouth/mouth-lowerlip-height", "decr", "incr", 0.3), ("mouth/mouth-angles", "down", "up", 0.3),
    ("chin/chin-height", "decr", "incr", 0.3), ("chin/chin-width", "decr", "incr", 0.35),
    ("chin/chin-prominent", "decr", "incr", 0.3), ("forehead/forehead-temple", "decr", "incr", 0.3),
    ("eyebrows/eyebrows-trans", "down", "up", 0.3), ("neck/neck-scale-horiz", "decr", "incr", 0.25),
    ("torso/torso-scale-horiz", "decr", "incr", 0.2), ("torso/torso-vshape", "decr", "incr", 0.3),
    ("hip/hip-scale-horiz", "decr", "incr", 0.25), ("stomach/stomach-tone", "decr", "incr", 0.4),
    ("torso/measure-waisttohip-dist", "decr", "incr", 0.3),
)  # fmt: skip
_BOTH_SIDES = (
    ("eyes/{}-eye-scale", "decr", "incr", 0.25), ("eyes/{}-eye-corner2", "down", "up", 0.3),
    ("eyes/{}-eye-height2", "decr", "incr", 0.25), ("cheek/{}-cheek-volume", "decr", "incr", 0.3),
    ("cheek/{}-cheek-bones", "decr", "incr", 0.3), ("ears/{}-ear-scale", "decr", "incr", 0.25),
    ("ears/{}-ear-wing", "decr", "incr", 0.25),
)  # fmt: skip


def _add_details(moved, rng, female):
    base = template()
    tall = float(np.clip(rng.normal(0 if female else 0.05, 0.13), -0.4, 0.4))
    sex = "female" if female else "male"
    towards = "max" if tall > 0 else "min"
    base.morph(
        f"macrodetails/height/{sex}-young-averagemuscle-averageweight-{towards}height", abs(tall), moved
    )
    for shape in ("oval", "round", "square", "rectangular", "diamond"):
        amount = rng.normal(0, 0.3)
        if amount > 0:
            base.morph(f"head/head-{shape}", min(amount, 0.6), moved)
    for stem, less, more, deviation in _OPPOSITES:
        amount = float(np.clip(rng.normal(0, deviation), -0.8, 0.8))
        base.morph(f"{stem}-{more if amount > 0 else less}", abs(amount), moved)
    for stem, less, more, deviation in _BOTH_SIDES:
        amount = float(np.clip(rng.normal(0, deviation), -0.8, 0.8))
        for side in "lr":
            base.morph(f"{stem.format(side)}-{more if amount > 0 else less}", abs(amount), moved)
    if female:
        size = float(np.clip(rng.normal(0, 0.4), -0.9, 0.9))
        cup = "maxcup" if size > 0 else "mincup"
        base.morph(f"breast/female-young-averagemuscle-averageweight-{cup}-averagefirmness", abs(size), moved)
