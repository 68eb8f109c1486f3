"""Clothes as surfaces: MakeHuman's close-fitting helper, cut by height and limb, smoothed and moved away from the body.

Lengths are decimeters on the base mesh, where the cuts are made; the offsets are made on the person's own shape.
"""

import numpy as np

from gfla_tf.synthetic.bodies import native
from gfla_tf.synthetic.bodies.outfit import NECKS
from gfla_tf.synthetic.bodies.pieces import MATERIAL, piece, unwrapped
from gfla_tf.synthetic.bodies.template import LEFT_ARM, LEFT_LEG, TRUNK, template
from gfla_tf.synthetic.bodies.vectors import unit

_NECK = np.array([0, 5.72, 0.25])  # the middle of the neck's base
_CROTCH = -0.48
AROUND = 8.2  # decimeters that a trunk's texture covers; its height is 8, see `cloth_uv`
TRUNK_HEIGHT, SLEEVE_HEIGHT, LEG_HEIGHT, SKIRT_HEIGHT = 8.0, 6.5, 9.5, 9.5


def cloth_uv(triangles, part):
    """(T, 3, 2) texture coordinates of triangles on parts: once around, and by length along the part."""
    base = template()
    part = np.broadcast_to(part, len(triangles))[:, None]
    on_arm = part < LEFT_LEG
    angle = np.where(part == TRUNK, base.trunk_angle[triangles],
                     np.where(on_arm, base.arm_angle[triangles], base.leg_angle[triangles]))  # fmt: skip
    y = base.vertices[triangles][..., 1]
    along_arm = (base.along[triangles] + 1.5) / SLEEVE_HEIGHT
    down = np.where(
        part == TRUNK, (6.5 - y) / TRUNK_HEIGHT, np.where(on_arm, along_arm, (1.0 - y) / LEG_HEIGHT)
    )
    return np.stack([unwrapped(angle) / (2 * np.pi) + 0.5, down], axis=-1)


