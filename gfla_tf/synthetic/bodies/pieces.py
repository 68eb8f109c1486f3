"""Pieces: bits of surface that a body is assembled from, and what they are made of."""

import dataclasses

import numpy as np

MATERIALS = ("skin", "top", "sleeve", "waist", "leg", "shoe", "skirt", "hair", "eye", "outer", "outer_sleeve", "sock", "hat",
             "glasses", "bag", "collar", "teeth", "tongue")  # fmt: skip
MATERIAL = {name: number for number, name in enumerate(MATERIALS)}
# Surfaces of one layer may lie close to each other; of two layers, one hides the other.
LAYERS = dict(
    skin=0, top=1, sleeve=1, collar=1, waist=2, leg=2, shoe=3, skirt=4, hair=5, eye=6, outer=7, outer_sleeve=7, sock=8, hat=9,
    glasses=10, bag=11, teeth=12, tongue=13,
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Piece:
    """Triangles of one or several materials.

    Attributes:
        positions: (N, 3) at rest; triangles: (T, 3) of them; uv: (T, 3, 2) of the material's texture, v down.
        cut: (T, 3); what interpolates to less than 0 is not there.
        material: (T,) numbers.
        two_sided: whether it is seen from behind, too.
        weights: (N, bones), or None where the positions belong to the base mesh's vertices.
    """

    positions: np.ndarray
    triangles: np.ndarray
    uv: np.ndarray
    cut: np.ndarray
    material: np.ndarray
    two_sided: bool
    weights: np.ndarray | None = None


def piece(positions, triangles, uv, keep, material, two_sided, weights=None):
    """A `Piece` of the triangles that `keep`, per vertex or corner, leaves anything of.

    Args:
        material: a name, or (T,) numbers.
    """
    cut = (keep[triangles] if keep.ndim == 1 else keep).astype(np.float32)
    some = (cut > 0).any(axis=1)
    number = MATERIAL[material] if isinstance(material, str) else material
    material = np.broadcast_to(number, len(triangles))[some]
    return Piece(positions, triangles[some], uv[some], cut[some], material, two_sided, weights)


def grid(rows, columns):
    """(2 (rows - 1) (columns - 1), 3) triangles of a grid of vertices, row by row."""
    n = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = n[:-1, :-1], n[1:, :-1], n[1:, 1:], n[:-1, 1:]
    return np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])


def unwrapped(angle, period=2 * np.pi):
    """Angles (T, 3) of triangles' corners, without a jump inside a triangle."""
    difference = angle - angle[:, :1]
    return (
        angle - np.where(difference > period / 2, period, 0) + np.where(difference < -period / 2, period, 0)
    )
