"""What all bodies share: the base mesh, its rig and the parts that its vertices belong to. Lengths are in decimeters.

The base stands upright, its arms slanting down; x points to its left, y up, z to the front.
"""

import functools

import numpy as np
from scipy import sparse

from gfla_tf.synthetic.bodies import assets
from gfla_tf.synthetic.bodies.repack_body import GROUPS, MASKS, STEP
from gfla_tf.synthetic.bodies.vectors import unit

TRUNK, LEFT_ARM, RIGHT_ARM, LEFT_LEG, RIGHT_LEG = range(5)
SIDES = (("Left", "l", 1.0), ("Right", "r", -1.0))
BONES_OF_A_VERTEX = 6


@functools.lru_cache(maxsize=1)
def template():
    """The `Template`, loaded once in a process."""
    return Template(assets.load("body"))


class Template:
    """The base mesh.

    Attributes:
        vertices: (V, 3) float32.
        triangles, uv: {group: (n, 3) int32}, {group: (n, 3, 2) float32}.
        bones, parents, bone: names, numbers of the parents, {name: number}; parents come first.
        weights: (V, bones) float32, rows of sum 1; `strongest` has them as (V, 6) bones and weights.
        part: (V,) which of the five parts moves a vertex most; `armness`: how much more than half an arm does.
        masks: {name: (512, 512) float32 in [0, 1]} on the skin's texture.
    """

    def __init__(self, arrays):
        self._arrays = arrays
        self.vertices = arrays["vertices"]
        self.triangles = {name: np.ascontiguousarray(arrays[f"triangles_{name}"]) for name in GROUPS}
        self.uv = {name: arrays[f"uv_{name}"] for name in GROUPS}
        self.masks = {name: arrays[f"mask_{name}"] / np.float32(255) for name in MASKS}
        self.bones, self.parents = [str(name) for name in arrays["bone_names"]], arrays["parents"].tolist()
        self.bone = {name: number for number, name in enumerate(self.bones)}
        self._heads = self._lists("bone")
        self.cubes = self._lists("cube")
        dense = np.zeros((len(self.vertices), len(self.bones)), np.float32)
        dense[arrays["weights_vertex"], arrays["weights_bone"]] = arrays["weights_value"]
        self.weights = dense / dense.sum(axis=1, keepdims=True)
        self.strongest = strongest_bones(self.weights)
        self.body = np.unique(self.triangles["body"])
        self._morphs = {str(name): number for number, name in enumerate(arrays["morphs"])}
        self._find_parts()
        self._tights()

    def _lists(self, name):
        values, offsets = self._arrays[f"{name}s"], self._arrays[f"{name}_offsets"]
        names = self._arrays[f"{name}_names"]
        return {str(key): values[offsets[i] : offsets[i + 1]] for i, key in enumerate(names)}

    def morph(self, name, amount, to):
        """Adds a morph, such as "nose/nose-base-up", to the vertices `to` (V, 3)."""
        number, offsets = self._morphs[name], self._arrays["morph_offsets"]
        rows = slice(offsets[number], offsets[number + 1])
        to[self._arrays["morph_index"][rows]] += self._arrays["morph_delta"][rows] * np.float32(STEP * amount)

    def has_morph(self, name):
        return name in self._morphs

    def joint(self, name, vertices=None):
        """(3,) the middle of a joint, such as "l-elbow"."""
        return (self.vertices if vertices is None else vertices)[self.cubes[name]].mean(axis=0)

    def heads(self, vertices):
        """(bones, 3) where the bones of a body begin."""
        return np.array([vertices[self._heads[bone]].mean(axis=0) for bone in self.bones])

    def _find_parts(self):
        part_of = np.full(len(self.bones), TRUNK)
        for name, number in self.bone.items():
            for side, arm, leg in (("Left", LEFT_ARM, LEFT_LEG), ("Right", RIGHT_ARM, RIGHT_LEG)):
                if name.startswith(side) and any(word in name for word in ("Arm", "Hand")):
                    part_of[number] = arm
                elif name.startswith(side) and any(word in name for word in ("Leg", "Foot", "Toe")):
                    part_of[number] = leg
        shares = np.stack([self.weights[:, part_of == part].sum(axis=1) for part in range(5)], axis=1)
        self.part = shares.argmax(axis=1)
        self.armness = shares[:, LEFT_ARM] + shares[:, RIGHT_ARM] - np.float32(0.5)
        self.is_arm = np.isin(self.part, (LEFT_ARM, RIGHT_ARM))
        hands = [number for name, number in self.bone.items() if "Hand" in name]
        self.is_hand = self.weights[:, hands].sum(axis=1) > 0.3
        self._find_angles()

    def _find_angles(self):
        """Around which axis, how far along and at which angle the vertices lie: `along` (arms only), and three angles."""
        v = self.vertices
        self.along = np.full(len(v), -9.0, np.float32)
        self.leg_angle, self.arm_angle = np.zeros((2, len(v)), np.float32)
        for sign, s in ((1, "l"), (-1, "r")):
            shoulder, elbow, wrist = (self.joint(f"{s}-{name}") for name in ("shoulder", "elbow", "hand"))
            upper, lower = unit(elbow - shoulder), unit(wrist - elbow)
            length = np.linalg.norm(elbow - shoulder)
            first, second = (v - shoulder) @ upper, (v - elbow) @ lower
            beyond = (second > 0) & (first > 0.8 * length)
            mine = v[:, 0] * sign > 0
            self.along = np.where(mine, np.where(beyond, length + second, first), self.along)
            axis = np.where(
                beyond[:, None], elbow + second[:, None] * lower, shoulder + first[:, None] * upper
            )
            front = np.array([0, 0, 1.0])
            across = unit(np.cross(upper, front))
            self.arm_angle[mine] = np.arctan2((v - axis)[mine] @ across, (v - axis)[mine] @ front)
        for s, leg in (("l", LEFT_LEG), ("r", RIGHT_LEG)):
            path = np.array([self.joint(f"{s}-{name}") for name in ("upper-leg", "knee", "ankle")])
            mine = self.part == leg
            x, z = (np.interp(-v[mine, 1], -path[:, 1], path[:, axis]) for axis in (0, 2))
            self.leg_angle[mine] = np.arctan2(v[mine, 0] - x, v[mine, 2] - z)
        self.trunk_angle = np.arctan2(v[:, 0], v[:, 2] - 0.2).astype(np.float32)

    def _tights(self):
        """The close-fitting helper that clothes are made of: its vertices, and the mean of each one's neighbors."""
        triangles = self.triangles["helper-tights"]
        self.tights, local = np.unique(triangles, return_inverse=True)
        local = local.reshape(triangles.shape)
        edges = np.concatenate([local[:, [0, 1]], local[:, [1, 2]], local[:, [2, 0]]])
        size = len(self.tights)
        near = sparse.csr_matrix((np.ones(len(edges)), edges.T), (size, size))
        near = near + near.T
        near.data[:] = 1
        self.mean_of_neighbors = (sparse.diags(1 / np.asarray(near.sum(axis=1)).ravel()) @ near).astype(
            np.float32
        )
        parts = self.part[triangles]
        agree = (parts[:, 0] == parts[:, 1]) | (parts[:, 0] == parts[:, 2])
        self.tights_part = np.where(agree, parts[:, 0], parts[:, 1])


def strongest_bones(weights):
    """(V, 6) int16 bones and (V, 6) float32 weights of sum 1, the heaviest first."""
    bones = np.argpartition(-weights, BONES_OF_A_VERTEX, axis=1)[:, :BONES_OF_A_VERTEX]
    order = np.argsort(-np.take_along_axis(weights, bones, axis=1), axis=1)
    bones = np.take_along_axis(bones, order, axis=1)
    kept = np.take_along_axis(weights, bones, axis=1)
    return bones.astype(np.int16), (kept / kept.sum(axis=1, keepdims=True)).astype(np.float32)
