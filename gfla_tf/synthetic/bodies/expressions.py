"""Faces that talk: which of MakeHuman's expressions a face has at a time, and how the head moves. Time in seconds."""

import numpy as np

_FOLDER = "expression/units/caucasian/"
# Shapes of the mouth while talking: shares of the expressions.
_MOUTHS = (
    {"mouth-compression": 0.3},  # m, p, b
    {"mouth-open": 0.6},  # a
    {"mouth-open": 0.28, "mouth-part-later": 0.35},  # e
    {"mouth-part-later": 0.3, "mouth-corner-puller": 0.25},  # i
    {"mouth-open": 0.3, "mouth-pursing": 0.55},  # o
    {"mouth-pursing": 0.6},  # u
    {"mouth-parling": 0.6, "mouth-open": 0.06},  # f, v
    {"mouth-open": 0.2},
)


class _Path:
    """A smooth path (a cubic through random knots) of one or several numbers."""

    def __init__(self, rng, spacing, width, deviation):
        self._values = rng.normal(0, deviation, (64, width))
        self._spacing, self._shift = spacing, rng.uniform(0, 64)

    def at(self, time):
        place = time / self._spacing + self._shift
        share = place % 1
        weights = (
            np.array(
                [
                    (1 - share) ** 3,
                    3 * share**3 - 6 * share**2 + 4,
                    3 * (1 - share) ** 3 - 6 * (1 - share) ** 2 + 4,
                    share**3,
                ]
            )
            / 6
        )
        return weights @ self._values[(int(place) + np.arange(4)) % 64]


class Talk:
    """One person's talking, endless: everything is a function of the rng it was made with and of the time."""

    def __init__(self, rng):
        self._mouths = rng.integers(0, len(_MOUTHS), 256)
        self._strength = rng.uniform(0.5, 1.15, 256)
        self._pace, self._loud = rng.uniform(5, 8), rng.uniform(0.8, 1.2)
        self._pause = _Path(rng, 1.6, 1, 1.0)
        self._head, self._sway = _Path(rng, 0.9, 3, 1.0), _Path(rng, 2.5, 2, 1.0)
        self._face = _Path(rng, 0.8, 4, 1.0)
        self._blinks = np.cumsum(rng.uniform(1.2, 4.5, 64))
        self._turn = rng.normal(0, 0.28)

    def expression(self, time):
        """{morph: amount}."""
        amounts = {}
        silence = float(np.clip(1.5 + 2.5 * self._pause.at(time)[0], 0, 1))
        place = time * self._pace
        share = 0.5 - 0.5 * np.cos(np.pi * (place % 1))
        for number, weight in ((int(place), 1 - share), (int(place) + 1, share)):
            strength = weight * silence * self._loud * self._strength[number % 256]
            for name, amount in _MOUTHS[self._mouths[number % 256]].items():
                amounts[name] = amounts.get(name, 0) + strength * amount
        smile, brows, frown, squint = self._face.at(time)
        amounts["mouth-corner-puller"] = amounts.get("mouth-corner-puller", 0) + float(
            np.clip(0.5 * smile, 0, 0.8)
        )
        phase = np.abs((time % self._blinks[-1]) - self._blinks).min()
        closed = float(np.clip(1.4 - phase / 0.08, 0, 1))
        for side in ("left", "right"):
            amounts[f"eyebrows-{side}-up"] = float(np.clip(0.8 * brows, 0, 1))
            amounts[f"eyebrows-{side}-down"] = float(np.clip(0.6 * frown, 0, 0.8))
            amounts[f"eye-{side}-closure"] = max(closed, float(np.clip(0.25 * squint, 0, 0.35)))
        return {_FOLDER + name: amount for name, amount in amounts.items() if amount > 0.01}

    def head(self, time):
        """Radians (nod, turn, tilt) of the head against the chest, and of the chest (nod, turn)."""
        nod, turn, tilt = self._head.at(time) * (0.09, 0.2, 0.07)
        lean, away = self._sway.at(time) * (0.03, 0.1)
        return (nod, turn + 0.6 * self._turn, tilt), (lean, away + 0.4 * self._turn)
