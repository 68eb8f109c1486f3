"""The surface of a head in one frame: where rays meet it, which layer they see, its normals, and where material points are."""

import numpy as np

from gfla_tf.synthetic.faces import hair
from gfla_tf.synthetic.faces.anatomy import oval
from gfla_tf.synthetic.faces.expression import EYE, LID, MOUTH, SKIN, Warp, eyelids

MARCH = 30  # steps at most; few rays, those that graze the head, take more than ten
_STRIDE = np.float32(0.5)  # of a step, as a share of the field's value: the field grows by up to 2 per unit
_LEAST, _NEAR = (
    np.float32(0.05),
    np.float32(0.002),
)  # of a step, in units of the head; of a field that counts as met
_NORMAL = np.float32(0.012)


class Head:
    """One head with one Expression; positions are float32 in its own axes, see `anatomy`.

    Attributes:
        anatomy, appearance, expression.
    """

    def __init__(self, anatomy, appearance, expression):
        self.anatomy, self.appearance, self.expression = anatomy, appearance, expression
        self.warp = Warp(anatomy, expression)
        thick = 1.02 + (0.36 if appearance.cut == "afro" else 0.17)
        low = 1 + expression.jaw
        self._middle = np.float32(0.5 * (low - thick * anatomy.top))
        self._half = (
            1.06 * thick * anatomy.width,
            1.04 * 0.5 * (low + thick * anatomy.top) + 0.06,
            thick * max(anatomy.front + anatomy.nose_height, anatomy.back),
        )

    def field(self, x, y, z):
        """0 on the surface, negative inside, at positions now."""
        x, y, _ = self.warp.inverse(x, y)
        return oval(self.anatomy, x, y, z) - hair.thickness(self.appearance, x, y, z)

    def meet(self, start, step):
        """Where the rays start + t * step first meet the head.

        Args:
            start: (3, n) float32; step: (3,) of length 1.

        Returns:
            indices of the rays that do, (m,), their t and their (3, m) positions now.
        """
        # The part of each ray inside an ellipsoid around the head.
        half = np.array(self._half, np.float32)[:, None]
        centered = start.copy()
        centered[1] -= self._middle
        centered /= half
        slope = np.asarray(step, np.float32)[:, None] / half
        a = (slope * slope)[0] + (slope * slope)[1] + (slope * slope)[2]
        b = centered[0] * slope[0] + centered[1] * slope[1] + centered[2] * slope[2]
        c = centered[0] * centered[0] + centered[1] * centered[1] + centered[2] * centered[2] - 1
        root = b * b - a * c
        rays = np.nonzero(root > 0)[0]
        root = np.sqrt(root[rays])
        near, far = (-b[rays] - root) / a, (-b[rays] + root) / a
        start = start[:, rays]
        at = near
        found, missed = near.copy(), np.zeros(near.size, bool)
        going, at, value, here = np.arange(near.size), near, self._along(start, step, near), start
        for _ in range(MARCH):
            ahead = at + np.maximum(_STRIDE * value, _LEAST)
            value_ahead = self._along(here, step, ahead)
            found[going] = at + (ahead - at) * np.clip(value / np.maximum(value - value_ahead, 1e-6), 0, 1)
            beyond = ahead > far
            missed[going] = beyond
            rest = np.nonzero((value_ahead > _NEAR) & ~beyond)[0]
            if not rest.size:
                break
            going, at, value, far, here = (
                going[rest],
                ahead[rest],
                value_ahead[rest],
                far[rest],
                here[:, rest],
            )
        hit = np.nonzero(~missed)[0]
        at = found[hit]
        position = start[:, hit] + np.asarray(step, np.float32)[:, None] * at
        return rays[hit], at, position

    def _along(self, start, step, t):
        x, y, z = (start[i] + np.float32(step[i]) * t for i in range(3))
        return self.field(x, y, z)

    def material(self, position):
        """What lies at (3, n) positions now: layer (n,) int8 and material (3, n).

        Material positions of SKIN are those at rest; of LID the same with y counted from the edge of the lid; of EYE those
        while it looks straight ahead; of MOUTH those now, as its inside is fixed to the head.
        """
        x, y, inside = self.warp.inverse(position[0], position[1])
        material = np.stack([x, y, position[2]])
        layer = np.where(inside & (position[2] > 0), MOUTH, SKIN).astype(np.int8)
        material[:, layer == MOUTH] = position[:, layer == MOUTH]
        if self.appearance.glasses != "dark":
            top, edge, bottom = eyelids(self.anatomy, x, self.expression.blink)
            opening = (y > top) & (y < bottom) & (material[2] > 0)
            eye, lid = opening & (y >= edge), opening & (y < edge)
            layer[eye], layer[lid] = EYE, LID
            gaze_x, gaze_y = self.expression.gaze
            material[0, eye] -= gaze_x
            material[1, eye] -= gaze_y
            material[1, lid] -= edge[lid]
        return layer, material

    def paint_positions(self, layer, material):
        """(3, n) positions at which the colors of material points are found: as the material, but lids from where they are."""
        rest = material.copy()
        lid = layer == LID
        rest[1, lid] += eyelids(self.anatomy, material[0, lid], self.expression.blink)[1]
        return rest

    def place(self, layer, material):
        """Positions now (3, n) of material points, and which of them are not folded away or covered by lids and lips."""
        x, y, z = material.copy()
        shown = np.ones(x.size, bool)
        eye, lid, mouth = layer == EYE, layer == LID, layer == MOUTH
        if eye.any():
            x[eye] += np.float32(self.expression.gaze[0])
            y[eye] += np.float32(self.expression.gaze[1])
            _, edge, bottom = eyelids(self.anatomy, x[eye], self.expression.blink)
            shown[eye] = (y[eye] >= edge) & (y[eye] < bottom)
        if lid.any():
            top, edge, _ = eyelids(self.anatomy, x[lid], self.expression.blink)
            y[lid] += edge
            shown[lid] = y[lid] > top
        x, y = self.warp.forward(x, y)
        if mouth.any():
            x[mouth], y[mouth] = material[0, mouth], material[1, mouth]
            upper, lower = self.warp.lips(x[mouth])
            shown[mouth] = (y[mouth] > upper) & (y[mouth] < lower)
        return np.stack([x, y, z]), shown

    def normals(self, position):
        """(3, n) directions out of the head, not of unit length, at positions now."""
        x, y, z = position
        value = self.field(x, y, z)
        return np.stack(
            [
                self.field(x + _NORMAL, y, z) - value,
                self.field(x, y + _NORMAL, z) - value,
                self.field(x, y, z + _NORMAL) - value,
            ]
        )
