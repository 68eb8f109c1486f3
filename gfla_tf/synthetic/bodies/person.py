"""A person: shape, clothes, hair and textures, assembled into one mesh that can be posed and drawn."""

import dataclasses

import numpy as np

from gfla_tf.synthetic.bodies.accessories import accessories
from gfla_tf.synthetic.bodies.garments import dress_person
from gfla_tf.synthetic.bodies.hair import Hair, draw_hair, grow
from gfla_tf.synthetic.bodies.outfit import Outfit, draw_outfit
from gfla_tf.synthetic.bodies.pieces import LAYERS, MATERIALS, piece
from gfla_tf.synthetic.bodies.shape import Shape, draw_shape
from gfla_tf.synthetic.bodies.sheets import coarsened, pack, paint_eye, paint_hair, paint_outfit
from gfla_tf.synthetic.bodies.skin import paint_skin
from gfla_tf.synthetic.bodies.skin_map import skin_map
from gfla_tf.synthetic.bodies.template import strongest_bones, template
from gfla_tf.synthetic.bodies.vectors import unit

PARTS = ("head", "trunk", "left_arm", "right_arm", "left_leg", "right_leg")


@dataclasses.dataclass(frozen=True)
class Mesh:
    """Everything that is drawn of a person.

    Attributes:
        positions: (N, 3) float32 at rest; origin: (N,) int32 vertex of the base that each one is, or -1.
        bones, weights: (N, 6) int16, float32.
        triangles, uv, cut: (T, 3) int32, (T, 3, 2), (T, 3) float32; two_sided, material, layer, part: (T,) uint8.
        atlas, table: the textures, see `sheets.pack`; materials: (materials, 8) float32 bump, scale, gloss and so on.
    """

    positions: np.ndarray
    origin: np.ndarray
    bones: np.ndarray
    weights: np.ndarray
    triangles: np.ndarray
    uv: np.ndarray
    cut: np.ndarray
    two_sided: np.ndarray
    material: np.ndarray
    layer: np.ndarray
    part: np.ndarray
    atlas: np.ndarray
    table: np.ndarray
    materials: np.ndarray


@dataclasses.dataclass(frozen=True)
class Person:
    """A `Shape` with its `Hair`, `Outfit` and `Mesh`.

    Attributes:
        heads: (bones, 3) where its bones begin.
        finger_axes: {side + finger: (3,)} about which fingers bend.
        marks: {name: vertices} of nose, eyes and ears.
        tone: mean brightness of the face's skin, 0 to 1.
    """

    shape: Shape
    hair: Hair
    outfit: Outfit
    mesh: Mesh
    heads: np.ndarray
    finger_axes: dict
    marks: dict
    tone: float


def draw_person(rng):
    """A random `Person`: a function of the numpy Generator alone."""
    shape = draw_shape(rng)
    hair, outfit = draw_hair(rng, shape), draw_outfit(rng, shape)
    if outfit.hat and hair.style in ("short", "curly", "bun"):
        hair = dataclasses.replace(hair, style="buzz")  # what would stand out of it
    pieces, covered = dress_person(shape, outfit, rng)
    pieces += [
        _body(shape, covered),
        *_eyes(shape),
        *_mouth(shape),
        *grow(hair, shape, rng),
        *accessories(outfit, shape, rng),
    ]
    sheets = {
        "skin": paint_skin(shape, hair, outfit.top is None, rng),
        "hair": paint_hair(hair),
        "eye": paint_eye(rng),
    }
    sheets["teeth"] = np.full((2, 2, 3), rng.uniform(0.78, 0.9)) * [1, 0.97, 0.9]
    sheets["tongue"] = np.full((2, 2, 3), 0.5) * [1.2, 0.65, 0.65]
    mesh = _assemble(pieces, sheets | paint_outfit(outfit, rng), _materials(outfit, hair, rng))
    heads = template().heads(shape.vertices)
    tone = float(
        (sheets["skin"].mean(axis=-1) * template().masks["face"]).sum() / template().masks["face"].sum()
    )
    return Person(shape, hair, outfit, mesh, heads, _finger_axes(heads), _marks(), tone)


def seen_from_afar(person, factor):
    """The person with textures so many times coarser, and the folds of cloth as large as before."""
    mesh = person.mesh
    atlas, table = coarsened(mesh.atlas, mesh.table, factor)
    materials = mesh.materials * np.float32([1, factor, 1, 1, 1, 1, 1, 1])
    return dataclasses.replace(
        person, mesh=dataclasses.replace(mesh, atlas=atlas, table=table, materials=materials)
    )


def _body(shape, covered):
    """The skin; what lies well below cloth is left out."""
    triangles, uv = template().triangles["body"], template().uv["body"]
    keep = np.where(covered & ~template().is_hand, -1.0, 1.0)
    return piece(shape.vertices, triangles, np.stack([uv[..., 0], 1 - uv[..., 1]], -1), keep, "skin", False)


def _mouth(shape):
    everything = np.ones(len(shape.vertices))
    for name, material in (("upper-teeth", "teeth"), ("lower-teeth", "teeth"), ("tongue", "tongue")):
        triangles = template().triangles[f"helper-{name}"]
        yield piece(shape.vertices, triangles, np.zeros((len(triangles), 3, 2)), everything, material, False)


def _eyes(shape):
    base = template().vertices
    for name in ("helper-l-eye", "helper-r-eye"):
        triangles = template().triangles[name]
        corners = base[triangles][..., :2]
        middle = (corners.reshape(-1, 2).min(axis=0) + corners.reshape(-1, 2).max(axis=0)) / 2
        uv = (corners - middle) * [1, -1] / 0.36 + 0.5
        yield piece(shape.vertices, triangles, uv, np.ones(len(base)), "eye", False)


