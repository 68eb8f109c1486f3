"""What objects are made of: convex solids, each the points that lie behind all of its faces.

Axes of an object: X to its left, Y up, Z forward; meters. `paint` is a function of (3, n) points and (3, n) unit normals, both
float32 in these axes, that gives (3, n) RGB in [0, 1]: colors are bound to places of the object and turn with it.
"""

import dataclasses
import functools
import math
from collections.abc import Callable

import numpy as np


@dataclasses.dataclass(frozen=True)
class Solid:
    """The points p with normals . p <= offsets.

    Attributes:
        normals, offsets: (faces, 3) unit vectors and (faces,) meters.
        low, high: (3,) corners of a box around the solid.
        paint: see above.
        rounding: the light sees edges as if they were rounded this far from them, in meters.
    """

    normals: np.ndarray
    offsets: np.ndarray
    low: np.ndarray
    high: np.ndarray
    paint: Callable
    rounding: float

    @functools.cached_property
    def corners(self):
        """(8, 3) of the box."""
        return np.where(np.indices((2, 2, 2)).reshape(3, 8).T > 0, self.high, self.low)


def extrusion(profile, left, right, paint, bevel=0.0, lean=0.0, rounding=0.04):
    """A convex outline in the plane of Z and Y, drawn out along X.

    Args:
        profile: corners (z, y) of a convex polygon, in order.
        left, right: from this x to that.
        paint: see `Solid`.
        bevel: how much is cut off the edges of both ends; one number, or one for each side of the polygon (from each corner
            to the next).
        lean: how much narrower each end becomes per meter upwards.
        rounding: see `Solid`.
    """
    profile = np.asarray(profile, float)
    z, y = profile.T
    step = np.roll(profile, -1, axis=0) - profile
    turn = 1.0 if (z * np.roll(y, -1) - y * np.roll(z, -1)).sum() > 0 else -1.0
    across = np.stack([np.zeros(len(step)), -turn * step[:, 0], turn * step[:, 1]], axis=1)
    across /= np.sqrt((across**2).sum(axis=1, keepdims=True))
    offsets = across[:, 1] * y + across[:, 2] * z
    normals, limits = [*across], [*offsets]
    for side, end in ((-1.0, -left), (1.0, right)):
        normal = np.array([side, lean, 0.0]) / math.sqrt(1 + lean**2)
        limit = (end + lean * y.min()) / math.sqrt(1 + lean**2)
        normals.append(normal)
        limits.append(limit)
        for other, offset, cut in zip(across, offsets, np.broadcast_to(bevel, len(across)), strict=True):
            if cut > 0:
                both = normal + other
                length = math.sqrt(both @ both)
                normals.append(both / length)
                limits.append((limit + offset - cut) / length)
    low, high = (np.array([x, f(y), f(z)]) for x, f in ((left, np.min), (right, np.max)))
    return Solid(np.array(normals), np.array(limits), low, high, paint, rounding)


def box(low, high, paint, bevel=0.0, rounding=0.03):
    """A box between two corners (x, y, z), with the edges of its left and right ends cut off."""
    (x0, y0, z0), (x1, y1, z1) = low, high
    return extrusion([(z0, y0), (z1, y0), (z1, y1), (z0, y1)], x0, x1, paint, bevel, rounding=rounding)


def strut(start, end, radii, paint, sides=12, rounding=None):
    """A straight bar between two points, thick `radii[0]` and `radii[1]` at its ends, with a regular polygon for its section."""
    start, end = np.asarray(start, float), np.asarray(end, float)
    axis = end - start
    length = math.sqrt(axis @ axis)
    axis = axis / length
    aside = np.eye(3)[np.argmin(np.abs(axis))]
    aside = aside - axis * (axis @ aside)
    aside /= math.sqrt(aside @ aside)
    third = np.array(
        [axis[1] * aside[2] - axis[2] * aside[1], axis[2] * aside[0] - axis[0] * aside[2],
         axis[0] * aside[1] - axis[1] * aside[0]]
    )  # fmt: skip
    slope = (radii[1] - radii[0]) / length
    turns = (np.arange(sides) + 0.5) * (2 * math.pi / sides)
    around = np.cos(turns)[:, None] * aside + np.sin(turns)[:, None] * third - slope * axis
    around /= math.sqrt(1 + slope**2)
    normals = np.concatenate([around, [-axis, axis]])
    offsets = np.concatenate(
        [around @ start + radii[0] / math.sqrt(1 + slope**2), [-axis @ start, axis @ end]]
    )
    thick = np.array(radii)[:, None] / math.cos(math.pi / sides) * np.sqrt(1 - axis**2)
    ends = np.stack([start, end])
    low, high = (ends - thick).min(axis=0), (ends + thick).max(axis=0)
    rounding = 0.9 * max(radii) if rounding is None else rounding
    return Solid(normals, offsets, low, high, paint, rounding)