class Tailor:
    """Makes one person's clothes.

    Attributes:
        pieces: what was made.
        covered: (V,) bool, vertices of the body that cloth hides well.
    """

    def __init__(self, shape, rng):
        base = template()
        self.shape, self.rng = shape, rng
        self.base, self.own = base.vertices, shape.vertices
        self.y = base.vertices[:, 1]
        self.triangles = base.triangles["helper-tights"]
        self.normals = native.normals(self.own, self.triangles)
        waves = [(rng.normal(0, 1.3, 3), rng.uniform(0, 6.3)) for _ in range(6)]
        self.wrinkle = sum(np.sin(self.base @ wave + phase) for wave, phase in waves) / 6
        self.on_arm = base.is_arm | ((np.abs(self.base[:, 0]) > 1.5) & (self.y > 3.6))
        self.outward = unit((self.base - [0, 0, 0.2]) * [1, 0, 1])  # from the trunk's axis
        self.pieces, self.covered = [], np.zeros(len(self.own), bool)
        self._steps = [self.own[base.tights]]

    def smooth(self, steps):
        """(V, 3) the vertices, those of the helper smoothed."""
        while len(self._steps) <= steps:
            last = self._steps[-1]
            self._steps.append(np.float32(0.5) * (last + template().mean_of_neighbors @ last))
        smoothed = self.own.copy()
        smoothed[template().tights] = self._steps[steps]
        return smoothed

    def offset(self, amount, steps, folds):
        """(V, 3) float32 the surface at a distance `amount` (V,) from the smoothed body, never inside it."""
        out = np.clip(np.einsum("ij,ij->i", self.smooth(steps) - self.own, self.normals), 0, 0.9)
        out *= np.interp(self.y, [3.8, 5.0], [1, 0.25])
        out = np.where(template().is_arm, np.minimum(out, 0.05), out)
        distance = out + np.maximum(0.035, amount * (1 + folds * self.wrinkle))
        return (self.own + self.normals * distance[:, None]).astype(np.float32)

    def neck_cut(self, neck, radius):
        """(V,) positive where an opening for the neck ends."""
        far = np.linalg.norm((self.base - _NECK) * [0.9, 1.0, 0.85], axis=1) - radius
        if neck == "v":
            front = self.base[:, 2] > 0.25
            notch = np.abs(self.base[:, 0]) * 1.9 - (self.y - 4.5) + 4 * np.clip(0.7 - self.base[:, 2], 0, 9)
            far = np.where(front, np.minimum(far, notch), far)
        if neck == "high":
            far = np.full(len(self.own), 9.0)
        return np.minimum(far, 6.0 - self.y)

    def sleeve_cut(self, length):
        return np.where(self.on_arm, length - template().along, 9)

    def with_sleeves(self, surface, keep, body, sleeve):
        """Adds a shirt of two materials: triangles that the seam may cross are drawn twice and cut along it."""
        seam, triangles = template().armness, self.triangles
        near = (seam[triangles] > -0.5).any(axis=1)
        uv = cloth_uv(triangles, TRUNK)
        self.pieces.append(piece(surface, triangles, uv, np.minimum(keep, -seam), body, True))
        arm = triangles[near]
        uv = cloth_uv(arm, LEFT_ARM)
        self.pieces.append(piece(surface, arm, uv, np.minimum(keep, seam), sleeve, True))

    def top_distance(self, ease):
        """(V,) how far a top of a certain ease stands off: hardly at the shoulders, most at the belly."""
        trunk = np.interp(self.y, [-1.5, 1.0, 3.2, 4.6, 5.3], [1.0, 0.95, 0.8, 0.4, 0.15])
        arm = np.clip(0.35 + 0.16 * template().along, 0.25, 0.8)
        return ease * np.where(template().is_arm, arm, trunk) + 0.03

    def top(self, top, bottom):
        hangs = top.hem < 0.9 and bottom.kind == "trousers"
        keep = np.minimum(self.neck_cut(top.neck, NECKS[top.neck]), self.sleeve_cut(top.sleeve))
        keep = np.minimum(keep, self.y - (1.0 if bottom.kind == "dress" else top.hem))
        distance = self.top_distance(top.ease)
        if hangs:  # over the trousers, and straight down from belly and chest
            distance = distance + np.where(
                template().is_arm, 0, 0.07 + 0.6 * bottom.ease * np.clip(1.4 - self.y, 0, 1)
            )
            steps = 30 if top.ease < 0.2 else 70
        else:
            steps = 8
        surface = self.offset(distance, steps, 0.3)
        self.with_sleeves(surface, keep, "top", "sleeve")
        if top.neck == "collar":
            self._collar(surface)
        self.covered |= (keep > 0.25) & ~template().is_hand

    def _collar(self, surface):
        """A stand-up collar: the neck's skin moved out, from the shirt's opening upwards, open in front."""
        body = template().triangles["body"]
        near = np.linalg.norm((self.base - _NECK) * [0.9, 1.0, 0.85], axis=1)
        height = np.interp(self.base[:, 2], [-0.6, 0.9], [6.35, 5.75])
        keep = np.minimum(np.minimum(0.85 - near, height - self.y), self.y - 5.1)
        keep = np.minimum(
            keep,
            np.where(
                self.base[:, 2] > 0.4, np.abs(self.base[:, 0]) - 0.1 - 0.3 * np.clip(self.y - 5.3, 0, 1), 9
            ),
        )
        keep = np.minimum(keep, 1.2 - np.abs(self.base[:, 0]))
        surface = (self.own + native.normals(self.own, body) * np.float32(0.11)).astype(np.float32)
        near_neck = ((self.y > 5.0) & (self.y < 6.5))[body].all(axis=1)
        triangles = body[near_neck]
        self.pieces.append(piece(surface, triangles, cloth_uv(triangles, TRUNK), keep, "collar", True))

    def outer(self, outer, bottom):
        opening = np.where(
            self.base[:, 2] > 0.2, np.abs(self.base[:, 0]) - outer.opening * (0.6 + 0.10 * (4.5 - self.y)), 9
        )
        keep = np.minimum(np.minimum(self.neck_cut("round", 0.72), self.sleeve_cut(outer.sleeve)), opening)
        distance = self.top_distance(outer.ease) + np.where(template().is_arm, 0.05, 0.10)
        distance = distance + 0.6 * bottom.ease * np.clip(1.4 - self.y, 0, 1)
        long = outer.hem < _CROTCH + 0.15
        surface = self.offset(distance, 70, 0.25)
        self.with_sleeves(
            surface, np.minimum(keep, self.y - (1.0 if long else outer.hem)), "outer", "outer_sleeve"
        )
        if long:  # below the waist it hangs on the skirt's helper
            self._hanging(
                distance + 0.03 * np.clip(1.6 - self.y, 0, 6),
                np.minimum(opening, self.y - outer.hem),
                "outer",
            )

    def _hanging(self, distance, keep, material):
        triangles = template().triangles["helper-skirt"]
        surface = self.own + self.outward * (distance * (1 + 0.12 * self.wrinkle))[:, None]
        uv = cloth_uv(triangles, TRUNK)
        self.pieces.append(piece(surface.astype(np.float32), triangles, uv, keep, material, True))

    def trousers(self, bottom):
        keep = np.minimum(bottom.waist - self.y, self.y - bottom.end)
        keep = np.where(template().is_arm | ((np.abs(self.base[:, 0]) > 2.6) & (self.y > -1)), -9, keep)
        wide = bottom.ease * np.interp(
            -self.y, [-1.5, 0.5, 3.7, 7.5], [0.25, 0.6, 0.9, max(0.3, 1.0 + bottom.flare)]
        )
        # Legs must not grow into each other.
        inner = np.clip(-np.sign(self.base[:, 0]) * self.normals[:, 0], 0, 1) * np.interp(
            -self.y, [0, 4], [1, 0.3]
        )
        surface = self.offset(wide * (1 - 0.6 * inner * (self.y < 0)) + 0.03, 12, 0.25)
        lower = template().tights_part != LEFT_ARM
        lower &= template().tights_part != LEFT_ARM + 1
        triangles, part = self.triangles[lower], template().tights_part[lower]
        material = np.where(part >= LEFT_LEG, MATERIAL["leg"], MATERIAL["waist"])
        self.pieces.append(piece(surface, triangles, cloth_uv(triangles, part), keep, material, True))
        self.covered |= (keep > 0.25) & ~template().is_hand

    def skirt(self, bottom, top, tights):
        triangles = template().triangles["helper-skirt"]
        angle = np.arctan2(self.base[:, 0], self.base[:, 2] - 0.2)
        uv = np.stack(
            [
                unwrapped(angle[triangles]) / (2 * np.pi) + 0.5,
                (2 - self.base[triangles][..., 1]) / SKIRT_HEIGHT,
            ],
            -1,
        )
        flare = bottom.flare * np.clip(1.5 - self.y, 0, 9)
        pleats = (
            self.rng.uniform(0, 0.05) * np.clip(1 - self.y, 0, 4) * np.sin(angle * self.rng.integers(9, 16))
        )
        start = self.top_distance(top.ease) * np.clip(self.y - 0.6, 0, 1) if bottom.kind == "dress" else 0
        surface = self.own + self.outward * (flare + pleats + start + 0.06)[:, None]
        self.pieces.append(
            piece(surface.astype(np.float32), triangles, uv, self.y - bottom.end, "skirt", True)
        )
        hips = (self.y < 1.2) & (self.y > max(bottom.end, -1.0) + 0.4)
        self.covered |= hips & ~template().is_arm & (np.abs(self.base[:, 0]) < 2.6)
        if tights:
            lower = template().tights_part >= LEFT_LEG
            lower |= template().tights_part == TRUNK
            tri, part = self.triangles[lower], template().tights_part[lower]
            keep = np.minimum(0.8 - self.y, self.y + 7.6)
            close = (self.own + self.normals * np.float32(0.02)).astype(np.float32)
            self.pieces.append(piece(close, tri, cloth_uv(tri, part), keep, "sock", False))

    def shoes(self, shoes, socks):
        legs = template().tights_part >= LEFT_LEG
        triangles = self.triangles[legs]
        uv = cloth_uv(triangles, template().tights_part[legs])
        if socks is not None:
            keep = np.where(self.y < 0, np.minimum(socks - self.y, self.y - shoes.top + 0.25), -9)
            close = (self.own + self.normals * np.float32(0.03)).astype(np.float32)
            self.pieces.append(piece(close, triangles, uv, keep, "sock", True))
        if shoes.kind == "bare":
            return
        low = np.clip((-7.3 - self.y) / 0.4, 0, 1)[:, None]
        foot = self.smooth(12) * low + self.own * (1 - low)  # without toes
        heel = foot[self.y < -7.3][:, 2].min()
        surface = foot + self.normals * (0.045 + 0.035 * low)
        surface = surface + low * unit(self.normals * [1, 0.3, 1]) * self.rng.uniform(0.03, 0.09)
        surface[:, 2] += low[:, 0] * np.clip((foot[:, 2] - heel) / 2.4, 0, 1) * shoes.length
        ground = self.own[:, 1].min() - 0.06
        flat = ground + 0.15 * (surface[:, 1] - ground)
        surface[:, 1] = np.where(surface[:, 1] < ground + 0.3, flat, surface[:, 1])
        keep = np.where(self.y < 0, shoes.top - self.y + np.where(self.base[:, 2] > 0.2, 0, 0.12), -9)
        self.pieces.append(piece(surface.astype(np.float32), triangles, uv, keep, "shoe", True))
        self.covered |= keep > 0.15


def dress_person(shape, outfit, rng):
    """The pieces of an `Outfit` on a `Shape`, and (V,) bool, which vertices of the body they cover well."""
    tailor = Tailor(shape, rng)
    if outfit.top:
        tailor.top(outfit.top, outfit.bottom)
    if outfit.outer:
        tailor.outer(outfit.outer, outfit.bottom)
    if outfit.bottom.kind == "trousers":
        tailor.trousers(outfit.bottom)
    else:
        tailor.skirt(outfit.bottom, outfit.top, outfit.tights)
    tailor.shoes(outfit.shoes, outfit.socks)
    return tailor.pieces, tailor.covered