def _assemble(pieces, sheets, materials):
    base = template()
    all_bones, all_weights = base.strongest
    parts = _part_of_bones()
    columns, start = (
        {name: [] for name in ("positions", "origin", "bones", "weights", "triangles", "two_sided", "part")},
        0,
    )
    for one in pieces:
        mentioned = np.zeros(len(one.positions), bool)
        mentioned[one.triangles] = True
        used = np.flatnonzero(mentioned)
        triangles = (np.cumsum(mentioned, dtype=np.int32) - 1)[one.triangles]
        if one.weights is None:
            bones, weights = all_bones[used], all_weights[used]
        else:
            bones, weights = strongest_bones(one.weights[used])
        columns["positions"].append(one.positions[used])
        columns["origin"].append(used if one.weights is None else np.full(len(used), -1))
        columns["bones"].append(bones)
        columns["weights"].append(weights)
        columns["triangles"].append(triangles + start)
        columns["two_sided"].append(np.full(len(triangles), one.two_sided))
        columns["part"].append(parts[bones[triangles[:, 0], 0]])
        start += len(used)
    for name in ("uv", "cut", "material"):
        columns[name] = [getattr(one, name) for one in pieces]
    kinds = dict(
        positions="f4",
        origin="i4",
        bones="i2",
        weights="f4",
        triangles="i4",
        two_sided="u1",
        part="u1",
        uv="f4",
        cut="f4",
        material="u1",
    )
    arrays = {name: np.ascontiguousarray(np.concatenate(columns[name]), kind) for name, kind in kinds.items()}
    layer = np.array([LAYERS[name] for name in MATERIALS], np.uint8)[arrays["material"]]
    atlas, table = pack(sheets)
    return Mesh(**arrays, layer=layer, atlas=atlas, table=table, materials=materials)


def _part_of_bones():
    """(bones,) uint8 numbers in `PARTS`."""
    numbers = []
    for bone in template().bones:
        side = next((side for side in ("Left", "Right") if bone.startswith(side)), None)
        if side and any(word in bone for word in ("Arm", "Hand")):
            numbers.append(PARTS.index(f"{side.lower()}_arm"))
        elif side and any(word in bone for word in ("Leg", "Foot", "Toe")):
            numbers.append(PARTS.index(f"{side.lower()}_leg"))
        else:
            numbers.append(PARTS.index("head" if bone in ("Head", "Neck") else "trunk"))
    return np.array(numbers, np.uint8)


def _materials(outfit, hair, rng):
    """Rows of bump, scale, specular, gloss, wrap, -, aniso, -: how cloth folds, shines and lets light through."""
    skin = [0.04, 1.0, 0.08, 18, 0.4, 0, 1, 0]
    rows = dict.fromkeys(MATERIALS, skin)
    folds = {}
    for garment, names in (
        ("top", ("top", "sleeve", "collar")),
        ("outer", ("outer", "outer_sleeve")),
        ("bottom", ("waist", "leg", "skirt")),
    ):
        worn = getattr(outfit, garment)
        folds[garment] = rng.uniform(0.1, 0.3) + (0.3 * worn.ease if worn else 0)
        scale = rng.uniform(0.3, 0.7)  # large folds or small ones
        for name in names:
            rows[name] = [folds[garment], scale, rng.uniform(0, 0.02), 8, 0.25, 0, 1, 0]
    rows["shoe"] = [
        0.05,
        1,
        float(rng.choice([0.04, 0.2])) if outfit.shoes.kind != "leather" else 0.25,
        25,
        0.1,
        0,
        1,
        0,
    ]
    rows["sock"] = [0.05, 1, 0.02, 10, 0.2, 0, 1, 0]
    rows["hair"] = [0.25, 1.0, 0.03 + 0.07 * float(hair.color.mean()), 12, 0.2, 0, 2.0, 0]
    rows["eye"] = [0, 1, 0.5, 60, 0.3, 0, 1, 0]
    rows["hat"] = [0.12, 1, 0.01, 10, 0.25, 0, 1, 0]
    rows["bag"] = [0.08, 1, 0.06, 14, 0.2, 0, 1, 0]
    rows["glasses"] = [0, 1, 0.3, 40, 0.1, 0, 1, 0]
    return np.array([rows[name] for name in MATERIALS], np.float32)


def _finger_axes(heads):
    bone, axes = template().bone, {}
    for side, sign in (("Left", 1.0), ("Right", -1.0)):
        wrist = heads[bone[f"{side}Hand"]]
        across = np.cross(heads[bone[f"{side}HandIndex1"]] - wrist, heads[bone[f"{side}HandPinky1"]] - wrist)
        palm = unit(across) * sign
        for finger in ("Index", "Middle", "Ring", "Pinky", "Thumb"):
            along = heads[bone[f"{side}Hand{finger}2"]] - heads[bone[f"{side}Hand{finger}1"]]
            axes[side + finger] = np.cross(palm, unit(along))
    return axes


def _marks():
    base = template()
    face = base.body[base.vertices[base.body, 1] > 6.9]
    ears = base.body[skin_map().ear[base.body] > 0.5]
    return {
        "nose": np.array([face[np.argmax(base.vertices[face, 2])]]),
        "left_eye": base.cubes["l-eye"],
        "right_eye": base.cubes["r-eye"],
        "left_ear": ears[base.vertices[ears, 0] > 0],
        "right_ear": ears[base.vertices[ears, 0] < 0],
    }
