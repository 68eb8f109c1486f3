"""The round cones around the head: neck, shoulders, ears and what a hair cut or hat adds; their places and their colors."""

import numpy as np

from gfla_tf.synthetic.faces import hair
from gfla_tf.synthetic.faces.blending import bump, filled, mix, soft
from gfla_tf.synthetic.people.body import Part, part_frame
from gfla_tf.synthetic.people.texture import PATTERNS, turns

BONES = ("torso", "neck", "head")


class NeckAndEars:
    """The round cones around the head: neck, shoulders, ears and what a hair cut or hat adds.

    Attributes:
        parts: tuple of Part whose bone is one of `BONES`.
        bone_of, frames, lengths, radii, open: as of `gfla_tf.synthetic.people.body.Body`.
        index: {name: number of the part}.
    """

    def __init__(self, anatomy, cut, hat):
        self.parts = tuple(_parts(anatomy, cut, hat))
        self.bone_of = np.array([BONES.index(p.bone) for p in self.parts])
        self.frames = np.array([part_frame(p) for p in self.parts])
        axes = np.array([np.subtract(p.end, p.start) for p in self.parts])
        self.lengths = np.sqrt((axes**2).sum(axis=1))
        self.radii = np.array([p.radii for p in self.parts])
        self.open = np.zeros(len(self.parts), bool)
        self.index = {p.name: i for i, p in enumerate(self.parts)}


def _parts(anatomy, cut, hat):
    w = anatomy.width
    parts = [
        Part("neck", "neck", (0, 0.6, -0.25), (0, 1.7, -0.36), (0.5 * w, 0.39)),
        Part("chest", "torso", (0, 2.15, -0.3), (0, 3.4, -0.2), (0.72, 0.85), (1.5, 0.85)),
    ]
    for side, name in ((-1, "left"), (1, "right")):
        x = side * (w - 0.02)
        parts += [
            Part(f"{name}_ear", "head", (x + side * 0.02, -0.04, -0.08), (x - side * 0.03, 0.22, 0.0),
                 (0.17 * anatomy.ears, 0.1 * anatomy.ears), (0.5, 0.85)),
            Part(f"{name}_shoulder", "torso", (side * 0.15, 1.55, -0.35), (side * 1.25, 2.0, -0.3), (0.33, 0.38)),
        ]  # fmt: skip
        if cut == "long":
            parts.append(
                Part(f"{name}_lock", "neck", (side * (w - 0.08), 0.1, -0.28), (side * (w - 0.02), 1.75, -0.12),
                     (0.26, 0.24), (0.9, 1.2))
            )  # fmt: skip
    if cut in ("long", "bob"):
        end = 1.5 if cut == "long" else 0.5
        parts.append(Part("mane", "neck", (0, 0.1, -0.45), (0, end, -0.55), (0.62, 0.55), (1.05, 0.8)))
    if cut == "bun":
        parts.append(Part("bun", "head", (0, -1.05, -0.55), (0, -1.1, -0.58), (0.33, 0.32)))
    if cut == "tail":
        parts.append(Part("tail", "head", (0.1, -0.3, -1.05), (0.45, 0.9, -1.0), (0.24, 0.15)))
    if hat == "cap":
        parts.append(Part("visor", "head", (-0.2, -0.5, 0.55), (0.2, -0.5, 0.55), (0.46, 0.46), (0.13, 1.05)))
    return parts


def neck_and_ears_colors(appearance, neck_and_ears, part, point):
    """Color of points on the round cones around the head before shading.

    Args:
        part: (n,) number in `neck_and_ears.parts`; point: (3, n) in that part's own coordinates.
    """
    x, y, z = point
    color = filled(appearance.skin, x.size)
    scarf = appearance.hat == "scarf"
    for name, number in neck_and_ears.index.items():
        here = np.nonzero(part == number)[0]
        if not here.size:
            continue
        part_x, part_y, part_z = x[here], y[here], z[here]
        turn = turns(part_x, part_z)
        if name == "neck":
            dark = soft(0.55 - part_y, 0.7)
            if scarf:
                cloth = filled(appearance.hat_colors[0], here.size)
                mix(cloth, appearance.hat_colors[1], 0.5 * PATTERNS["dots"](turn * 10, part_y * 5))
                color[:, here] = cloth
            else:
                cloth = soft(part_y - 0.62) if appearance.collar == "high" else np.zeros_like(part_y)
                neck = color[:, here] * (1 - 0.3 * dark)
                mix(neck, np.multiply(appearance.cloth[0], 0.9), cloth)
                color[:, here] = neck
        elif name in ("chest", "left_shoulder", "right_shoulder"):
            color[:, here] = _clothes(appearance, name, part_x, part_y, turn)
        elif name == "visor":
            color[:, here] = filled(appearance.hat_colors[1], here.size) * np.float32(0.9)
        elif name.endswith("ear"):
            if scarf:
                color[:, here] = filled(appearance.hat_colors[0], here.size)
            else:
                hole = bump(((part_y - 0.1) ** 2 + part_z * part_z) * (1 / 0.11**2))
                color[:, here] *= np.float32([[1.0], [0.9], [0.88]]) * (1 - 0.25 * hole)
        else:
            bright = 0.95 + 0.15 * hair.strands(appearance, turn, part_y)
            color[:, here] = (
                filled(appearance.hat_colors[0] if scarf else appearance.hair, here.size) * bright
            )
    return color


def _clothes(appearance, name, x, y, turn):
    first, second = appearance.cloth
    cloth = filled(first, x.size)
    if appearance.clothes == "stripes":
        mix(cloth, second, PATTERNS["horizontal"](turn, y * 6 + appearance.phase))
    elif appearance.clothes == "bars":
        mix(cloth, second, PATTERNS["vertical"](turn * 14, y))
    elif appearance.clothes == "dots":
        mix(cloth, second, PATTERNS["dots"](turn * 18, y * 6))
    if name != "chest" or appearance.collar == "high":
        return cloth
    reach = -0.42 if appearance.collar == "round" else -0.1 - 1.3 * np.abs(x)
    inside = reach - y - (1.6 * x * x if appearance.collar == "round" else 0)
    mix(cloth, np.multiply(first, 0.75), soft(inside + 0.06))
    mix(cloth, appearance.skin * 0.96, soft(inside))
    return cloth
