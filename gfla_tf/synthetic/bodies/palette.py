"""Colors as people wear and paint them: mostly muted, seldom loud, and matched to each other. sRGB in [0, 1]."""

import colorsys

import numpy as np

# What most wardrobes consist of.
_NEUTRAL = (
    "0f1012",
    "191b20",
    "2a2c31",
    "46484d",
    "6e7073",
    "9a9c9e",
    "c4c5c3",
    "e6e4df",
    "f4f3ef",
    "efe6d4",
)
_MUTED = ("1d2740", "273a5e", "3f5b86", "7d95b3", "a9bed0", "5a2329", "7a2f33", "a4484a", "c08a7c", "d9b4a5", "37452e", "55613f",
          "7f8760", "a9ae8b", "8a7350", "b39a72", "d0bd98", "5d4630", "7a5a3c", "6b5872", "93819c", "c7b3c4", "2f5556", "5d8686",
          "b7ccc6", "a07f2f", "c9a64e", "8c5a2b")  # fmt: skip
_VIVID = (
    "c1272d",
    "d94f2b",
    "e8a21f",
    "f0d34a",
    "3c8c3f",
    "1f7a5c",
    "1c75bc",
    "2b4fb8",
    "6a3fa0",
    "c43a7a",
    "e86a8f",
    "35a7b5",
)
_DENIM = ("1e2536", "27344f", "3a4d70", "566f94", "7d95b4", "a7b9cc", "2a2d33", "16181d")
_TROUSERS = ("101114",
             "1a1d26", "22273a", "33353a", "55565a", "8b8a86", "b7a58a", "9c8560", "6b5a44", "4a4f3c", "d9d2c3", "f0ece4",
             "4d2a2c", "3d4a5f")  # fmt: skip
_SHOES = (
    "0d0d0e",
    "191919",
    "f1f0ec",
    "e5e3de",
    "2c1d14",
    "4b2f1d",
    "7a5233",
    "a98a67",
    "22283a",
    "5d5e60",
    "8b2d2d",
    "3e5a7e",
)
_WALLS = ("f1ede4", "e6e0d3", "d9d5cb", "cfd5d6", "bcc7cb", "dcd0bf", "c9b9a2", "a9b3a3", "8b9791", "9aa4b3", "b5a39a", "6f7a80",
          "e9e9e7", "f6f4ef", "c8a58b", "57636b")  # fmt: skip


def _of(code):
    return np.array([int(code[i : i + 2], 16) for i in (0, 2, 4)], np.float32) / np.float32(255)


def _varied(rng, codes, spread=0.03):
    color = _of(codes[rng.integers(len(codes))]) * (1 + rng.normal(0, 0.05)) + rng.normal(0, spread * 0.4, 3)
    return np.clip(color, 0.02, 0.97).astype(np.float32)


def _calmed(color, share):
    return color + np.float32(share) * (color.mean() - color)


def cloth(rng, vivid=0.11):
    """A color of a shirt or dress."""
    chance = rng.random()
    if chance < vivid:
        return _calmed(_varied(rng, _VIVID), rng.uniform(0, 0.3))
    return _varied(rng, _NEUTRAL if chance < vivid + 0.38 else _MUTED)


def trousers(rng):
    return cloth(rng, 0.3) if rng.random() < 0.1 else _varied(rng, _TROUSERS)


def denim(rng):
    return _varied(rng, _DENIM)


def shoes(rng):
    return cloth(rng) if rng.random() < 0.15 else _varied(rng, _SHOES)


def wall(rng):
    return _varied(rng, _WALLS)


def thing(rng):
    """A color of furniture, books, cars and other things that stand about."""
    chance = rng.random()
    if chance < 0.1:
        return _calmed(_varied(rng, _VIVID), rng.uniform(0.1, 0.4))
    return _varied(rng, _MUTED if chance < 0.6 else _NEUTRAL)


def contrasting(rng, color, least=0.5, draw=cloth):
    """Another color, at least so far from the given one (sum of the three differences)."""
    other = draw(rng)
    for _ in range(20):
        if np.abs(other - color).sum() >= least:
            return other
        other = draw(rng)
    return (1 - np.round(color.mean())) * np.ones(3, np.float32) * np.float32(0.85) + np.float32(0.05)


def shifted(rng, color, amount=0.12):
    """A neighbor of a color: another lightness, nearly the same hue."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*np.clip(color, 0, 1).tolist())
    lightness = np.clip(lightness + rng.choice([-1, 1]) * rng.uniform(0.4, 1) * amount, 0.03, 0.95)
    return np.array(colorsys.hls_to_rgb(hue + rng.normal(0, 0.02), lightness, saturation), np.float32)
